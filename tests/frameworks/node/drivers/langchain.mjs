// LangChain for JavaScript: `ChatOpenAI`, over Chat Completions and over Responses.

import { HumanMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { ChatOpenAI } from "@langchain/openai";

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

function exercises(useResponsesApi) {
  const model = (url) =>
    new ChatOpenAI({ model: MODEL, apiKey: KEY, configuration: { baseURL: url }, useResponsesApi });

  async function text(url, seen) {
    const message = await model(url).invoke(CAPITAL);
    seen.text = message.text;
  }

  async function stream(url, seen) {
    for await (const chunk of await model(url).stream(CAPITAL)) if (chunk.text) seen.pieces.push(chunk.text);
    seen.text = seen.pieces.join("");
  }

  const tools = (question) => async (url, seen) => {
    const weather = tool(weatherIn, { ...WEATHER, schema: City });
    const bound = model(url).bindTools([weather]);
    const messages = [new HumanMessage(question)];
    for (;;) {
      const answer = await bound.invoke(messages);
      if (!answer.tool_calls.length) {
        seen.final = answer.text;
        return;
      }
      messages.push(answer);
      for (const call of answer.tool_calls) {
        seen.tool_calls.push({ name: call.name, arguments: call.args });
        messages.push(await weather.invoke(call));
      }
    }
  };

  async function structured(url, seen) {
    seen.object = await model(url).withStructuredOutput(Person, { name: "Person" }).invoke(WHO);
  }

  async function usage(url, seen) {
    const message = await model(url).invoke(CAPITAL);
    seen.usage = { input: message.usage_metadata.input_tokens, output: message.usage_metadata.output_tokens };
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
