// A list of names beside a sheet, as scenarios and namespaces have it. Here: the list with its filter and its keys. Not
// here: what is on the sheet.

import { fill, guarded, h } from "./dom.js";
import { VirtualList, moved } from "./virtual.js";

/** Names with a filter; `choose(name)` fills the sheet. On a narrow page one of the two is seen at a time. */
export class Names {
  constructor(place, { label, placeholder, decorate = () => ({}), choose, title = (name) => name, extra = [] }) {
    this.all = [];
    this.shown = [];
    this.chosen = null;
    this.choose = choose;
    this.decorate = decorate;
    this.title = title;
    this.sheet = h("div", { className: "sheet" });
    this.filter = h("input", { className: "filter", type: "search", placeholder, "aria-label": placeholder,
      autocomplete: "off", spellcheck: false, oninput: () => this.draw() });
    this.rows = h("div", { className: "names", role: "listbox", tabIndex: 0, "aria-label": label,
      onclick: (event) => this.click(event), onkeydown: (event) => this.key(event) });
    this.two = h("div", { className: "two" },
      h("div", { className: "side" }, h("div", { className: "tools" }, this.filter, extra), this.rows), this.sheet);
    fill(place, this.two);
    this.list = new VirtualList(this.rows, {
      make: () => h("div", { className: "name", role: "option" }),
      show: (element, name) => this.show(element, name),
    });
  }

  /** These are the names now. */
  put(all) {
    this.all = all;
    this.draw();
  }

  draw() {
    const wanted = this.filter.value.toLowerCase();
    this.shown = wanted ? this.all.filter((it) => it.toLowerCase().includes(wanted)) : this.all;
    this.list.put(this.shown);
  }

  show(element, name) {
    const { wrong = false, chip = "" } = this.decorate(name);
    element.className = wrong ? "name wrong" : "name";
    element.dataset.name = name;
    element.title = this.title(name);
    element.setAttribute("aria-selected", String(name === this.chosen));
    fill(element, this.title(name), chip ? h("span", { className: "chip" }, chip) : null);
  }

  /** Choose one; null goes back to the list. */
  select(name) {
    this.chosen = name;
    this.two.classList.toggle("chosen", name !== null);
    this.list.draw(true);
    if (name !== null) guarded(() => this.choose(name));
  }

  click(event) {
    const row = event.target.closest(".name");
    if (row) this.select(row.dataset.name);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = moved(event.key, this.shown.indexOf(this.chosen), this.shown.length, this.list.page);
    if (next === null) return;
    this.list.reveal(next);
    this.select(this.shown[next]);
    event.preventDefault();
    event.stopPropagation();
  }
}
