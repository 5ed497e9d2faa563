// The two dialogs: the keys that there are, and the token.

import { at, button, fill, h } from "./dom.js";

const KEYS = [
  [["1", "2", "3"], "exchanges, scenarios, namespaces"],
  [["/"], "filter"],
  [["j", "k"], "down and up, as the arrow keys"],
  [["Home", "End"], "the newest and the oldest"],
  [["Enter"], "open the exchange"],
  [["[", "]"], "the tab before, the tab after"],
  [["c"], "copy the request as curl"],
  [["Esc"], "close, or leave the filter"],
  [["?"], "this"],
];

/** Show the keys, or hide them. */
export function showKeys() {
  const dialog = at("keys");
  if (dialog.open) {
    dialog.close();
    return;
  }
  fill(dialog, h("h2", { id: "keys-title" }, "Keys"),
    h("dl", { className: "keys" }, KEYS.map(([keys, does]) => [
      h("dt", {}, keys.map((it) => [h("kbd", {}, it), " "])), h("dd", {}, does)])),
    button("Close", () => dialog.close()));
  dialog.showModal();
}

/** Ask for the token until there is one. `isWrong` says that one was given and is not it. */
export function askForToken(isWrong) {
  const dialog = at("token");
  const field = h("input", { type: "password", autocomplete: "off", required: true, "aria-label": "Token" });
  return new Promise((resolve) => {
    const form = h("form", { method: "dialog" }, field, h("button", { className: "main" }, "Watch"));
    fill(dialog, h("h2", { id: "token-title" }, "This server wants its token"),
      h("p", {}, "It is what ", h("code", {}, "mockllm serve"), " was given as ", h("code", {}, "--control-token"), ". It stays in this tab."),
      isWrong ? h("p", { className: "error", role: "alert" }, "That was not it.") : null, form);
    // Nothing can be shown without it, so a dialog that is left comes again.
    dialog.onclose = () => (field.value ? resolve(field.value) : dialog.showModal());
    dialog.showModal();
    field.focus();
  });
}
