// Jobs for the Vercel AI SDK over Chat Completions, with either of its two providers.
//
// Every job has `provider` and `prompt`, and may have `tools` (names), `output` (true: an object of the schema
// below) and `retries`. Look next at runner.mjs for how jobs come in, and at ../test_node.py for what they are to
// give.

import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateObject, generateText, isStepCount, Output, streamText, tool } from "ai";
import { z } from "zod";

import { count, serve, told } from "./runner.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

const EVENT = z.object({ title: z.string(), day: z.string() });

const PROVIDERS = {
  openai: (job) => createOpenAI({ baseURL: job.base_url, apiKey: "sk-test" }).chat(job.model),
  "openai-compatible": (job) =>
    createOpenAICompatible({
      name: "mockllm",
      baseURL: job.base_url,
      apiKey: "sk-test",
      includeUsage: true,
      supportsStructuredOutputs: true,
    }).chatModel(job.model),
};

function offered(job) {
  if (!job.tools) return undefined;
  const weather = {
    description: "The weather in a city",
    inputSchema: z.object({ city: z.string() }),
    // Without `execute` a call is handed back; with it the SDK runs the tool and asks again.
    ...(job.result && { execute: async () => job.result }),
  };
  return Object.fromEntries(job.tools.map((name) => [name, tool(weather)]));
}

function asked(job) {
  return {
    model: PROVIDERS[job.provider](job),
    prompt: job.prompt,
    maxRetries: job.retries ?? 2,
    tools: offered(job),
    stopWhen: isStepCount(job.result ? 5 : 1),
    output: job.output ? Output.object({ schema: EVENT }) : undefined,
  };
}

const call = ({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, input });

async function generate(job, seen) {
  const result = await generateText(asked(job));
  seen.text = result.text;
  seen.reasoning = result.reasoningText;
  seen.calls = result.toolCalls.map(call);
  seen.finish = result.finishReason;
  seen.raw_finish = result.rawFinishReason;
  seen.usage = result.usage;
  if (job.output) seen.object = result.output;
}

async function object(job, seen) {
  const { model, prompt, maxRetries } = asked(job);
  const result = await generateObject({ model, prompt, maxRetries, schema: EVENT });
  seen.object = result.object;
  seen.finish = result.finishReason;
  seen.usage = result.usage;
}

async function stream(job, seen) {
  Object.assign(seen, { parts: {}, text: "", reasoning: "", calls: [], errors: [] });
  const result = streamText({ ...asked(job), onError: () => {} });
  const take = {
    "text-delta": (part) => (seen.text += part.text),
    "reasoning-delta": (part) => (seen.reasoning += part.text),
    "tool-call": (part) => seen.calls.push(call(part)),
    error: (part) => seen.errors.push(told(part.error)),
    finish: (part) => Object.assign(seen, { finish: part.finishReason, usage: part.totalUsage }),
    "finish-step": (part) => (seen.raw_finish = part.rawFinishReason),
  };
  for await (const part of result.fullStream) {
    count(seen.parts, part.type);
    take[part.type]?.(part);
  }
  if (job.output) seen.object = await result.output;
}

await serve({ generate, object, stream });
