// Namespaces: what each holds, its limits, its gates, what was added to it. Here: the list and the sheet of the one that
// is chosen. Not here: the cards (cards.js) and what is the server's own (server.js).

import { call, path } from "./api.js";
import { button, carefully, h, refill } from "./dom.js";
import { chaosCard, faultsCard, gatesCard, limitsCard, problemsCard, scriptsCard, storedCard } from "./cards.js";
import { Names } from "./names.js";
import { readClock, serverCards } from "./server.js";

// What stands for the server in the list; no namespace has an empty name.
const SERVER = "";

export class Namespaces {
  constructor(place, { showExchanges, count, clock }) {
    this.clock = clock;
    this.showExchanges = showExchanges;
    this.count = count;
    this.waiting = new Map();
    this.names = new Names(place, {
      label: "Namespaces", placeholder: "Filter namespaces",
      decorate: (name) => ({ chip: this.waiting.has(name) ? `${this.waiting.get(name)} at a gate` : "" }),
      title: (name) => name || "The server",
      choose: () => this.sheet(),
    });
    this.names.chosen = SERVER;
  }

  /** Read all again. */
  async refresh() {
    const [{ namespaces }, { gates }] = await Promise.all([call("GET", "namespaces"), call("GET", "gates")]);
    this.waiting = new Map();
    for (const gate of gates) {
      if (gate.waiting) this.waiting.set(gate.namespace, (this.waiting.get(gate.namespace) || 0) + gate.waiting);
    }
    const waiting = [...this.waiting.values()].reduce((sum, it) => sum + it, 0);
    this.count(waiting ? `${waiting} at a gate` : "");
    this.names.put([SERVER, ...namespaces]);
    this.gates = gates;
    if (this.names.chosen && !namespaces.includes(this.names.chosen)) this.home();
    await this.sheet();
  }

  async sheet() {
    const name = this.names.chosen;
    const again = () => this.refresh();
    if (!name) {
      const gates = this.gates || [];
      const clock = await readClock();
      this.clock(clock);
      if (this.names.chosen || this.isWritten()) return;
      refill(this.names.sheet, [gates, { ...clock, now_us: 0, moved_us: 0 }], () => [
        h("header", {}, this.back(), h("h2", {}, "The server")), h("div", { className: "cards" }, serverCards(gates, clock, again))]);
      return;
    }
    const at = `namespaces/${path(name)}`;
    const [held, limits, faults, strict] = await Promise.all(["", "/limits", "/faults", "/problems"].map((it) => call("GET", at + it)));
    if (this.names.chosen !== name || this.isWritten()) return;
    const gates = (this.gates || []).filter((it) => it.namespace === name);
    refill(this.names.sheet, [held, limits, faults, strict, gates], () => [
      h("header", {}, this.back(),
        h("h2", {}, name), h("span", { className: "stretch" }),
        button("Show its exchanges", () => this.showExchanges(name)),
        carefully("Reset", async () => { await call("POST", `${at}/reset`); await again(); }),
        carefully("Drop", async () => { await call("DELETE", at); this.home(); await again(); })),
      h("p", {}, summary(held)),
      h("div", { className: "cards" },
        gatesCard(gates, again), scriptsCard(held.state), limitsCard(limits.levels, at, again),
        faultsCard(faults.faults, at, again), chaosCard(held.state), storedCard(held.state), problemsCard(strict.problems))]);
  }

  /** Whether somebody writes in a field, which is to stay. */
  isWritten() {
    return this.names.sheet.contains(document.activeElement) && document.activeElement.matches("input, textarea");
  }

  back() {
    return button("‹ All", () => this.names.select(null), { className: "back" });
  }

  home() {
    this.names.chosen = SERVER;
    this.names.two.classList.remove("chosen");
    this.names.list.draw(true);
  }
}

function summary({ scenario, bound, exchanges, open }) {
  const own = scenario ? `${bound ? "Has a scenario of its own" : "Plays the scenario"} (${scenario})` : "Has no state";
  return `${own}. ${exchanges} in the journal, ${open} open.`;
}
