// The whole of an answer in two lines, planned and actual. Here: the drawing and the sums below it, and which steps and
// what span of time are shown. Not here: the single steps (fall.js).

import { fill, h, svg } from "./dom.js";
import { duration } from "./format.js";

/** What counts as late: more than a timer's usual slack. */
export const LATE_US = 5000;

const WIDTH = 1000;

// The least span of time that is drawn, so that a moment is not made to look like a delay.
const LEAST_US = 10_000;

/** The steps that have a row: all but the waits that are nothing but the pace. */
export function shownSteps(plan) {
  return plan.filter((step) => step.verb !== "wait" || step.cause);
}

/** How much time is shown: all that was planned, but of an answer that ended before that only what happened. */
export function scaleOf({ plan, row }) {
  const planned = plan.length ? plan[plan.length - 1].due_us : 0;
  const done = plan.reduce((most, step) => Math.max(most, step.done_us ?? 0), 0);
  const actual = Math.max(done, row.end_us ?? 0);
  // Nobody knows how much longer an open answer waits at a gate, so there is always some room for that.
  if (row.ending === "open") return Math.max(planned, actual * 1.25, LEAST_US);
  return Math.max(row.ending === "complete" ? Math.max(planned, actual) : actual, LEAST_US);
}

/** Draw it. */
export function strip(place, told, scale) {
  const lanes = h("div", { className: "lanes" },
    h("div", { className: "names-of" }, h("span", {}, "planned"), h("span", {}, "actual")),
    drawing(told, scale), h("div", { className: "axis" }, [0, 0.25, 0.5, 0.75, 1].map((part) => h("span", {}, duration(Math.round(scale * part))))));
  fill(place, lanes, h("div", { className: "sums" }, sums(told)));
}

function drawing({ plan, row }, scale) {
  const x = (us) => Math.min((WIDTH * us) / scale, WIDTH).toFixed(2);
  const tick = (us, top, bottom) => `M${x(us)} ${top}V${bottom}`;
  const paths = { planned: "", actual: "", tardy: "", broken: "" };
  const pauses = [];
  for (const step of plan) {
    const isWait = step.verb === "wait" || step.verb === "gate";
    if (isWait && step.cause) pauses.push(pause(plan, step, scale, x, row));
    if (isWait) continue;
    if (step.due_us <= scale) paths.planned += tick(step.due_us, 4, 18);
    if (step.done_us === null) continue;
    const kind = step.cause ? "broken" : step.done_us - step.due_us >= LATE_US ? "tardy" : "actual";
    paths[kind] += tick(step.done_us, kind === "broken" ? 24 : 26, kind === "broken" ? 42 : 40);
  }
  return svg("svg", { viewBox: `0 0 ${WIDTH} 44`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...pauses.filter(Boolean),
    svg("path", { class: "base", d: `M0 11H${WIDTH}M0 33H${WIDTH}` }),
    ...Object.entries(paths).map(([name, d]) => svg("path", { class: name, d })));
}

/** The time for which the answer stood still, because somebody asked for that. */
function pause(plan, step, scale, x, row) {
  const [start, end] = span(plan, step, scale, row);
  if (end <= start) return null;
  return svg("rect", { class: "pause", x: x(start), y: 23, width: Math.max(x(end) - x(start), 1), height: 20 });
}

/** From when to when a step was waited for; until now for the first that is not done, and not at all for the others. */
export function span(plan, step, scale, row) {
  const before = plan[step.step - 1];
  const start = before ? (before.done_us ?? before.due_us) : 0;
  if (step.done_us !== null) return [start, step.done_us];
  const isNext = !before || before.done_us !== null;
  return [start, isNext ? row.end_us ?? scale : start];
}

function sums({ plan, row }) {
  const sent = plan.filter((step) => step.verb === "send");
  const done = sent.filter((step) => step.done_us !== null);
  const timed = plan.filter((step) => step.done_us !== null && step.verb !== "wait" && step.verb !== "gate");
  const latest = timed.reduce((most, step) => Math.max(most, step.done_us - step.due_us), 0);
  const planned = plan.length ? plan[plan.length - 1].due_us : 0;
  const fact = (name, value, kind = "") => h("span", {}, `${name} `, h("b", { className: kind }, value));
  return [
    h("span", {}, h("b", {}, done.length === sent.length ? String(sent.length) : `${done.length} of ${sent.length}`),
      sent.length === 1 ? " chunk" : " chunks"),
    done.length ? fact("first after", duration(done[0].done_us)) : null,
    fact("planned", duration(planned)),
    row.end_us === null ? h("span", { className: "open" }, "still open") : fact("took", duration(row.end_us)),
    timed.length ? fact("latest by", duration(Math.max(latest, 0)), latest >= LATE_US ? "late" : "") : null,
  ];
}
