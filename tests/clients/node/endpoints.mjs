// Jobs for the official npm client on the smaller endpoints: images, sounds, embeddings, moderations, models, and the
// legacy completions.
//
// Every job has `client`, the name of the package: the client in two versions. What a job asks for is in `body`; files
// are given in hex. Look next at runner.mjs for how jobs come in, and at ../test_node_endpoints.py for what they are to
// give.

import { serve } from "./runner.mjs";

const CLIENTS = { openai: await import("openai"), "openai-7": await import("openai-7") };

const client = (job) => new CLIENTS[job.client].OpenAI({ baseURL: job.base_url, apiKey: "sk-test", maxRetries: 0 });

function file(job) {
  return CLIENTS[job.client].toFile(Buffer.from(job.file.hex, "hex"), job.file.name, { type: job.file.type });
}

async function all(source) {
  const items = [];
  for await (const item of source) items.push(item);
  return items;
}

const hex = async (response) => Buffer.from(await response.arrayBuffer()).toString("hex");

async function completion(job, seen) {
  seen.answer = await client(job).completions.create(job.body);
}

async function completionStream(job, seen) {
  seen.chunks = await all(await client(job).completions.create({ ...job.body, stream: true }));
}

async function embeddings(job, seen) {
  const { embeddings } = client(job);
  // Without a format the client asks for base64 and decodes it itself.
  seen.usual = await embeddings.create(job.body);
  seen.float = await embeddings.create({ ...job.body, encoding_format: "float" });
  seen.base64 = await embeddings.create({ ...job.body, encoding_format: "base64" });
}

async function embedding(job, seen) {
  seen.answer = await client(job).embeddings.create(job.body);
}

async function moderation(job, seen) {
  seen.answer = await client(job).moderations.create(job.body);
}

async function models(job, seen) {
  const { models } = client(job);
  seen.ids = (await all(models.list())).map(({ id }) => id);
  seen.model = await models.retrieve(seen.ids[0]);
  seen.deleted = await models.delete(seen.ids[0]);
  await models.retrieve(job.unknown);
}

async function generate(job, seen) {
  seen.answer = await client(job).images.generate(job.body);
}

async function generateStream(job, seen) {
  seen.events = await all(await client(job).images.generate({ ...job.body, stream: true }));
}

async function edit(job, seen) {
  seen.answer = await client(job).images.edit({ ...job.body, image: await file(job) });
}

async function editStream(job, seen) {
  seen.events = await all(await client(job).images.edit({ ...job.body, image: await file(job), stream: true }));
}

async function variation(job, seen) {
  seen.answer = await client(job).images.createVariation({ ...job.body, image: await file(job) });
}

async function download(job, seen) {
  const answer = await client(job).images.generate(job.body);
  seen.answer = answer;
  seen.hex = await hex(await fetch(answer.data[0].url));
}

async function speech(job, seen) {
  const response = await client(job).audio.speech.create(job.body);
  seen.type = response.headers.get("content-type");
  seen.hex = await hex(response);
}

async function transcription(job, seen) {
  seen.answer = await client(job).audio.transcriptions.create({ ...job.body, file: await file(job) });
}

async function transcriptionStream(job, seen) {
  const asked = { ...job.body, file: await file(job), stream: true };
  seen.events = await all(await client(job).audio.transcriptions.create(asked));
}

async function translation(job, seen) {
  seen.answer = await client(job).audio.translations.create({ ...job.body, file: await file(job) });
}

await serve({
  completion,
  completionStream,
  embeddings,
  embedding,
  moderation,
  models,
  generate,
  generateStream,
  edit,
  editStream,
  variation,
  download,
  speech,
  transcription,
  transcriptionStream,
  translation,
});
