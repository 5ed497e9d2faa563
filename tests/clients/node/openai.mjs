// Jobs for the official npm client.
//
// Every job has `body`, the request as the client's user writes it, and may have `options` for the client. Look next
// at runner.mjs for how jobs come in, and at ../test_node.py for what they are to give.

import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

import { count, serve } from "./runner.mjs";

const EVENT = zodResponseFormat(z.object({ title: z.string(), day: z.string() }), "event");

const HELPER_EVENTS = [
  "content",
  "content.done",
  "refusal.delta",
  "refusal.done",
  "tool_calls.function.arguments.delta",
  "tool_calls.function.arguments.done",
  "logprobs.content.done",
];

function client(job) {
  return new OpenAI({ baseURL: job.base_url, apiKey: "sk-test", ...job.options });
}

// A schema cannot travel as JSON with its parser, so a job asks for the one above by name.
function body(job) {
  return job.body.response_format === "event" ? { ...job.body, response_format: EVENT } : job.body;
}

async function create(job, seen) {
  const { data, request_id } = await client(job).chat.completions.create(body(job)).withResponse();
  seen.completion = data;
  seen.request_id = request_id;
}

async function stream(job, seen) {
  seen.chunks = [];
  const chunks = await client(job).chat.completions.create({ ...body(job), stream: true });
  for await (const chunk of chunks) seen.chunks.push(chunk);
}

async function helper(job, seen) {
  seen.events = {};
  const runner = client(job).chat.completions.stream(body(job));
  for (const name of HELPER_EVENTS) runner.on(name, () => count(seen.events, name));
  runner.on("content", (_delta, snapshot) => (seen.text = snapshot));
  seen.completion = await runner.finalChatCompletion();
}

async function parse(job, seen) {
  seen.completion = await client(job).chat.completions.parse(body(job));
}

async function tools(job, seen) {
  seen.arguments = [];
  const run = (given) => {
    seen.arguments.push(given);
    return job.result;
  };
  const offered = job.body.tools.map((tool) => ({
    type: "function",
    function: { ...tool.function, parse: JSON.parse, function: run },
  }));
  const runner = client(job).chat.completions.runTools({ ...body(job), tools: offered });
  seen.text = await runner.finalContent();
}

async function models(job, seen) {
  const { models } = client(job);
  seen.ids = [];
  for await (const model of models.list()) seen.ids.push(model.id);
  seen.model = await models.retrieve(job.model);
}

async function stored(job, seen) {
  const { completions } = client(job).chat;
  const kept = [];
  for (const content of job.contents) {
    kept.push(await completions.create({ ...job.body, store: true, messages: [{ role: "user", content }] }));
  }
  seen.kept = kept.map((completion) => completion.id);
  seen.listed = [];
  for await (const completion of completions.list({ limit: 1 })) seen.listed.push(completion.id);
  seen.updated = await completions.update(seen.kept[0], { metadata: { topic: "weather" } });
  seen.retrieved = await completions.retrieve(seen.kept[0]);
  seen.messages = [];
  for await (const message of completions.messages.list(seen.kept[0])) seen.messages.push(message.content);
  seen.deleted = await completions.delete(seen.kept[0]);
  await completions.retrieve(seen.kept[0]);
}

await serve({ create, stream, helper, parse, tools, models, stored });
