// The Vercel AI SDK: chat and embeddings with its provider for compatible servers, Responses with the one for OpenAI.

import { Cannot, promptOf, serve } from "./lines.mjs";

const { createOpenAI } = await import("@ai-sdk/openai");
const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
const { embedMany, generateText, jsonSchema, streamText, tool } = await import("ai");

globalThis.AI_SDK_LOG_WARNINGS = false;

const FINISH = { "tool-calls": "tool_calls", "content-filter": "content_filter" };

const callOf = ({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, arguments: input });

function usageOf(usage) {
  return usage && { input: usage.inputTokens, output: usage.outputTokens };
}

function modelOf(job, api, name, includeUsage) {
  const common = { baseURL: job.base_url, apiKey: job.key };
  if (api === "responses") return createOpenAI(common).responses(name);
  return createOpenAICompatible({ name: "mockllm", includeUsage, ...common }).chatModel(name);
}

function offered(tools) {
  if (!tools) return undefined;
  return Object.fromEntries(
    tools.map((entry) => {
      const { name, parameters } = entry.function ?? entry;
      return [name, tool({ description: name, inputSchema: jsonSchema(parameters) })];
    }),
  );
}

function noteCall(call, seen) {
  if (call.invalid) seen.told = `an invalid tool call: ${call.error?.message ?? JSON.stringify(call.input)}`;
  else seen.calls.push(callOf(call));
}

async function generate(asked, seen) {
  const result = await generateText(asked);
  Object.assign(seen, { text: result.text, reasoning: result.reasoningText ?? "", calls: [] });
  for (const call of result.toolCalls) noteCall(call, seen);
  seen.finish = FINISH[result.finishReason] ?? result.finishReason;
  seen.usage = usageOf(result.usage);
}

async function stream(asked, seen) {
  Object.assign(seen, { text: "", reasoning: "", calls: [], finish: "unknown" });
  const result = streamText({ ...asked, onError: () => {} });
  let failed;
  const take = {
    "text-delta": (part) => (seen.text += part.text),
    "reasoning-delta": (part) => (seen.reasoning += part.text),
    "tool-call": (part) => noteCall(part, seen),
    error: (part) => (failed ??= { error: part.error }),
    abort: () => (failed ??= { error: new DOMException("the stream was aborted", "TimeoutError") }),
    finish: (part) => {
      seen.finish = FINISH[part.finishReason] ?? part.finishReason;
      seen.usage = usageOf(part.totalUsage);
    },
  };
  for await (const part of result.fullStream) take[part.type]?.(part);
  // An error part is how this SDK tells of a failure in a stream, whatever value it carries.
  if (failed) seen.told = `error part: ${failed.error?.name ?? ""} ${failed.error?.message ?? JSON.stringify(failed.error)}`;
}

const play = (job) => async (body, seen) => {
  const { api = "chat", model, stream: streamed, stream_options, tools, input } = body;
  if (api === "embeddings") {
    const embedder = createOpenAICompatible({ name: "mockllm", baseURL: job.base_url, apiKey: job.key });
    const values = Array.isArray(input) ? input : [input];
    seen.data = (await embedMany({ model: embedder.textEmbeddingModel(model), values })).embeddings;
    return;
  }
  if (!["chat", "responses"].includes(api)) throw new Cannot(`the client has no ${api}, or the survey does not play it`);
  const asked = {
    model: modelOf(job, api, model, Boolean(stream_options?.include_usage)),
    prompt: promptOf(body),
    tools: offered(tools),
    maxRetries: 2,
    timeout: { chunkMs: job.timeout_s * 1000 * job.scale },
  };
  await (streamed ? stream : generate)(asked, seen);
};

const isOwn = (error) => error.name.startsWith("AI_") || error.name === "TimeoutError";

await serve(play, isOwn);
