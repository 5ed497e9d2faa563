// The control API from Node, with nothing but fetch: a run of its own, a gate, an event, the record, the strict checks.
import assert from "node:assert/strict";

const url = process.env.MOCKLLM_URL;
const token = process.env.MOCKLLM_CONTROL_TOKEN;
const run = `node-${process.pid}`;
const namespace = `/namespaces/@${run}`;

async function control(method, path, body, type = "application/json") {
  const headers = { authorization: `Bearer ${token}` };
  if (body !== undefined) headers["content-type"] = type;
  const text = body === undefined || type !== "application/json" ? body : JSON.stringify(body);
  const response = await fetch(`${url}/_mockllm${path}`, { method, headers, body: text });
  return { status: response.status, type: response.headers.get("content-type"), told: await response.json() };
}

function ask(content) {
  return fetch(`${url}/@${run}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content }] }),
  });
}

const strange = await fetch(`${url}/_mockllm/journal`);
assert.equal(strange.status, 401);
assert.equal(strange.headers.get("content-type"), "application/problem+json");

const script = `
rules:
  - replies:
      - {text: first, faults: [{gate: {name: tool, at: start}}]}
      - second
`;
const bound = await control("PUT", `${namespace}/scenario`, script, "application/yaml");
assert.deepEqual([bound.status, bound.told.name, bound.told.bound], [200, `default@${run}`, true]);

const wrong = await control("PUT", `${namespace}/scenario`, { rules: [{ replis: [] }] });
assert.equal(wrong.status, 422);
assert.match(wrong.told.errors.join("\n"), /did you mean 'replies'/);

const first = ask("one");
const reached = await control("POST", "/events/wait", { event: "gate", namespace: `@${run}`, timeout_s: 20 });
assert.equal(reached.told.happened, true);
const opened = await control("POST", `${namespace}/gates/tool/open`);
assert.equal(opened.told.open, true);
assert.equal((await (await first).json()).choices[0].message.content, "first");

const idle = await control("POST", "/journal/wait-idle", { namespace: `@${run}`, timeout_s: 20 });
assert.deepEqual(idle.told, { idle: true, open: [] });
const record = await control("GET", `/journal?namespace=@${run}`);
assert.deepEqual(record.told.exchanges.map((it) => it.outcome.ending), ["complete"]);

const { told } = await control("GET", `${namespace}/problems`);
assert.equal(told.problems.length, 1);
assert.match(told.problems[0], /^leftover: of the 2 replies/);

const dropped = await control("DELETE", namespace);
assert.equal(dropped.told.dropped, true);
console.log("all as expected");
