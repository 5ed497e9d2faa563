// What to do first. Here: a request to try, with the URL of this very server.

import { button, copy, h } from "./dom.js";

const HOME = { base: location.origin };

/** The server's own URL is this. Where the page is on the same port, its address here is the one that is known to work. */
export function serverAt(url) {
  HOME.base = new URL(url).port === location.port ? location.origin : url;
}

/** Where clients reach the server, such as http://127.0.0.1:8080/@run/v1. */
export function baseUrl(run = "") {
  return `${HOME.base}${run ? `/${run}` : ""}/v1`;
}

/** A command that sends a first request there. */
export function firstRequest(run = "") {
  const body = '{"model": "gpt-5.1", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}';
  return `curl -N ${baseUrl(run)}/chat/completions \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
}

/** A command in a box, with a button that copies it. */
export function command(text) {
  return h("div", { className: "command" }, h("pre", {}, text), button("Copy", () => copy(text)));
}

/** What an empty list says. */
export function welcome() {
  return [
    h("h2", {}, "No request yet"),
    h("p", {}, "Point a client at ", h("code", {}, baseUrl()),
      " with any key, or send one from a terminal. It appears here while it is being answered."),
    command(firstRequest()),
  ];
}
