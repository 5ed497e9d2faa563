// LangChain for JavaScript: `ChatOpenAI` (also over Responses) and `OpenAIEmbeddings`.

import { Cannot, promptOf, serve } from "../node/survey/lines.mjs";

const { ChatOpenAI, OpenAIEmbeddings } = await import("@langchain/openai");

const INCOMPLETE = { max_output_tokens: "length", content_filter: "content_filter" };

function finishOf(message) {
  const { finish_reason, status, incomplete_details } = message.response_metadata ?? {};
  if (finish_reason) return finish_reason;
  if (status === "incomplete") return INCOMPLETE[incomplete_details?.reason] ?? "unknown";
  if (status === "completed") return message.tool_calls?.length ? "tool_calls" : "stop";
  return "unknown";
}

function note(message, seen) {
  seen.text = message.text;
  seen.reasoning = message.additional_kwargs.reasoning_content;
  seen.refusal = message.additional_kwargs.refusal ?? "";
  seen.calls = (message.tool_calls ?? []).map(({ id, name, args }) => ({ id, name, arguments: args }));
  const [invalid] = message.invalid_tool_calls ?? [];
  if (invalid) seen.told = `invalid_tool_calls: ${invalid.args}`;
  if (message.response_metadata?.status === "failed") seen.told = "status failed";
  seen.finish = finishOf(message);
  const usage = message.usage_metadata;
  if (usage) seen.usage = { input: usage.input_tokens, output: usage.output_tokens };
}

const play = (job) => async (body, seen) => {
  const { api = "chat", model, stream, stream_options, tools, input, dimensions } = body;
  const common = {
    model,
    apiKey: job.key,
    configuration: { baseURL: job.base_url },
    timeout: job.timeout_s * 1000 * job.scale,
    maxRetries: 2,
  };
  if (api === "embeddings") {
    const embeddings = new OpenAIEmbeddings({ ...common, dimensions });
    seen.data = await embeddings.embedDocuments(Array.isArray(input) ? input : [input]);
    return;
  }
  if (!["chat", "responses"].includes(api)) throw new Cannot(`the client has no ${api}, or the survey does not play it`);
  const chat = new ChatOpenAI({ ...common, useResponsesApi: api === "responses", streamUsage: Boolean(stream_options?.include_usage) });
  const asked = tools ? chat.bindTools(tools) : chat;
  const prompt = promptOf(body);
  if (!stream) {
    note(await asked.invoke(prompt), seen);
    return;
  }
  let whole;
  for await (const chunk of await asked.stream(prompt)) whole = whole ? whole.concat(chunk) : chunk;
  note(whole, seen);
};

// It hands on the errors of the official client, and adds a code to some of its own.
function isOwn(error) {
  for (let kind = error.constructor; kind && kind !== Function.prototype; kind = Object.getPrototypeOf(kind)) {
    if (["OpenAIError", "LangChainError"].includes(kind.name)) return true;
  }
  return "lc_error_code" in error || ["TimeoutError", "BadRequestError"].includes(error.name);
}

await serve(play, isOwn);
