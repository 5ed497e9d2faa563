// What a namespace holds, a card for each subject. A subject of which there is nothing has none.

import { call, path } from "./api.js";
import { button, h } from "./dom.js";
import { duration } from "./format.js";

const ENTRY = '{"chance": "20%", "error": {"status": 503}}';

/** Gates, each with who waits there. */
export function gatesCard(gates, again) {
  if (!gates.length) return null;
  return card("Gates", table(gates.map((gate) => [
    [h("b", {}, gate.name), " ", h("span", { className: "quiet" }, gate.namespace)],
    h("span", { className: "row-of" },
      gate.waiting ? h("span", { className: "chip open" }, `${gate.waiting} wait${gate.waiting === 1 ? "s" : ""}`) : null,
      gate.waiting ? button("Release", () => pass(gate, "open", { once: true }, again)) : null,
      gate.open ? button("Close", () => pass(gate, "close", undefined, again)) : button("Open", () => pass(gate, "open", {}, again))),
  ])));
}

async function pass(gate, act, body, again) {
  await call("POST", `namespaces/${path(gate.namespace)}/gates/${path(gate.name)}/${act}`, body);
  await again();
}

/** Where each script stands, and how often its replies were tried. */
export function scriptsCard(state) {
  if (!state || !state.scripts.length) return null;
  const tries = new Map();
  for (const { rule, tries: count } of state.attempts) tries.set(rule, (tries.get(rule) || 0) + count);
  return card("Scripts", table(state.scripts.map(({ rule, taken, replies }) => [
    [rule, replies > 1 ? meter(Math.min(taken, replies), replies, true) : null],
    [`${taken} given, ${replies} scripted`, h("div", { className: "quiet" }, tried(tries.get(rule)))],
  ])));
}

function tried(count) {
  if (!count) return "";
  return count === 1 ? "1 try" : `${count} tries`;
}

/** The levels of its limits. */
export function limitsCard(levels, at, again) {
  if (!levels.length) return null;
  return card("Limits", table(levels.map((level) => [
    [`${level.unit}${level.shared_by.length ? ` of ${level.shared_by.join(", ")}` : ""}`, meter(level.remaining, level.amount)],
    [`${level.remaining} of ${level.amount} left`,
      h("div", { className: "quiet" }, level.reset_us > 0 ? `full in ${duration(level.reset_us)}` : "full")],
  ])), h("div", { className: "row-of" }, button("Fill them", async () => { await call("POST", `${at}/limits/reset`); await again(); })));
}

/** Faults that were added, and a field to add one. */
export function faultsCard(faults, at, again) {
  const entry = h("textarea", { value: ENTRY, rows: 2, spellcheck: false, "aria-label": "An entry of chaos, as JSON" });
  const calls = h("input", { type: "number", min: 1, value: 10, "aria-label": "For how many calls" });
  const add = async () => {
    await call("POST", `${at}/faults`, { entry: JSON.parse(entry.value), calls: Number(calls.value) });
    document.activeElement?.blur();
    await again();
  };
  return card("Added faults", table(faults.map((it) => [
    h("code", {}, JSON.stringify(it.entry)),
    [h("span", { className: it.alive ? "chip fault" : "chip" }, it.alive ? "alive" : "over"),
      h("div", { className: "quiet" }, `acted ${it.acted} of ${it.seen}`)],
  ])), entry, h("div", { className: "row-of" }, "for", calls, "calls", button("Add it", add),
    faults.length ? button("Take them away", async () => { await call("DELETE", `${at}/faults`); await again(); }) : null));
}

/** What chaos has counted. */
export function chaosCard(state) {
  if (!state || !state.chaos.length) return null;
  return card("Chaos", table(state.chaos.map((it) => [it.entry, `struck ${it.acted} of ${it.seen}`])));
}

/** Objects that were stored. */
export function storedCard(state) {
  const kinds = Object.entries(state ? state.stored : {});
  return kinds.length ? card("Stored", table(kinds.map(([kind, count]) => [kind, String(count)]))) : null;
}

/** What a strict test would say. */
export function problemsCard(problems) {
  return card("A strict test would say", problems.length
    ? h("ul", { className: "misses" }, problems.map((it) => h("li", {}, it)))
    : h("p", { className: "none" }, "Nothing: script and clients agree."));
}

/** A card with its title. */
export function card(title, ...content) {
  return h("section", { className: "card" }, h("h3", {}, title), content);
}

/** Rows of two cells. */
export function table(rows) {
  return h("table", {}, h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((it) => h("td", {}, it))))));
}

function meter(value, most, isProgress = false) {
  if (most <= 0) return null;
  const bounds = isProgress ? {} : { low: most * 0.25, high: most * 0.5, optimum: most };
  return h("meter", { min: 0, max: most, ...bounds, value, "aria-label": `${value} of ${most}` });
}
