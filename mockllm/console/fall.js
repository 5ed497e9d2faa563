// The waterfall: each step of a plan, when it was due and when it was done. Here: the rows. Not here: the drawing above
// them (strip.js).

import { h } from "./dom.js";
import { duration, lateness, moment } from "./format.js";
import { LATE_US, scaleOf, shownSteps, span, strip } from "./strip.js";
import { VirtualList } from "./virtual.js";

export class Fall {
  constructor() {
    this.top = h("div", { className: "strip" });
    this.steps = h("div", { className: "steps", role: "list", "aria-label": "Steps" });
    this.list = new VirtualList(this.steps, { make, show: (element, step) => this.row(element, step) });
    this.parts = [
      this.top,
      h("div", { className: "steps-head", "aria-hidden": "true" },
        ["due", "late by", "", "step", "planned and actual"].map((it) => h("span", {}, it))),
      this.steps,
    ];
  }

  show(told) {
    this.told = told;
    this.scale = scaleOf(told);
    strip(this.top, told, this.scale);
    this.list.put(shownSteps(told.plan));
  }

  row(element, step) {
    const cells = element.cells;
    const late = step.done_us === null ? 0 : step.done_us - step.due_us;
    const isWait = step.verb === "wait" || step.verb === "gate";
    const isLate = late >= LATE_US && !isWait;
    element.className = ["step", step.cause && "caused", isLate && "tardy", step.done_us === null && "undone"].filter(Boolean).join(" ");
    element.dataset.step = step.step;
    cells.due.textContent = moment(step.due_us);
    cells.lateness.textContent = isWait || step.done_us === null ? "" : lateness(late);
    cells.lateness.className = isLate ? "lateness late" : "lateness";
    cells.verb.textContent = step.verb === "head_rest" ? "head" : step.verb;
    cells.what.textContent = step.what;
    cells.cause.textContent = step.cause;
    element.title = title(step, late, isWait);
    this.track(cells, step, isWait, isLate);
  }

  track(cells, step, isWait, isLate) {
    const at = (us) => Math.min((100 * us) / this.scale, 100);
    const [start, end] = span(this.told.plan, step, this.scale, this.told.row);
    place(cells.wait, at(start), at(Math.max(end, start)));
    place(cells.delay, at(step.due_us), isLate ? at(step.done_us) : at(step.due_us));
    cells.plan.style.left = `${at(step.due_us)}%`;
    cells.plan.hidden = isWait;
    cells.done.hidden = step.done_us === null || isWait;
    cells.done.style.left = `${at(step.done_us ?? 0)}%`;
  }
}

function make() {
  const cells = { cause: h("span", { className: "cause" }) };
  for (const name of ["due", "lateness", "verb"]) cells[name] = h("span", { className: name });
  cells.text = h("span", { className: "what" });
  cells.what = h("span");
  cells.text.append(cells.what, cells.cause);
  for (const name of ["wait", "delay", "plan", "done"]) cells[name] = h("i", { className: name });
  const track = h("span", { className: "track", "aria-hidden": "true" }, cells.wait, cells.delay, cells.plan, cells.done);
  const element = h("div", { className: "step", role: "listitem" }, cells.due, cells.lateness, cells.verb, cells.text, track);
  element.cells = cells;
  return element;
}

function place(bar, from, to) {
  bar.style.left = `${from}%`;
  bar.style.width = `${Math.max(to - from, 0)}%`;
}

function title(step, late, isWait) {
  const when = step.done_us === null ? "not done" : `done at ${moment(step.done_us)} s`;
  const by = isWait || step.done_us === null ? "" : `, ${duration(Math.max(late, 0))} late`;
  return `step ${step.step}: ${step.verb} ${step.what}\nplanned at ${moment(step.due_us)} s, ${when}${by}${step.cause ? `\n${step.cause}` : ""}`;
}
