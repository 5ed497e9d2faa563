// The console. Here: its three views, what each event of the feed does, and the keys. Where to look next: list.js and
// store.js for the exchanges, detail.js for one of them, scenarios.js, namespaces.js, feed.js and api.js for the server.

import { Refusal, tokenFrom } from "./api.js";
import { Detail } from "./detail.js";
import { askForToken, showKeys } from "./dialogs.js";
import { at, guarded, h, notice } from "./dom.js";
import { Feed } from "./feed.js";
import { ExchangeList } from "./list.js";
import { Namespaces } from "./namespaces.js";
import { quoted } from "./query.js";
import { Scenarios } from "./scenarios.js";
import { clockWord, readClock } from "./server.js";
import { Store } from "./store.js";
import { Tabs } from "./tabs.js";
import { serverAt } from "./welcome.js";

const VIEWS = ["exchanges", "scenarios", "namespaces"];
const PAUSE_MS = 250;

const badges = Object.fromEntries(VIEWS.map((name) => [name, h("span", { className: "count" })]));
const views = new Tabs(at("views"), VIEWS.map((name) => [name, label(name), name]), choose);
const store = new Store();
const detail = new Detail({ close });
const list = new ExchangeList(store, open);
at("exchanges").append(list.pane, detail.pane);
const scenarios = new Scenarios(at("scenarios"), (text) => { badges.scenarios.textContent = text; });
const namespaces = new Namespaces(at("namespaces"), {
  showExchanges: (name) => { views.select("exchanges"); list.choose(`namespace=${quoted(name)}`); },
  count: (text) => { badges.namespaces.textContent = text; },
  clock: tellClock,
});
const panels = { scenarios, namespaces };
for (const button of views.buttons) button.append(badges[button.dataset.name]);

function tellClock(clock) {
  at("clock-state").textContent = clockWord(clock);
}

function label(name) {
  return name[0].toUpperCase() + name.slice(1);
}

function choose(name) {
  for (const view of VIEWS) at(view).hidden = view !== name;
  if (name === "exchanges") list.list.measure();
  else guarded(() => panels[name].refresh());
}

async function open(number, focus) {
  link(number);
  at("exchanges").classList.add("split");
  list.list.measure();
  await detail.show(number, focus);
}

function close() {
  if (detail.number === null) return;
  link(null);
  detail.hide();
  at("exchanges").classList.remove("split");
  list.list.measure();
  list.rows.focus();
}

// The address of the page names the exchange that is open, so that it can be kept, and the way back closes it.

function link(number) {
  const address = number === null ? location.pathname + location.search : `#${number}`;
  if (number !== null && !location.hash) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}

function follow() {
  const number = Number(location.hash.slice(1));
  if (!number) close();
  else if (number !== detail.number && store.rows.has(number)) list.select(number);
}

// What the feed tells.

const told = {
  hello({ base_url: url, resumed }) {
    serverAt(url);
    if (!resumed) {
      store.clear();
      close();
    }
    for (const name of ["scenarios", "namespaces"]) soon(name);
    soon("clock");
  },
  rows({ rows }) {
    const isAtGate = rows.some((row) => row.gate || store.rows.get(row.number)?.gate);
    store.put(rows);
    if (rows.some((row) => row.number === detail.number)) detail.refresh();
    if (views.chosen === "namespaces" || isAtGate) soon("namespaces");
  },
  ready() {
    at("live").dataset.ready = "yes";
    follow();
  },
  progress({ progress }) {
    store.progress(progress);
    if (progress.some(([number]) => number === detail.number)) detail.refresh();
  },
  changed({ what }) {
    if (what.includes("journal")) {
      feed.again();
    }
    if (what.includes("scenarios")) soon("scenarios");
    if (what.includes("clock")) soon("clock");
    if (what.includes("gates") || views.chosen === "namespaces") soon("namespaces");
  },
  missed() {},
};

const readers = {
  scenarios: () => scenarios.refresh(),
  namespaces: () => namespaces.refresh(),
  clock: async () => tellClock(await readClock()),
};
const waits = {};

/** Read something again, in a moment, for all that happens until then. */
function soon(name) {
  waits[name] ??= setTimeout(() => {
    delete waits[name];
    guarded(readers[name]);
  }, PAUSE_MS);
}

const feed = new Feed({
  on: (name, value) => told[name]?.(value),
  state: (state, error) => {
    at("live").className = state === "live" ? "live on" : "live off";
    at("live").textContent = state === "live" ? "live" : "reconnecting";
    at("live").title = error ? error.message : "";
    if (error instanceof Refusal) notice(error.message);
  },
});

// Keys.

const keys = {
  "?": showKeys,
  "/": () => { views.select("exchanges"); list.filter.focus(); list.filter.select(); },
  1: () => views.select("exchanges"),
  2: () => views.select("scenarios"),
  3: () => views.select("namespaces"),
  Escape: close,
  "[": () => detail.number !== null && detail.tabs.step(-1),
  "]": () => detail.number !== null && detail.tabs.step(1),
  c: () => guarded(() => detail.copy()),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") leave(event.target);
    return;
  }
  if (event.key in keys) {
    event.preventDefault();
    keys[event.key]();
    return;
  }
  const isList = views.chosen === "exchanges" && ["j", "k", "ArrowDown", "ArrowUp"].includes(event.key) && !detail.body.contains(event.target);
  if (isList && list.go(event.key, detail.number !== null)) {
    list.rows.focus();
    event.preventDefault();
  }
});

function leave(field) {
  if (field === list.filter && field.value) list.choose("");
  else if (field === list.filter) list.rows.focus();
  else field.blur();
}

window.addEventListener("popstate", follow);
at("show-keys").addEventListener("click", showKeys);
tokenFrom(askForToken);
choose("exchanges");
feed.run();
