// Jobs for the official npm client on what is kept on the server: files, batches, vector stores, threads, conversations.
//
// Every job has `client`, the name of the package: the client in two versions. Each operation is one story of several
// calls. Look next at runner.mjs for how jobs come in, and at ../test_node_resources.py for what they are to give.

import { serve } from "./runner.mjs";

const CLIENTS = { openai: await import("openai"), "openai-7": await import("openai-7") };

const TOOL = { type: "function", function: { name: "get_weather", parameters: { type: "object", properties: {} } } };
const QUICK = { pollIntervalMs: 1 };
const CHAT = "/v1/chat/completions";

const client = (job) => new CLIENTS[job.client].OpenAI({ baseURL: job.base_url, apiKey: "sk-test", maxRetries: 0 });
const file = (job, data, name = "a.txt") => CLIENTS[job.client].toFile(data, name);

async function upload(job, data, name, purpose = "user_data") {
  return client(job).files.create({ file: await file(job, data, name), purpose });
}

async function all(page) {
  const items = [];
  for await (const item of page) items.push(item);
  return items;
}

const ids = async (page) => (await all(page)).map(({ id }) => id);
const hex = async (response) => Buffer.from(await response.arrayBuffer()).toString("hex");

async function files(job, seen) {
  const { files } = client(job);
  const kept = await upload(job, Buffer.from(job.data, "hex"));
  seen.kept = kept;
  seen.content = await hex(await files.content(kept.id));
  seen.retrieved = await files.retrieve(kept.id);
  seen.waited = await files.waitForProcessing(kept.id, { pollInterval: 1 });
  seen.deleted = await files.delete(kept.id);
  await files.retrieve(kept.id);
}

async function pages(job, seen) {
  const { files } = client(job);
  seen.ids = [];
  for (let count = 0; count < 5; count++) seen.ids.push((await upload(job, "same")).id);
  seen.newest = await ids(files.list({ limit: 2 }));
  seen.oldest = await ids(files.list({ limit: 2, order: "asc" }));
}

async function uploads(job, seen) {
  const { uploads } = client(job);
  const asked = { bytes: 10, filename: "big.jsonl", mime_type: "application/jsonl", purpose: "batch" };
  const { id } = await uploads.create(asked);
  const parts = [];
  for (const data of ["0123", "4567", "89"]) {
    parts.push(await uploads.parts.create(id, { data: await file(job, data) }));
  }
  const done = await uploads.complete(id, { part_ids: parts.map((part) => part.id) });
  seen.status = done.status;
  seen.content = await (await client(job).files.content(done.file.id)).text();
  const other = await uploads.create(asked);
  seen.cancelled = (await uploads.cancel(other.id)).status;
}

const line = (custom_id, content) =>
  JSON.stringify({
    custom_id,
    method: "POST",
    url: CHAT,
    body: { model: "gpt-4o", messages: [{ role: "user", content }] },
  });

const lines = async (job, id) => {
  const text = await (await client(job).files.content(id)).text();
  return text.trim().split("\n").map(JSON.parse);
};

async function batch(job, seen) {
  const { batches } = client(job);
  const data = [line("one", "Hi"), line("two", "boom"), line("three", "Ho")].join("\n");
  const input = await upload(job, data, "in.jsonl", "batch");
  let made = await batches.create({ input_file_id: input.id, endpoint: CHAT, completion_window: "24h" });
  seen.states = [made.status];
  while (!["completed", "failed"].includes(made.status)) {
    made = await batches.retrieve(made.id);
    seen.states.push(made.status);
  }
  seen.counts = made.request_counts;
  seen.answers = await lines(job, made.output_file_id);
  seen.errors = await lines(job, made.error_file_id);
  seen.listed = (await ids(batches.list())).includes(made.id);
}

async function batchCancelled(job, seen) {
  const { batches } = client(job);
  const input = await upload(job, line("one", "Hi"), "in.jsonl", "batch");
  const made = await batches.create({ input_file_id: input.id, endpoint: CHAT, completion_window: "24h" });
  seen.cancelled = (await batches.cancel(made.id)).status;
  seen.then = (await batches.retrieve(made.id)).status;
  await batches.cancel(made.id);
}

async function vectorStore(job, seen) {
  const { vectorStores } = client(job);
  const store = await vectorStores.create({ name: "Facts" });
  const cats = await vectorStores.files.uploadAndPoll(store.id, await file(job, "Cats purr.", "cats.txt"), QUICK);
  const tax = await upload(job, "Taxes are due in April.", "tax.txt");
  const added = await vectorStores.fileBatches.createAndPoll(store.id, { file_ids: [tax.id] }, QUICK);
  seen.states = [cats.status, added.status];
  seen.found = await all(vectorStores.search(store.id, { query: "When are taxes due?" }));
  seen.counts = (await vectorStores.retrieve(store.id)).file_counts;
  seen.attached = await ids(vectorStores.files.list(store.id));
  seen.expected = [tax.id, cats.id];
  seen.text = await all(vectorStores.files.content(tax.id, { vector_store_id: store.id }));
  await vectorStores.files.delete(cats.id, { vector_store_id: store.id });
  seen.left = await ids(vectorStores.files.list(store.id));
  seen.renamed = (await vectorStores.update(store.id, { name: "More" })).name;
  seen.deleted = await vectorStores.delete(store.id);
  await vectorStores.retrieve(store.id);
}

async function assistant(job, seen) {
  const { assistants, threads } = client(job).beta;
  const { id: assistant_id } = await assistants.create({ model: "gpt-4o", instructions: "Be brief.", tools: [TOOL] });
  const thread = await threads.create({ messages: [{ role: "user", content: "Hi" }] });
  const run = await threads.runs.createAndPoll(thread.id, { assistant_id }, QUICK);
  seen.run = run;
  const messages = await all(threads.messages.list(thread.id, { order: "asc" }));
  seen.said = messages.map(({ role, content }) => [role, content[0].text.value]);
  seen.listed = (await ids(assistants.list())).includes(assistant_id);
  seen.deleted = [await threads.delete(thread.id), await assistants.delete(assistant_id)];
  await assistants.retrieve(assistant_id);
}

async function run(job, seen) {
  const { assistants, threads } = client(job).beta;
  const { id: assistant_id } = await assistants.create({ model: "gpt-4o", tools: [TOOL] });
  const thread = await threads.create({ messages: [{ role: "user", content: "tool" }] });
  const first = threads.runs.stream(thread.id, { assistant_id });
  const waiting = await first.finalRun();
  seen.status = waiting.status;
  const [call] = waiting.required_action.submit_tool_outputs.tool_calls;
  seen.call = call.function;
  const second = threads.runs.submitToolOutputsStream(waiting.id, {
    thread_id: thread.id,
    tool_outputs: [{ tool_call_id: call.id, output: "Sunny" }],
  });
  seen.pieces = [];
  second.on("textDelta", ({ value }) => seen.pieces.push(value));
  const [message] = await second.finalMessages();
  seen.text = message.content[0].text.value;
  const steps = await all(threads.runs.steps.list(waiting.id, { thread_id: thread.id, order: "asc" }));
  seen.steps = steps.map(({ type }) => type);
}

async function conversation(job, seen) {
  const { conversations } = client(job);
  const { id } = await conversations.create({ metadata: { topic: "x" }, items: [{ role: "user", content: "One" }] });
  const { data } = await conversations.items.create(id, {
    items: [
      { role: "user", content: "Two" },
      { role: "user", content: "Three" },
    ],
  });
  const texts = (items) => items.map(({ content }) => content[0].text);
  seen.added = texts(data);
  seen.listed = texts(await all(conversations.items.list(id, { limit: 1, order: "asc" })));
  seen.retrieved = texts([await conversations.items.retrieve(data[0].id, { conversation_id: id })]);
  await conversations.items.delete(data[0].id, { conversation_id: id });
  seen.left = texts(await all(conversations.items.list(id, { order: "asc" })));
  seen.updated = (await conversations.update(id, { metadata: { topic: "y" } })).metadata;
  seen.kept = (await conversations.retrieve(id)).metadata;
  seen.deleted = await conversations.delete(id);
  await conversations.retrieve(id);
}

await serve({
  files,
  pages,
  uploads,
  batch,
  batchCancelled,
  vectorStore,
  assistant,
  run,
  conversation,
});
