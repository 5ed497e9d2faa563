// OpenRouter's provider for the AI SDK, which takes a base URL and speaks Chat Completions by code of its own.
//
// It stands for the gateways. `@ai-sdk/gateway` cannot: it posts the SDK's own protocol to `/language-model`. Nor would
// `@ai-sdk/vercel` tell more, as it is `@ai-sdk/openai-compatible` under another name.

import { createOpenRouter } from "@openrouter/ai-sdk-provider";

import { exercises } from "./ai_sdk.mjs";
import { drive, KEY, MODEL } from "./exercises.mjs";

const provider = (url) => createOpenRouter({ baseURL: url, apiKey: KEY });

await drive({ chat: exercises((url) => provider(url).chat(MODEL)) });
