// Why it was answered like this, and the plan as text.

import { h } from "./dom.js";

/** The plan as `mockllm explain` prints it. */
export function planPane({ timeline }) {
  return [h("pre", { className: "block" }, timeline || "Nothing was planned.")];
}

/** The rule that answered, and why the others did not. */
export function whyPane({ row, record, misses }) {
  return [
    h("section", {}, h("h3", {}, "What answered"), h("dl", { className: "pairs" },
      pair("rule", row.rule || "none"), pair("why", record.why), pair("namespace", row.namespace || "none"),
      pair("attempt", String(row.attempt)), pair("trouble", row.trouble), pair("faults", row.faults.join(", ")),
      pair("unfired", row.unfired.join(", ")), pair("ended", row.ending))),
    missesSection(misses),
  ];
}

/** The rules that were passed over, each with its reasons. */
export function missesSection(misses) {
  const told = misses.map((miss) => {
    const [, title, reasons] = miss.match(/^(.*?): ([\s\S]*)$/) || [null, miss, ""];
    return h("li", {}, h("b", {}, title), h("div", { className: "quiet" }, reasons));
  });
  return h("section", {}, h("h3", {}, "Rules that do not match"),
    told.length ? h("ol", { className: "misses" }, told) : h("p", { className: "quiet" }, "None was tried in vain."));
}

/** A name and its value; nothing for no value. */
export function pair(name, value) {
  return value ? [h("dt", {}, name), h("dd", {}, value)] : [];
}
