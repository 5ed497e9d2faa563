// The loop of both runners: a job a line on stdin, its result a line on stdout, in the same order.
//
// Here: reading jobs, and writing what a client threw as plain JSON. Not here: any client (openai.mjs, ai-sdk.mjs).
// A job is {"operation": NAME, "base_url": URL, ...}; what else it holds is the operation's business. An operation
// fills `seen` as it goes, so that what a client had before it failed is in the result too.

import { createInterface } from "node:readline";

export async function serve(operations) {
  for await (const line of createInterface({ input: process.stdin })) {
    const job = JSON.parse(line);
    const seen = {};
    try {
      await operations[job.operation](job, seen);
    } catch (error) {
      seen.error = told(error);
    }
    process.stdout.write(`${JSON.stringify(seen)}\n`);
  }
}

export function told(error) {
  if (!(error instanceof Error)) return { class: typeof error, message: JSON.stringify(error) };
  return {
    class: error.constructor.name,
    name: error.name,
    message: error.message,
    status: error.status ?? error.statusCode,
    code: error.code,
    type: error.type,
    param: error.param,
    request_id: error.requestID,
    retryable: error.isRetryable,
    reason: error.reason,
    data: error.data,
    last: error.lastError && told(error.lastError),
    tries: error.errors?.length,
  };
}

export function count(counts, key) {
  counts[key] = (counts[key] ?? 0) + 1;
}
