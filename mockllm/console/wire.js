// The answer as it went over the wire: each write by itself, with HTTP's framing, and what cannot be seen marked.

import { button, h } from "./dom.js";
import { moment } from "./format.js";
import { marked } from "./request.js";

const MOST_AT_FIRST = 1000;

/** What is on the tab. */
export function wirePane({ plan, row, wire_complete: isWhole }) {
  const written = plan.filter((step) => step.wire || (step.cause && step.verb !== "send") || step.verb === "close" || step.verb === "reset");
  const place = h("div", { className: "wire" }, written.slice(0, MOST_AT_FIRST).map(piece));
  const rest = written.length - MOST_AT_FIRST;
  const more = rest > 0 ? button(`Show ${rest} more`, () => {
    more.replaceWith();
    place.append(...written.slice(MOST_AT_FIRST).map(piece));
  }) : null;
  return [
    place, more,
    isWhole ? null : h("p", { className: "quiet" }, "There is more; the rest is too much to show."),
    h("p", { className: `ended ${row.ending === "complete" ? "quiet" : row.ending === "open" ? "open" : "late"}` }, row.ending),
  ];
}

function piece(step) {
  const isUndone = step.done_us === null;
  const when = isUndone ? "not sent" : moment(step.done_us);
  const what = step.wire ? h("code", {}, marked(step.wire, step.encoding)) : null;
  const label = step.wire ? step.cause : [step.verb, step.what, step.cause && `(${step.cause})`].filter(Boolean).join(" ");
  return h("div", { className: isUndone ? "bytes undone" : "bytes", title: `step ${step.step}` },
    h("span", { className: "when" }, when),
    h("div", {}, what, label ? h("span", { className: step.cause ? "caused" : "quiet" }, label) : null));
}
