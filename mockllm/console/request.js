// The request of an exchange. Here: its headers, and its body as it came or set out.

import { button, fill, h } from "./dom.js";
import { counted, size, visible } from "./format.js";

const MOST_SHOWN = 200_000;
const TOKEN = /"(?:[^"\\]|\\.)*"(\s*:)?|\b(?:true|false|null)\b/g;

/** What is on the tab. */
export function requestPane({ record }) {
  const { method, path, query, headers, body, encoding } = record.request;
  return [
    h("section", {}, h("h3", {}, "Request line"), h("div", { className: "block mono" }, `${method} ${path}${query ? `?${query}` : ""}`)),
    h("section", {}, h("h3", {}, counted(headers.length, "header")), pairs(headers)),
    bodySection(body, encoding, "Body"),
  ];
}

/** Headers, one a line. */
export function pairs(headers) {
  return h("dl", { className: "pairs mono" }, headers.map(([name, value]) => [h("dt", {}, name), h("dd", {}, marked(value, "utf-8"))]));
}

/** A body, set out if it is JSON, with a button for how it came. */
export function bodySection(body, encoding, title) {
  const place = h("div", {});
  const nice = encoding === "utf-8" ? pretty(body) : null;
  const length = encoding === "utf-8" ? new TextEncoder().encode(body).length : atob(body).length;
  let isNice = nice !== null;
  const change = button("", () => { isNice = !isNice; draw(); }, { className: "plain" });
  function draw() {
    change.textContent = isNice ? "Show as it came" : "Set out";
    fill(place, h("pre", { className: "block json" }, isNice ? coloured(cut(nice)) : marked(cut(body), encoding)));
  }
  if (!body) return h("section", {}, h("h3", {}, title), h("p", { className: "quiet" }, "There is none."));
  draw();
  return h("section", {}, h("div", { className: "row-of" }, h("h3", {}, `${title}, ${size(length)}`), nice === null ? null : change), place);
}

/** Text in which what cannot be seen is marked. */
export function marked(text, encoding) {
  return visible(text, encoding).map(([part, isMark]) => (isMark ? h("span", { className: "mark" }, part) : part));
}

function pretty(text) {
  try {
    const value = JSON.parse(text);
    // A number that JavaScript cannot hold must not be shown as another one.
    return /\d{16}/.test(text) ? null : JSON.stringify(value, null, 2);
  } catch {
    return null;
  }
}

function coloured(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(TOKEN)) {
    parts.push(text.slice(from, found.index));
    const kind = found[1] !== undefined ? "key" : found[0].startsWith('"') ? "string" : "word";
    parts.push(h("span", { className: kind }, found[0]));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}

function cut(text) {
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}\n… ${text.length - MOST_SHOWN} characters more` : text;
}
