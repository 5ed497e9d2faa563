// The AI SDK's provider for whatever is like OpenAI; it speaks Chat Completions only.

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";

import { exercises } from "./ai_sdk.mjs";
import { drive, KEY, MODEL } from "./exercises.mjs";

const provider = (url) =>
  createOpenAICompatible({ name: "mockllm", baseURL: url, apiKey: KEY, supportsStructuredOutputs: true });

await drive({ chat: exercises((url) => provider(url).chatModel(MODEL)) });
