// One exchange. Here: its head and its tabs, read anew while it is open. Not here: what is on a tab (one module each).

import { call, path } from "./api.js";
import { ask } from "./ask.js";
import { curl } from "./curl.js";
import { button, copy, fill, guarded, h } from "./dom.js";
import { Fall } from "./fall.js";
import { clock, duration, size } from "./format.js";
import { requestPane } from "./request.js";
import { Tabs } from "./tabs.js";
import { planPane, whyPane } from "./why.js";
import { wirePane } from "./wire.js";

const TABS = [["fall", "Waterfall"], ["request", "Request"], ["wire", "Wire"], ["plan", "Plan"], ["why", "Why"], ["explain", "Explain"]];
// What stands for the method of what is no request of HTTP.
const OTHERS = ["WEBSOCKET", "CONNECTION"];
const SHORTEST_PAUSE_MS = 200;

function gateOf(row) {
  return `namespaces/${path(row.namespace)}/gates/${path(row.gate)}`;
}

/** The pane of the exchange that is chosen; `close()` is called when it should go. */
export class Detail {
  constructor({ close }) {
    this.number = null;
    this.told = null;
    this.title = h("h2", {});
    this.curl = button("Copy as curl", () => this.copy(), { title: "Copy the request as a curl command (c)" });
    this.facts = h("div", { className: "facts" });
    this.body = h("div", { className: "pane", role: "tabpanel", tabIndex: 0, id: "detail-pane" });
    this.tabRow = h("div", { className: "tabs", role: "tablist", "aria-label": "Of this exchange" });
    this.pane = h("aside", { className: "detail", id: "detail", "aria-label": "Exchange", hidden: true },
      h("header", {}, this.title,
        h("div", { className: "row-of" },
          this.curl,
          button("✕", close, { className: "plain", id: "close-detail", "aria-label": "Close", title: "Close (Esc)" })),
        this.facts),
      this.tabRow, this.body);
    this.tabs = new Tabs(this.tabRow, TABS.map(([name, label]) => [name, label, "detail-pane"]), () => this.draw());
  }

  /** Show the exchange with this number. */
  async show(number, focus) {
    this.pane.hidden = false;
    if (number !== this.number) this.told = null;
    this.number = number;
    await this.read();
    if (focus) this.body.focus();
  }

  hide() {
    this.number = null;
    this.told = null;
    this.pane.hidden = true;
  }

  /** The exchange has changed: read it again, but not too often. */
  async refresh() {
    if (this.busy) {
      this.stale = true;
      return;
    }
    this.busy = true;
    const began = performance.now();
    await guarded(() => this.read());
    const pause = Math.max(SHORTEST_PAUSE_MS, 4 * (performance.now() - began));
    setTimeout(() => {
      this.busy = false;
      if (this.stale) this.refresh();
      this.stale = false;
    }, pause);
  }

  async read() {
    const number = this.number;
    if (number === null) return;
    const told = await call("GET", `exchanges/${number}`);
    if (number !== this.number) return;
    const before = this.told;
    this.told = told;
    this.head();
    // A form that somebody fills in stays as it is, and so do bytes that are being read.
    const stays = before && before.row.done === told.row.done && before.row.ending === told.row.ending && before.row.gate === told.row.gate;
    if (!before || (!stays && this.tabs.chosen !== "explain" && this.tabs.chosen !== "request")) this.draw();
  }

  head() {
    const { row } = this.told;
    this.curl.hidden = OTHERS.includes(row.method);
    fill(this.title, h("span", { className: "quiet" }, `#${row.number} `), `${row.method} ${row.path}`);
    fill(this.facts,
      h("span", { className: row.status >= 400 ? "error" : "good" }, row.status ? `status ${row.status}` : "no status"),
      h("span", { className: row.ending === "open" ? "open" : "" }, row.gate ? `waits at gate ${row.gate}` : row.ending),
      row.gate ? button("Let it go on", () => call("POST", `${gateOf(row)}/open`, { once: true }), { className: "small" }) : null,
      row.end_us === null ? null : h("span", {}, duration(row.end_us)),
      h("span", {}, size(row.bytes)),
      row.model ? h("span", {}, row.model) : null,
      row.namespace ? h("span", {}, row.namespace) : null,
      row.rule ? h("span", {}, row.attempt > 1 ? `${row.rule}, try ${row.attempt}` : row.rule) : null,
      h("span", {}, clock(row.wall_s)),
      row.trouble ? h("span", { className: "chip error" }, row.trouble) : null,
      row.faults.map((it) => h("span", { className: "chip fault" }, it)),
      row.unfired.map((it) => h("span", { className: "chip late" }, `unfired ${it}`)));
  }

  draw() {
    if (!this.told) return;
    const name = this.tabs.chosen;
    this.body.classList.toggle("fall", name === "fall");
    this.body.setAttribute("aria-labelledby", `tab-${name}`);
    if (name === "fall") {
      if (!this.fall || !this.body.contains(this.fall.steps)) {
        this.fall = new Fall();
        fill(this.body, this.fall.parts);
      }
      this.fall.show(this.told);
      return;
    }
    const panes = { request: requestPane, wire: wirePane, plan: planPane, why: whyPane, explain: ask };
    fill(this.body, panes[name](this.told));
  }

  async copy() {
    if (this.told && !this.curl.hidden) await copy(curl(this.told.record.request));
  }
}
