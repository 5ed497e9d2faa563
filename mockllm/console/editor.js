// A scenario to try: a text that is checked while one writes, and that a namespace can be given. Here: the text with its
// line numbers and what is wrong with it.

import { call, path } from "./api.js";
import { button, fill, guarded, h } from "./dom.js";
import { said } from "./source.js";
import { command, firstRequest } from "./welcome.js";

const PAUSE_MS = 250;

/** The editor with this text in it, for a run of this name. */
export function editor(text, run) {
  const gutter = h("div", { className: "gutter", "aria-hidden": "true" });
  const area = h("textarea", { value: text, spellcheck: false, "aria-label": "Scenario as YAML", id: "scenario-text" });
  const verdict = h("div", { className: "verdict", role: "status", id: "verdict" });
  const tried = h("div", { id: "tried" });
  const place = h("input", { value: run, "aria-label": "Namespace", id: "try-in", size: 18, spellcheck: false });
  let waits = 0;
  let asked = 0;

  function number(bad = new Set()) {
    const count = area.value.split("\n").length;
    fill(gutter, Array.from({ length: count }, (_, index) => h("div", { className: bad.has(index + 1) ? "bad" : "" }, index + 1)));
    gutter.scrollTop = area.scrollTop;
  }

  async function check() {
    asked += 1;
    const mine = asked;
    const told = area.value.trim() ? await call("POST", "validate", area.value) : { valid: false, problems: [], name: null };
    if (mine !== asked) return;
    number(new Set(told.problems.map((it) => it.line)));
    fill(verdict, told.valid
      ? h("p", { className: "good" }, `It can be served: ${told.name}.`)
      : h("ul", { className: "error" }, told.problems.map((it) => h("li", {},
        it.line === null ? null : button(`${it.line}:${it.column}`, () => lead(area, it.line, it.column)), said(it)))));
  }

  async function give() {
    await call("PUT", `namespaces/${path(place.value)}/scenario`, area.value);
    fill(tried, h("p", {}, "It is served now. Send it a request:"), command(firstRequest(place.value)));
  }

  area.addEventListener("input", () => {
    number();
    clearTimeout(waits);
    waits = setTimeout(() => guarded(check), PAUSE_MS);
  });
  area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; }, { passive: true });
  number();
  guarded(check);
  return [
    h("div", { className: "editor" }, gutter, area),
    verdict,
    h("div", { className: "row-of" }, h("label", { for: "try-in" }, "Serve it in the namespace"), place,
      button("Try it", give, { className: "main", id: "try" })),
    tried,
  ];
}

/** Put the cursor at a line and a column. */
function lead(area, line, column) {
  const before = area.value.split("\n").slice(0, line - 1).reduce((sum, it) => sum + it.length + 1, 0);
  area.focus();
  area.setSelectionRange(before + column - 1, before + column);
}
