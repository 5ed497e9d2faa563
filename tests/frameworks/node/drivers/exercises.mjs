// What all drivers of Node frameworks share: the questions, the tool, the value, and the way to report.
//
// Here: `drive`, which plays exercises and prints what came out; the contract is in ../../clients.py. An exercise is a
// function `play(url, seen)` that fills `seen`; what it throws is in the line too. Not here: any framework (the other
// files), the answers (../../exercises/) and what they are to come out as (../../expected.py).

import { subscribe } from "node:diagnostics_channel";

import { z } from "zod";

export const KEY = "sk-test";
export const MODEL = "gpt-4.1";

export const CAPITAL = "What is the capital of France?";
export const ONE_CITY = "How is the weather in Paris?";
export const TWO_CITIES = "How is the weather in Paris and in Rome?";
export const WHO = "Who wrote the first program?";

export const WEATHER = { name: "get_weather", description: "The weather in a city" };
export const City = z.object({ city: z.string() });
export const Person = z.object({ name: z.string(), age: z.int() });

export const weatherIn = ({ city }) => ({ Paris: "sunny", Rome: "rain" })[city];

const EXERCISES = [
  "text",
  "stream",
  "tool_round_trip",
  "parallel_tools",
  "structured",
  "usage",
  "retryable_error",
  "fatal_error",
];

// Frameworks send telemetry and fetch settings; whatever they connect to by `fetch` or by `node:http` is seen here.
const LOCAL = new Set(["127.0.0.1", "::1", "localhost"]);
const outside = new Set();
const note = (host) => LOCAL.has(host) || outside.add(host);
subscribe("undici:client:beforeConnect", ({ connectParams }) => note(connectParams.hostname));
subscribe("http.client.request.start", ({ request }) => note(request.host));

export async function drive(variants) {
  const [exercise, variant, pattern] = process.argv.slice(2);
  for (const name of exercise === "all" ? EXERCISES : [exercise]) {
    const line = await played(name, variants[variant][name], pattern.replaceAll("{exercise}", name));
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

async function played(exercise, play, url) {
  const seen = { exercise, pieces: [], tool_calls: [] };
  outside.clear();
  try {
    await play(url, seen);
  } catch (error) {
    console.error(error);
    seen.error = told(error);
  }
  return { ...seen, outside: [...outside].sort() };
}

function told(error) {
  return {
    type: error.constructor.name,
    message: error.message,
    status: statusOf(error),
  };
}

// The HTTP status that the user can get at: of the error, or of what caused it.
function statusOf(error) {
  const status = error.status ?? error.statusCode;
  if (typeof status === "number") return status;
  return error.cause instanceof Error ? statusOf(error.cause) : null;
}
