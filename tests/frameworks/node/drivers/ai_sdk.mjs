// The AI SDK over whichever provider: `exercises(model)` gives the exercises of one kind of model. The providers are in
// ai_sdk_*.mjs.

import { generateText, isStepCount, Output, streamText, tool } from "ai";

import { CAPITAL, City, ONE_CITY, Person, TWO_CITIES, WEATHER, weatherIn, WHO } from "./exercises.mjs";

// Warnings are about what a provider cannot do; they go to stderr and are of no interest here.
globalThis.AI_SDK_LOG_WARNINGS = false;

const MOST_STEPS = 5;

export function exercises(model) {
  async function text(url, seen) {
    const result = await generateText({ model: model(url), prompt: CAPITAL });
    seen.text = result.text;
  }

  async function stream(url, seen) {
    const result = streamText({ model: model(url), prompt: CAPITAL });
    for await (const piece of result.textStream) seen.pieces.push(piece);
    seen.text = await result.text;
  }

  const tools = (prompt) => async (url, seen) => {
    const { name, description } = WEATHER;
    const weather = tool({ description, inputSchema: City, execute: weatherIn });
    const stopWhen = isStepCount(MOST_STEPS);
    const result = await generateText({ model: model(url), prompt, tools: { [name]: weather }, stopWhen });
    const calls = result.steps.flatMap((step) => step.toolCalls);
    seen.tool_calls = calls.map(({ toolName, input }) => ({ name: toolName, arguments: input }));
    seen.final = result.text;
  };

  async function structured(url, seen) {
    const output = Output.object({ schema: Person, name: "Person" });
    const result = await generateText({ model: model(url), prompt: WHO, output });
    seen.object = result.output;
  }

  async function usage(url, seen) {
    const result = await generateText({ model: model(url), prompt: CAPITAL });
    seen.usage = { input: result.usage.inputTokens, output: result.usage.outputTokens };
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
