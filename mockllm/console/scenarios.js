// The scenarios of the server. Here: their names, and the one that is chosen, with what is wrong with it. Not here: its
// text (source.js) and writing one (editor.js).

import { call, path } from "./api.js";
import { button, fill, guarded, h } from "./dom.js";
import { editor } from "./editor.js";
import { Names } from "./names.js";
import { placeless, source } from "./source.js";
import { command, firstRequest } from "./welcome.js";

const DRAFT = `rules:
  - when: {last: hello}
    replies:
      - text: Hello! I am scripted.
  - replies:
      - text: Something else.
`;

export class Scenarios {
  constructor(place, count) {
    this.count = count;
    this.wrong = new Set();
    this.main = null;
    this.names = new Names(place, {
      label: "Scenarios", placeholder: "Filter scenarios",
      decorate: (name) => ({ wrong: this.wrong.has(name), chip: name === this.main ? "default" : "" }),
      choose: (name) => this.show(name),
      extra: [button("New", () => this.edit("", DRAFT, "@draft"))],
    });
    fill(this.names.sheet, h("p", {}, "Choose a scenario to see its text. ",
      "One that a reload found wrong is marked, and shown with its error in place."));
  }

  /** Read all again; the text of the chosen one too. */
  async refresh() {
    const told = await call("GET", "scenarios");
    this.wrong = new Set(told.wrong);
    this.main = told.default;
    this.names.put(told.scenarios);
    this.count(told.wrong.length ? `${told.wrong.length} wrong` : "");
    if (this.names.chosen && !this.editing) await this.show(this.names.chosen);
  }

  async show(name) {
    this.editing = false;
    const told = await call("GET", `scenarios/${path(name)}/source`);
    if (name !== this.names.chosen) return;
    if (told.problems.length) this.wrong.add(name);
    else this.wrong.delete(name);
    this.names.list.draw(true);
    fill(this.names.sheet,
      h("header", {}, this.back(), h("h2", {}, name), told.file ? h("span", { className: "quiet" }, told.file) : null,
        h("span", { className: "stretch" }),
        told.text === null ? null : button("Edit a copy", () => this.edit(name, told.text, `${name}@draft`))),
      told.problems.length ? h("p", { className: "error", role: "alert" }, state(told)) : null,
      placeless(told.problems),
      told.text === null
        ? h("p", {}, "It has no text: a program made it, or it came as JSON.")
        : source(told.text, told.problems),
      told.problems.length ? null : [h("p"), command(firstRequest(name))]);
    const first = this.names.sheet.querySelector(".source .bad");
    if (first) first.scrollIntoView({ block: "center" });
  }

  edit(name, text, run) {
    this.editing = true;
    this.names.two.classList.add("chosen");
    fill(this.names.sheet,
      h("header", {}, this.back(), h("h2", {}, name ? `A copy of ${name}` : "A new scenario"), h("span", { className: "stretch" }),
        name ? button("Back to its text", () => guarded(() => this.show(name))) : null),
      h("p", {}, "It is checked while you write. Files stay as they are."),
      editor(text, run));
    this.names.sheet.querySelector("textarea").focus();
  }

  back() {
    return button("‹ All", () => this.names.select(null), { className: "back" });
  }
}

function state({ problems, served }) {
  const count = problems.length === 1 ? "One thing is" : `${problems.length} things are`;
  return `${count} wrong with this text. ${served ? "The version before it is still served." : "It is not served."}`;
}
