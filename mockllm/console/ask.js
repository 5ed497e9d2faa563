// "Explain this request": what it would be answered now, perhaps with changes. Nothing moves on the server by asking.

import { call } from "./api.js";
import { button, fill, guarded, h } from "./dom.js";
import { duration } from "./format.js";
import { bodySection } from "./request.js";
import { missesSection, pair } from "./why.js";

/** The form with the request of an exchange in it, and below it what would be answered. */
export function ask({ record }) {
  const request = record.request;
  const method = h("input", { value: request.method, "aria-label": "Method" });
  const path = h("input", { value: request.path + (request.query ? `?${request.query}` : ""), "aria-label": "Path and query" });
  const headers = h("textarea", { value: request.headers.map((it) => it.join(": ")).join("\n"), "aria-label": "Headers", spellcheck: false });
  const isText = request.encoding === "utf-8";
  const body = h("textarea", { value: request.body, className: "body", "aria-label": "Body", spellcheck: false, readOnly: !isText });
  const answer = h("div", { id: "explained", role: "status" });
  const explain = async () => {
    const [before, ...after] = path.value.split("?");
    const told = await call("POST", "explain", {
      method: method.value, path: before, query: after.join("?"), headers: lines(headers.value), body: body.value, encoding: request.encoding,
    });
    fill(answer, explained(told));
  };
  return [
    h("section", { className: "ask", onkeydown: (event) => submit(event, explain) },
      h("div", { className: "first" }, method, path), headers, body,
      h("div", { className: "row-of" }, button("Explain this request", explain, { className: "main", id: "explain-now" }),
        h("span", { className: "quiet" }, "What it would be answered now. Nothing moves on the server."))),
    answer,
  ];
}

function submit(event, explain) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  guarded(explain);
}

function lines(text) {
  return text.split("\n").filter((it) => it.includes(":")).map((it) => {
    const colon = it.indexOf(":", 1);
    return [it.slice(0, colon), it.slice(colon + 1).trim()];
  });
}

function explained(told) {
  return [
    h("section", {}, h("h3", {}, "It would be answered"), h("dl", { className: "pairs" },
      pair("by", told.rule || told.trouble || "no rule"), pair("why", told.why), pair("namespace", told.namespace),
      pair("status", String(told.status)), pair("attempt", String(told.attempt)), pair("takes", duration(told.duration_us)),
      pair("chaos", told.struck.join(", ")), pair("unfired", told.unfired.join(", ")))),
    h("section", {}, h("h3", {}, "Plan"), h("pre", { className: "block" }, told.timeline)),
    missesSection(told.misses),
    bodySection(told.body, told.encoding, "Its body"),
  ];
}
