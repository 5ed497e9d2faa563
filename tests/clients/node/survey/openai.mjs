// The official npm client: `raw` as its README shows it, `stream` with its `.stream()` helpers.
//
// In `raw` the deltas are put together by the loop of OpenAI's documentation: text by adding, tool calls by their index.

import { Cannot, serve } from "./lines.mjs";

const { default: OpenAI, OpenAIError } = await import("openai");

const INCOMPLETE = { max_output_tokens: "length", content_filter: "content_filter" };

function usageOf(usage) {
  if (!usage) return undefined;
  const reasoning = (usage.completion_tokens_details ?? usage.output_tokens_details)?.reasoning_tokens;
  const cached = (usage.prompt_tokens_details ?? usage.input_tokens_details)?.cached_tokens;
  return {
    input: usage.prompt_tokens ?? usage.input_tokens,
    output: usage.completion_tokens ?? usage.output_tokens,
    reasoning,
    cached,
  };
}

const callOf = (call) => ({ id: call.id, name: call.function?.name, arguments: call.function?.arguments });

function noteCompletion(completion, seen) {
  const [{ message, finish_reason }] = completion.choices;
  seen.finish = finish_reason || "unknown";
  seen.text = message.content ?? "";
  seen.refusal = message.refusal ?? "";
  seen.calls = (message.tool_calls ?? []).map(callOf);
  seen.usage = usageOf(completion.usage);
}

async function readChunks(stream, body, seen) {
  Object.assign(seen, { text: "", refusal: "", calls: [], finish: "unknown" });
  const calls = new Map();
  for await (const chunk of stream) {
    seen.usage = usageOf(chunk.usage) ?? seen.usage;
    // Who asks for several knows that they come in any order.
    const choice = body.n > 1 ? chunk.choices?.find(({ index }) => !index) : chunk.choices?.[0];
    if (!choice) continue;
    seen.finish = choice.finish_reason || seen.finish;
    seen.text += choice.delta.content ?? "";
    seen.refusal += choice.delta.refusal ?? "";
    for (const call of choice.delta.tool_calls ?? []) {
      const whole = calls.get(call.index);
      if (whole) whole.function.arguments = (whole.function.arguments ?? "") + (call.function?.arguments ?? "");
      else calls.set(call.index, call);
    }
  }
  seen.calls = [...calls.values()].map(callOf);
}

function noteEnd(response, seen) {
  seen.usage = usageOf(response.usage);
  if (response.status === "failed") seen.told = `status failed: ${response.error?.message}`;
  else if (response.status === "incomplete") {
    const reason = response.incomplete_details?.reason;
    seen.finish = INCOMPLETE[reason] ?? reason ?? "unknown";
  } else if (response.status === "completed") seen.finish = seen.calls.length ? "tool_calls" : "stop";
}

function noteResponse(response, seen) {
  seen.text = response.output_text;
  const of = (type) => response.output.filter((item) => item.type === type);
  seen.reasoning = of("reasoning").flatMap((item) => item.summary.map((part) => part.text)).join("") || undefined;
  seen.calls = of("function_call").map((item) => ({ id: item.call_id, name: item.name, arguments: item.arguments }));
  const parts = of("message").flatMap((item) => item.content);
  seen.refusal = parts.map((part) => part.refusal ?? "").join("");
  noteEnd(response, seen);
}

async function readEvents(stream, seen) {
  Object.assign(seen, { text: "", refusal: "", calls: [], finish: "unknown" });
  const take = {
    "response.output_text.delta": ({ delta }) => (seen.text += delta),
    "response.refusal.delta": ({ delta }) => (seen.refusal += delta),
    "response.reasoning_summary_text.delta": ({ delta }) => (seen.reasoning = (seen.reasoning ?? "") + delta),
    "response.output_item.done": ({ item }) =>
      item.type === "function_call" &&
      seen.calls.push({ id: item.call_id, name: item.name, arguments: item.arguments }),
    "response.completed": ({ response }) => noteEnd(response, seen),
    "response.incomplete": ({ response }) => noteEnd(response, seen),
    "response.failed": ({ response }) => noteEnd(response, seen),
  };
  for await (const event of stream) take[event.type]?.(event);
}

async function embed(client, body, seen) {
  const { data } = await client.embeddings.create(body);
  seen.data = data.map((entry) => entry.embedding);
}

async function complete(client, body, seen) {
  const answer = await client.completions.create(body);
  Object.assign(seen, { text: "", finish: "unknown" });
  for await (const part of body.stream ? answer : [answer]) {
    const [choice] = part.choices;
    seen.text += choice.text;
    seen.finish = choice.finish_reason || seen.finish;
    seen.usage = usageOf(part.usage) ?? seen.usage;
  }
}

const raw = (client) => async ({ api = "chat", ...body }, seen) => {
  if (api === "chat") {
    const answer = await client.chat.completions.create(body);
    if (body.stream) await readChunks(answer, body, seen);
    else noteCompletion(answer, seen);
  } else if (api === "responses") {
    const answer = await client.responses.create(body);
    if (body.stream) await readEvents(answer, seen);
    else noteResponse(answer, seen);
  } else if (api === "completions") await complete(client, body, seen);
  else if (api === "embeddings") await embed(client, body, seen);
  else if (api === "models") {
    seen.data = [];
    for await (const model of client.models.list()) seen.data.push(model.id);
  } else throw new Cannot(`the survey does not play ${api}`);
};

const helper = (client) => async ({ api = "chat", stream, ...body }, seen) => {
  if (!stream || !["chat", "responses"].includes(api)) throw new Cannot("nothing to stream; the raw client plays it");
  if (api === "chat") noteCompletion(await client.chat.completions.stream(body).finalChatCompletion(), seen);
  else noteResponse(await client.responses.stream(body).finalResponse(), seen);
};

const MODES = { raw, stream: helper };

// The timeout is in the survey's time, because the client measures it with setTimeout.
const play = (job) =>
  MODES[process.argv[2]](
    new OpenAI({ baseURL: job.base_url, apiKey: job.key, timeout: job.timeout_s * 1000 * job.scale, maxRetries: 2 }),
  );

await serve(play, (error) => error instanceof OpenAIError);
