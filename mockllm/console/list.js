// The list of exchanges. Here: its rows, its filter, choosing one by hand or by key. Not here: what is known of them
// (store.js) and what is shown of the chosen one (detail.js).

import { at, button, carefully, fill, guarded, h } from "./dom.js";
import { call } from "./api.js";
import { clock, counted, duration } from "./format.js";
import { query } from "./query.js";
import { VirtualList, moved } from "./virtual.js";
import { welcome } from "./welcome.js";

const COLUMNS = [
  ["number", "#"], ["time", "time"], ["status", "status"], ["request", "request"], ["rule", "namespace, rule"],
  ["faults", "faults"], ["took", "took"], ["ending", "ended"],
];
const ENDINGS = {
  open: "open", "cut as scripted": "cut", "client left": "left", "client cancelled": "left", "gate never opened": "left", "worker lost": "left",
};

/** The list in its pane; `open(number, focus)` is called for the one that is chosen. */
export class ExchangeList {
  constructor(store, open) {
    this.store = store;
    this.open = open;
    this.number = null;
    this.top = 0;
    this.filter = h("input", {
      id: "filter", className: "filter", type: "search", placeholder: "Filter: hello status=4xx",
      autocomplete: "off", spellcheck: false, "aria-label": "Filter exchanges", oninput: () => this.choose(),
    });
    this.tally = h("span", { className: "tally", role: "status" });
    this.rows = h("div", {
      id: "rows", className: "rows", tabIndex: 0, role: "listbox", "aria-label": "Exchanges, newest first",
      onkeydown: (event) => this.key(event), onclick: (event) => this.click(event),
    });
    this.empty = h("div", { className: "empty", hidden: true });
    this.pane = h("div", { className: "list-pane" },
      h("div", { className: "tools" }, this.filter, this.tally,
        carefully("Clear", () => call("DELETE", "journal"))),
      h("div", { className: "columns", "aria-hidden": "true" },
        COLUMNS.map(([name, label]) => h("span", { className: `c-${name}` }, label))),
      this.rows);
    this.rows.append(this.empty);
    this.list = new VirtualList(this.rows, { make, show: (element, row) => this.show(element, row) });
    store.listen(() => this.draw());
  }

  /** Show those that the filter chooses. */
  choose(text = this.filter.value) {
    this.filter.value = text;
    const { fits, wrong } = query(text);
    this.filter.setAttribute("aria-invalid", String(Boolean(wrong)));
    this.filter.title = wrong;
    this.store.filter(fits);
  }

  draw() {
    const { shown, rows, fits } = this.store;
    const added = this.newest && shown.length ? shown.findIndex((row) => row.number <= this.newest) : 0;
    this.newest = shown.length ? shown[0].number : 0;
    this.list.put(shown, Math.max(added, 0));
    this.tally.textContent = fits ? `${shown.length.toLocaleString("en")} of ${counted(rows.size, "exchange")}` : counted(rows.size, "exchange");
    this.pane.classList.toggle("bare", !shown.length);
    this.empty.hidden = shown.length > 0;
    if (!shown.length) fill(this.empty, rows.size ? nothing(this.filter.title) : welcome());
    if (this.number !== null) this.mark();
  }

  show(element, row) {
    element.dataset.number = row.number;
    element.id = `exchange-${row.number}`;
    element.setAttribute("aria-selected", String(row.number === this.number));
    element.setAttribute("aria-setsize", this.store.shown.length);
    const cells = element.cells;
    text(cells.number, row.number);
    text(cells.time, clock(row.wall_s));
    text(cells.status, row.status || "—");
    cells.status.className = `c-status ${row.status >= 400 ? "error" : row.status ? "good" : "quiet"}`;
    text(cells.method, row.method);
    text(cells.path, row.path);
    text(cells.model, row.model);
    text(cells.rule, [row.namespace, row.rule].filter(Boolean).join(" · ") || "—");
    chips(cells.faults, row);
    took(cells.took, row);
    text(cells.ending, row.gate ? `at gate ${row.gate}` : row.ending);
    cells.ending.className = `c-ending ${ENDINGS[row.ending] || ""}`;
    for (const name of ["request", "rule", "faults", "ending"]) cells[name].title = cells[name].textContent;
  }

  /** Choose the exchange with this number; with `focus` the keys go on in its detail. */
  select(number, focus = false) {
    this.number = number;
    this.list.draw(true);
    this.mark();
    if (number !== null) guarded(() => this.open(number, focus));
  }

  mark() {
    this.rows.setAttribute("aria-activedescendant", this.number === null ? "" : `exchange-${this.number}`);
  }

  /** Go up or down in the list. True if the key was one for that. */
  go(key, open) {
    const { shown } = this.store;
    const index = shown.findIndex((row) => row.number === this.number);
    const next = moved(key, index, shown.length, this.list.page);
    if (next === null) return false;
    this.number = shown[next].number;
    this.list.reveal(next);
    this.mark();
    if (open) guarded(() => this.open(this.number, false));
    return true;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isOpen = at("exchanges").classList.contains("split");
    if (event.key === "Enter" && this.number !== null) this.select(this.number, true);
    else if (!this.go(event.key, isOpen)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  click(event) {
    const line = event.target.closest(".line");
    if (line) this.select(Number(line.dataset.number));
  }
}

function make() {
  const cells = {};
  for (const [name] of COLUMNS) cells[name] = h("span", { className: `c-${name}` });
  for (const name of ["method", "path", "model"]) cells[name] = h("span", { className: name });
  cells.request.append(cells.method, cells.path, cells.model);
  const element = h("div", { className: "line", role: "option" }, COLUMNS.map(([name]) => cells[name]));
  element.cells = cells;
  return element;
}

function text(element, value) {
  const wanted = String(value);
  if (element.textContent !== wanted) element.textContent = wanted;
}

function chips(cell, row) {
  const told = [
    ...(row.attempt > 1 ? [["", `try ${row.attempt}`]] : []),
    ...(row.trouble ? [["error", row.trouble]] : []),
    ...row.faults.map((it) => ["fault", it]),
    ...row.unfired.map((it) => ["late", `unfired ${it}`]),
  ];
  const key = JSON.stringify(told);
  if (cell.dataset.key === key) return;
  cell.dataset.key = key;
  fill(cell, told.map(([kind, label]) => [h("span", { className: `chip ${kind}` }, label), " "]));
}

function took(cell, row) {
  if (row.end_us !== null) {
    cell.bar = null;
    text(cell, duration(row.end_us));
    return;
  }
  cell.bar ??= h("progress", { "aria-label": "steps done" });
  if (cell.bar.parentNode !== cell) fill(cell, cell.bar);
  cell.bar.max = Math.max(row.steps, 1);
  cell.bar.value = row.done;
}

function nothing(wrong) {
  return [h("h2", {}, "Nothing fits the filter"), h("p", {}, wrong || "Press Esc in the filter to see all exchanges again."),
    button("Show all", () => { const filter = at("filter"); filter.value = ""; filter.dispatchEvent(new Event("input")); })];
}
