// The loop of every Node adapter of the survey: a job a line on stdin, what the client ended up with a line on stdout.
//
// The jobs and the answers are those of ../../../survey/adapters/lines.py. This must be imported before the client: the
// pauses and timeouts that a client makes with setTimeout are shortened here by the scale of the survey's time, and, if
// the package undici is installed beside the heavy clients, those of fetch itself (300 s without a byte).

import { createInterface } from "node:readline";

const SCALE = Number(process.env.SURVEY_SCALE ?? 1);
const MOST_MS = 2 ** 31 - 1; // what is longer fires at once, in Node as here

// What a client prints must not be taken for an answer.
for (const name of ["log", "info", "debug"]) console[name] = console.error;

const wait = globalThis.setTimeout;
const scaled = (delay) => (delay > MOST_MS ? delay : (delay ?? 0) / SCALE);
globalThis.setTimeout = Object.assign((run, delay, ...rest) => wait(run, scaled(delay), ...rest), wait);

try {
  const { Agent, setGlobalDispatcher } = await import("../../heavy/node_modules/undici/index.js");
  setGlobalDispatcher(new Agent()); // it counts its 300 s with the setTimeout above
} catch {
  // Without it a stall of 300 s is not played to its end; none of the sample is.
}

export class Cannot extends Error {}

// The text of a request that is nothing but one message of a user.
export function promptOf(body) {
  const messages = body.messages ?? [{ role: "user", content: body.input }];
  const [only] = messages;
  if (messages.length === 1 && only.role === "user" && typeof only.content === "string") return only.content;
  throw new Cannot("the survey gives this client prompts only, no conversations");
}

export function told(error, isOwn) {
  if (!(error instanceof Error)) return { class: typeof error, message: JSON.stringify(error), own: false };
  const cause = error.cause?.message && !error.message.includes(error.cause.message) ? `: ${error.cause.message}` : "";
  const name = error.constructor.name === "Error" ? error.name : error.constructor.name;
  return { class: name, message: `${error.message}${cause}`, own: isOwn(error) };
}

// `play(job)` gives a function that takes a body and notes what the client ends up with.
export async function serve(play, isOwn) {
  let failed;
  // An error that nobody can catch would end a user's process.
  const note = (error) => (failed ??= { ...told(error, () => false), message: `not to be caught: ${error?.message ?? error}` });
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    const ask = play(job);
    const seen = [];
    for (const body of job.requests) {
      let noted = {};
      failed = undefined;
      try {
        await ask(body, noted);
      } catch (error) {
        noted = error instanceof Cannot ? { cannot: error.message } : { error: told(error, isOwn) };
      }
      await new Promise((done) => setImmediate(done));
      if (failed && !noted.error) noted = { error: failed };
      seen.push(noted);
    }
    process.stdout.write(`${JSON.stringify(seen)}\n`);
  }
}
