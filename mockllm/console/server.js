// What is the server's own: its clock, its gates, and to begin anew. Here: the cards that are shown while no namespace is
// chosen.

import { call } from "./api.js";
import { card, gatesCard, table } from "./cards.js";
import { button, carefully, h } from "./dom.js";
import { duration } from "./format.js";

/** The clock, or `{why}` where there is none that can be steered. */
export function readClock() {
  return call("GET", "clock").catch((refusal) => ({ why: refusal.message }));
}

/** The cards. */
export function serverCards(gates, clock, again) {
  return [
    gatesCard(gates, again),
    clock.why ? card("Clock", h("p", { className: "none" }, clock.why)) : clockCard(clock, again),
    card("Begin anew", h("p", { className: "none" }, "Forgets all state and the journal. Scenarios stay."),
      h("div", { className: "row-of" }, carefully("Reset everything", async () => { await call("POST", "reset"); await again(); }))),
  ];
}

/** What the clock's state is, in a word for the bar on top; empty while it runs as usual. */
export function clockWord({ paused = false, scale = 1 }) {
  if (paused) return "clock paused";
  return scale === 1 ? "" : `clock ×${scale}`;
}

function clockCard(clock, again) {
  const put = async (method, path, body) => { await call(method, path, body); await again(); };
  const scale = h("input", { type: "number", min: 0.001, max: 1000, step: "any", value: clock.scale, id: "scale" });
  return card("Clock",
    table([
      ["runs", clock.paused ? h("span", { className: "chip late" }, "paused") : `× ${clock.scale}`],
      ["open exchanges", String(clock.open)],
      ["next wait is over in", clock.next_in_us === null ? "—" : duration(clock.next_in_us)],
    ]),
    h("div", { className: "row-of" },
      clock.paused ? button("Go on", () => put("PUT", "clock", { paused: false })) : button("Pause", () => put("PUT", "clock", { paused: true })),
      [1, 10, 60].map((by) => button(`+${by} s`, () => put("POST", "clock/advance", { by_s: by }))),
      button("Until idle", () => put("POST", "clock/run-until-idle", {}))),
    h("div", { className: "row-of" }, h("label", { for: "scale" }, "Seconds for each real second"), scale,
      button("Set", () => put("PUT", "clock", { scale: Number(scale.value) }))));
}
