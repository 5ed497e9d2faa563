// Jobs for two Node clients on the Responses API: the official npm client, and the Vercel AI SDK by its own provider.
//
// Every job has `body`, the request as the npm client's user writes it, or `prompt` for the AI SDK. `client` names the
// package of the npm client, of which there are two versions. Look next at runner.mjs for how jobs come in, and at
// ../test_node_responses.py for what they are to give.

import { createOpenAI } from "@ai-sdk/openai";
import { generateText, streamText, tool } from "ai";
import { OpenAI } from "openai";
import { OpenAI as OpenAI7 } from "openai-7";
import { z } from "zod";

import { count, serve, told } from "./runner.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

const CLIENTS = { openai: OpenAI, "openai-7": OpenAI7 };

const client = (job) => new CLIENTS[job.client]({ baseURL: job.base_url, apiKey: "sk-test", maxRetries: 0 });

async function create(job, seen) {
  seen.response = await client(job).responses.create(job.body);
}

async function stream(job, seen) {
  seen.events = [];
  for await (const event of await client(job).responses.create({ ...job.body, stream: true })) seen.events.push(event);
}

async function helper(job, seen) {
  seen.events = {};
  const runner = client(job).responses.stream(job.body);
  runner.on("event", (event) => count(seen.events, event.type));
  seen.response = await runner.finalResponse();
}

// A response of the background, its events once more after a number, and its end by polling.
async function background(job, seen) {
  const { responses } = client(job);
  const events = [];
  for await (const event of await responses.create({ ...job.body, background: true, stream: true })) events.push(event);
  const id = events[0].response.id;
  seen.all = events;
  seen.rest = [];
  const again = await responses.retrieve(id, { stream: true, starting_after: job.after });
  for await (const event of again) seen.rest.push(event);
  seen.response = await responses.retrieve(id);
  seen.items = [];
  for await (const item of responses.inputItems.list(id)) seen.items.push(item);
  await responses.cancel(id);
  seen.deleted = await responses.delete(id);
  await responses.retrieve(id);
}

async function conversation(job, seen) {
  const { conversations, responses } = client(job);
  const made = await conversations.create({ items: [{ role: "user", content: "Remember me." }] });
  seen.response = await responses.create({ ...job.body, conversation: made.id });
  seen.items = [];
  for await (const item of conversations.items.list(made.id, { limit: 1, order: "asc" })) seen.items.push(item);
  seen.deleted = await conversations.delete(made.id);
}

const asked = (job) => ({
  model: createOpenAI({ baseURL: job.base_url, apiKey: "sk-test" }).responses(job.model),
  prompt: job.prompt,
  maxRetries: 0,
  tools: job.tools && { get_weather: tool({ inputSchema: z.object({ city: z.string() }) }) },
});

const call = ({ toolName, input, providerExecuted }) => ({ name: toolName, input, hosted: providerExecuted ?? false });

async function sdkGenerate(job, seen) {
  const result = await generateText(asked(job));
  Object.assign(seen, { text: result.text, reasoning: result.reasoningText, finish: result.finishReason });
  seen.calls = result.toolCalls.map(call);
  seen.usage = result.usage;
  seen.sources = result.sources.map((source) => source.url);
}

async function sdkStream(job, seen) {
  Object.assign(seen, { text: "", reasoning: "", calls: [], sources: [], errors: [], parts: {} });
  const result = streamText({ ...asked(job), onError: () => {} });
  const take = {
    "text-delta": (part) => (seen.text += part.text),
    "reasoning-delta": (part) => (seen.reasoning += part.text),
    "tool-call": (part) => seen.calls.push(call(part)),
    source: (part) => seen.sources.push(part.url),
    error: (part) => seen.errors.push(told(part.error)),
    finish: (part) => Object.assign(seen, { finish: part.finishReason, usage: part.totalUsage }),
  };
  for await (const part of result.fullStream) {
    count(seen.parts, part.type);
    take[part.type]?.(part);
  }
}

await serve({ create, stream, helper, background, conversation, sdkGenerate, sdkStream });
