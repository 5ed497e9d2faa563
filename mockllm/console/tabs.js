// Tabs. Here: a row of buttons of which one is chosen, with the arrow keys (ARIA, tabs pattern).

import { fill, h } from "./dom.js";

/** Tabs in a `row`; `tabs` are pairs of a name and a label, and `choose(name)` is called for the one that is chosen. */
export class Tabs {
  constructor(row, tabs, choose) {
    this.choose = choose;
    this.names = tabs.map(([name]) => name);
    this.chosen = this.names[0];
    this.buttons = tabs.map(([name, label, panel]) => h("button", {
      type: "button", role: "tab", id: `tab-${name}`, dataset: { name }, onclick: () => this.select(name),
      ...(panel ? { "aria-controls": panel } : {}),
    }, label));
    row.addEventListener("keydown", (event) => this.key(event));
    fill(row, this.buttons);
    this.mark();
  }

  select(name) {
    this.chosen = name;
    this.mark();
    this.choose(name);
  }

  /** The tab so many places further. */
  step(by) {
    const index = this.names.indexOf(this.chosen) + by;
    this.select(this.names[(index + this.names.length) % this.names.length]);
  }

  mark() {
    for (const button of this.buttons) {
      const isChosen = button.dataset.name === this.chosen;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      if (isChosen) button.scrollIntoView?.({ block: "nearest", inline: "nearest" });
    }
  }

  key(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    this.step(by);
    this.buttons[this.names.indexOf(this.chosen)].focus();
    event.preventDefault();
  }
}
