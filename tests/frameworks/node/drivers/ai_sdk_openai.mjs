// The AI SDK's own provider for OpenAI, over Chat Completions and over Responses.

import { createOpenAI } from "@ai-sdk/openai";

import { exercises } from "./ai_sdk.mjs";
import { drive, KEY, MODEL } from "./exercises.mjs";

const provider = (url) => createOpenAI({ baseURL: url, apiKey: KEY });

await drive({
  chat: exercises((url) => provider(url).chat(MODEL)),
  responses: exercises((url) => provider(url).responses(MODEL)),
});
