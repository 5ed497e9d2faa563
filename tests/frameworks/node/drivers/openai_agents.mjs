// OpenAI's Agents SDK for JavaScript, whose runner plays a whole exercise by itself: over Responses, which is its usual
// way, and over Chat Completions.

import { Agent, OpenAIProvider, Runner, tool } from "@openai/agents";

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

function exercises(useResponses) {
  function run(url, question, { agent, ...options } = {}) {
    const modelProvider = new OpenAIProvider({ baseURL: url, apiKey: KEY, useResponses });
    const runner = new Runner({ modelProvider, tracingDisabled: true });
    return runner.run(new Agent({ name: "Helper", model: MODEL, ...agent }), question, options);
  }

  async function text(url, seen) {
    const result = await run(url, CAPITAL);
    seen.text = result.finalOutput;
  }

  async function stream(url, seen) {
    const result = await run(url, CAPITAL, { stream: true });
    for await (const piece of result.toTextStream()) seen.pieces.push(piece);
    await result.completed;
    seen.text = result.finalOutput;
  }

  const tools = (question) => async (url, seen) => {
    const weather = tool({ ...WEATHER, parameters: City, execute: weatherIn });
    const result = await run(url, question, { agent: { tools: [weather] } });
    const calls = result.newItems.filter(({ type }) => type === "tool_call_item");
    seen.tool_calls = calls.map(({ rawItem }) => ({ name: rawItem.name, arguments: JSON.parse(rawItem.arguments) }));
    seen.final = result.finalOutput;
  };

  async function structured(url, seen) {
    const result = await run(url, WHO, { agent: { outputType: Person } });
    seen.object = result.finalOutput;
  }

  async function usage(url, seen) {
    const { runContext } = await run(url, CAPITAL);
    seen.usage = { input: runContext.usage.inputTokens, output: runContext.usage.outputTokens };
  }

  return {
    text,
    stream,
    tool_round_trip: tools(ONE_CITY),
    parallel_tools: tools(TWO_CITIES),
    structured,
    usage,
    retryable_error: text,
    fatal_error: text,
  };
}

await drive({ chat: exercises(false), responses: exercises(true) });
