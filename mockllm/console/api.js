// Calls of the control API. Here: the token, one function for every call, and refusals as errors. Not here: the feed
// (feed.js) and asking for the token (dialogs.js).

const BASE = new URL("./", location.href);
const KEPT = "mockllm-token";

let askForToken = async () => "";
let asking = null;

/** A refusal: its status, its code and what it says. */
export class Refusal extends Error {
  constructor(status, problem) {
    super([problem.detail || `status ${status}`, ...(problem.errors || [])].join("\n"));
    this.status = status;
    this.code = problem.code;
  }
}

/** Who is asked for the token when one is needed. */
export function tokenFrom(ask) {
  askForToken = ask;
}

/** The answer to a call, as JSON. A value is sent as JSON, a text as YAML. Throws a Refusal. */
export async function call(method, path, body) {
  const isText = typeof body === "string";
  const options = body === undefined ? {} : {
    body: isText ? body : JSON.stringify(body),
    headers: { "Content-Type": isText ? "application/yaml" : "application/json" },
  };
  return (await request(path, { method, ...options })).json();
}

/** The response to a request that was admitted. Asks for the token as often as it is wrong. Throws a Refusal. */
export async function request(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(KEPT);
    const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${binary(token)}` } : {}) };
    const response = await fetch(new URL(path, BASE), { cache: "no-store", ...options, headers });
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    if (response.status !== 401) throw new Refusal(response.status, problem);
    await newToken(token);
  }
}

/** A path of names, each of which may hold anything. */
export function path(...names) {
  return names.map((it) => encodeURIComponent(it).replaceAll("%40", "@")).join("/");
}

/** Ask once for all calls that wait for the token. */
async function newToken(wrong) {
  if (sessionStorage.getItem(KEPT) !== wrong) return;
  asking ??= askForToken(Boolean(wrong)).then((token) => {
    sessionStorage.setItem(KEPT, token);
    asking = null;
  });
  await asking;
}

/** A header's value is bytes, one a character. */
function binary(text) {
  return String.fromCharCode(...new TextEncoder().encode(text));
}
