// The official npm client: Chat Completions with its runner of tools, Responses with the loop that its users write.

import OpenAI from "openai";
import { zodFunction, zodResponseFormat, zodResponsesFunction, zodTextFormat } from "openai/helpers/zod";

import {
  CAPITAL,
  City,
  drive,
  KEY,
  MODEL,
  ONE_CITY,
  Person,
  TWO_CITIES,
  WEATHER,
  weatherIn,
  WHO,
} from "./exercises.mjs";

const client = (url) => new OpenAI({ baseURL: url, apiKey: KEY });
const said = (content) => [{ role: "user", content }];

// Chat Completions

const complete = (url) => client(url).chat.completions.create({ model: MODEL, messages: said(CAPITAL) });

async function chatText(url, seen) {
  const completion = await complete(url);
  seen.text = completion.choices[0].message.content;
}

async function chatStream(url, seen) {
  const chunks = await client(url).chat.completions.create({ model: MODEL, messages: said(CAPITAL), stream: true });
  for await (const { choices } of chunks) {
    const piece = choices[0]?.delta.content;
    if (piece) seen.pieces.push(piece);
  }
  seen.text = seen.pieces.join("");
}

const chatTools = (question) => async (url, seen) => {
  const weather = zodFunction({ ...WEATHER, parameters: City, function: weatherIn });
  const runner = client(url).chat.completions.runTools({ model: MODEL, messages: said(question), tools: [weather] });
  runner.on("functionToolCall", ({ name, arguments: given }) =>
    seen.tool_calls.push({ name, arguments: JSON.parse(given) }),
  );
  seen.final = await runner.finalContent();
};

async function chatStructured(url, seen) {
  const asked = { model: MODEL, messages: said(WHO), response_format: zodResponseFormat(Person, "Person") };
  const completion = await client(url).chat.completions.parse(asked);
  seen.object = completion.choices[0].message.parsed;
}

async function chatUsage(url, seen) {
  const { usage } = await complete(url);
  seen.usage = { input: usage.prompt_tokens, output: usage.completion_tokens };
}

// Responses

const respond = (url) => client(url).responses.create({ model: MODEL, input: CAPITAL });

async function responsesText(url, seen) {
  const response = await respond(url);
  seen.text = response.output_text;
}

async function responsesStream(url, seen) {
  const stream = client(url).responses.stream({ model: MODEL, input: CAPITAL });
  stream.on("response.output_text.delta", ({ delta }) => seen.pieces.push(delta));
  const response = await stream.finalResponse();
  seen.text = response.output_text;
}

const responsesTools = (question) => async (url, seen) => {
  const tools = [zodResponsesFunction({ ...WEATHER, parameters: City })];
  const input = said(question);
  for (;;) {
    const response = await client(url).responses.parse({ model: MODEL, input, tools });
    const calls = response.output.filter(({ type }) => type === "function_call");
    if (!calls.length) {
      seen.final = response.output_text;
      return;
    }
    input.push(...response.output);
    for (const { name, call_id, parsed_arguments: given } of calls) {
      seen.tool_calls.push({ name, arguments: given });
      input.push({ type: "function_call_output", call_id, output: weatherIn(given) });
    }
  }
};

async function responsesStructured(url, seen) {
  const asked = { model: MODEL, input: WHO, text: { format: zodTextFormat(Person, "Person") } };
  const response = await client(url).responses.parse(asked);
  seen.object = response.output_parsed;
}

async function responsesUsage(url, seen) {
  const { usage } = await respond(url);
  seen.usage = { input: usage.input_tokens, output: usage.output_tokens };
}

await drive({
  chat: {
    text: chatText,
    stream: chatStream,
    tool_round_trip: chatTools(ONE_CITY),
    parallel_tools: chatTools(TWO_CITIES),
    structured: chatStructured,
    usage: chatUsage,
    retryable_error: chatText,
    fatal_error: chatText,
  },
  responses: {
    text: responsesText,
    stream: responsesStream,
    tool_round_trip: responsesTools(ONE_CITY),
    parallel_tools: responsesTools(TWO_CITIES),
    structured: responsesStructured,
    usage: responsesUsage,
    retryable_error: responsesText,
    fatal_error: responsesText,
  },
});
