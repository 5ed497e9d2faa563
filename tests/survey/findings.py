"""Findings that look like defects of a client, each with a command that shows it again.

Here: which cells are findings, the program that reproduces those of a client, and their part of the page in Markdown.
Not here: the tables (`pages.py`).
"""

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any

from tests.gallery import GALLERY
from tests.survey.clients import REFERENCE
from tests.survey.pages import SIGNS, Column, Row, cells, columns, rows
from tests.survey.play import Cell
from tests.survey.record import Record

WEIGHT = 3
"""How heavy an entry of the catalogue must be for its quirk to be listed."""

_BAD = frozenset({"wrong", "crash", "hang"})

_OPENAI_PYTHON = """\
import json, os
from openai import OpenAI

client = OpenAI(base_url=os.environ["BASE"], api_key="any", max_retries=2)
body = json.loads(os.environ["BODY"])
api = body.pop("api", "chat")
apis = {"chat": client.chat.completions, "responses": client.responses, "embeddings": client.embeddings}
answer = client.models.list() if api == "models" else apis[api].create(**body)
for piece in answer if body.get("stream") else [answer]:
    print(piece)"""

_OPENAI_PYTHON_STREAM = """\
import json, os
from openai import OpenAI

client = OpenAI(base_url=os.environ["BASE"], api_key="any")
body = json.loads(os.environ["BODY"])
del body["stream"]
is_chat = body.pop("api", "chat") == "chat"
with (client.chat.completions if is_chat else client.responses).stream(**body) as stream:
    for event in stream:
        pass
    print(stream.get_final_completion() if is_chat else stream.get_final_response())"""

_OPENAI_NODE = """\
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.env.BASE, apiKey: "any" });
const { api = "chat", ...body } = JSON.parse(process.env.BODY);
const asked = { chat: client.chat.completions, responses: client.responses, embeddings: client.embeddings }[api];
const answer = api === "models" ? await client.models.list() : await asked.create(body);
for await (const piece of body.stream ? answer : [answer]) console.dir(piece, { depth: null });"""

_OPENAI_NODE_STREAM = """\
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.env.BASE, apiKey: "any" });
const { api = "chat", stream, ...body } = JSON.parse(process.env.BODY);
const found = api === "chat"
  ? await client.chat.completions.stream(body).finalChatCompletion()
  : await client.responses.stream(body).finalResponse();
console.dir(found, { depth: null });"""

_AI_SDK = """\
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateText, jsonSchema, streamText, tool } from "ai";

const { api = "chat", model, stream, messages, input, tools = [] } = JSON.parse(process.env.BODY);
const settings = { name: "mockllm", baseURL: process.env.BASE, apiKey: "any" };
const offered = tools.map((entry) => entry.function ?? entry)
  .map(({ name, parameters }) => [name, tool({ inputSchema: jsonSchema(parameters) })]);
const asked = {
  model: api === "chat" ? createOpenAICompatible(settings).chatModel(model) : createOpenAI(settings).responses(model),
  prompt: messages?.[0].content ?? input,
  tools: Object.fromEntries(offered),
};
if (api === "embeddings") {
  const embedder = createOpenAICompatible(settings).textEmbeddingModel(model);
  console.dir(await embedMany({ model: embedder, values: [input].flat() }), { depth: null });
} else if (stream) for await (const part of streamText(asked).fullStream) console.dir(part, { depth: null });
else console.dir(await generateText(asked), { depth: null });"""

_LANGCHAIN_PYTHON = """\
import json, os
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

body = json.loads(os.environ["BODY"])
settings = {"model": body.pop("model"), "base_url": os.environ["BASE"], "api_key": "any"}
api = body.pop("api", "chat")
if api == "embeddings":
    client = OpenAIEmbeddings(**settings, dimensions=body.get("dimensions"), check_embedding_ctx_length=False)
    print(client.embed_documents(body["input"] if isinstance(body["input"], list) else [body["input"]]))
else:
    chat = ChatOpenAI(**settings, use_responses_api=api == "responses")
    asked, whole = body.pop("messages", None) or body.pop("input"), None
    for chunk in chat.stream(asked, **body) if body.pop("stream", False) else [chat.invoke(asked, **body)]:
        whole = chunk if whole is None else whole + chunk
    print(repr(whole))"""

_LANGCHAIN_JS = """\
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";

const { api = "chat", model, stream, messages, input, tools, dimensions } = JSON.parse(process.env.BODY);
const settings = { model, apiKey: "any", configuration: { baseURL: process.env.BASE } };
if (api === "embeddings") {
  console.dir(await new OpenAIEmbeddings({ ...settings, dimensions }).embedDocuments([input].flat()));
} else {
  const chat = new ChatOpenAI({ ...settings, useResponsesApi: api === "responses" });
  const asked = tools ? chat.bindTools(tools) : chat;
  const prompt = messages?.[0].content ?? input;
  let whole;
  if (stream) for await (const chunk of await asked.stream(prompt)) whole = whole ? whole.concat(chunk) : chunk;
  console.dir(whole ?? (await asked.invoke(prompt)), { depth: null });
}"""

_LITELLM = """\
import json, os
import litellm

body = json.loads(os.environ["BODY"])
body |= {"model": f"openai/{body['model']}", "api_base": os.environ["BASE"], "api_key": "any"}
api = {"chat": litellm.completion, "responses": litellm.responses, "embeddings": litellm.embedding}
answer = api[body.pop("api", "chat")](**body)
pieces = list(answer) if body.get("stream") else [answer]
print(pieces)
if "messages" in body and body.get("stream"):
    print(litellm.stream_chunk_builder(pieces))"""

_PYDANTIC_AI = """\
import asyncio, json, os
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import ModelRequest
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.tools import ToolDefinition


async def main():
    body = json.loads(os.environ["BODY"])
    kind = OpenAIResponsesModel if body.get("api") == "responses" else OpenAIChatModel
    model = kind(body["model"], provider=OpenAIProvider(base_url=os.environ["BASE"], api_key="any"))
    tools = [tool.get("function", tool) for tool in body.get("tools", ())]
    tools = [ToolDefinition(name=tool["name"], parameters_json_schema=tool["parameters"]) for tool in tools]
    prompt = body["messages"][0]["content"] if "messages" in body else body["input"]
    asked = [ModelRequest.user_text_prompt(prompt)]
    offered = {"model_request_parameters": ModelRequestParameters(function_tools=tools)}
    if not body.get("stream"):
        return print(await model_request(model, asked, **offered))
    async with model_request_stream(model, asked, **offered) as stream:
        async for event in stream:
            pass
        print(stream.get())


asyncio.run(main())"""

PROGRAMS: Mapping[str, tuple[str, str]] = {
    "openai-python": ("python", _OPENAI_PYTHON),
    "openai-python-stream": ("python", _OPENAI_PYTHON_STREAM),
    "openai-node": ("node", _OPENAI_NODE),
    "openai-node-stream": ("node", _OPENAI_NODE_STREAM),
    "ai-sdk": ("node", _AI_SDK),
    "langchain-python": ("python", _LANGCHAIN_PYTHON),
    "langchain-js": ("node", _LANGCHAIN_JS),
    "litellm": ("python", _LITELLM),
    "pydantic-ai": ("python", _PYDANTIC_AI),
}
"""What to run for each client: the program, and the lines of its file. The lines print what the client hands out."""

_INTRODUCTION = f"""\
Silently wrong answers, hangs and crashes at the quirks that weigh {WEIGHT} (often met, or of heavy harm), client
by client. Those of `openai` without `.stream()` may be defects of the usual loop rather than of the client. To see
one again, start the gallery with `mockllm serve --port 8080`, put the lines of the client into the file that the
command names, and run the command. Stalls take their real time then.
"""
_SUFFIX = {"python": "py", "node": "mjs"}


def of(record: Record, column: Column) -> list[tuple[Row, Cell]]:
    """The findings of a client, the silently wrong ones first."""
    if column.id == REFERENCE:
        return []
    heavy = [row for row in rows(record) if row.weight >= WEIGHT]
    found = [(row, cells(record, row, [column])[0]) for row in heavy]
    order = ("wrong", "hang", "crash")
    return sorted(
        ((row, cell) for row, cell in found if cell.word in _BAD), key=lambda entry: order.index(entry[1].word)
    )


def command(client: str, name: str, why: str) -> str:
    """What reproduces a finding while a server runs on port 8080 and the lines are in their file."""
    body = json.dumps(request(name, why), ensure_ascii=False)
    program = PROGRAMS[client][0]
    base = f"http://localhost:8080/{name}@$RANDOM/v1"
    return f"BASE={base} BODY={shlex.quote(body)} {program} {_file(client)}"


def _file(client: str) -> str:
    """The name of the file; not that of the package, which it would hide."""
    return f"try-{client}.{_SUFFIX[PROGRAMS[client][0]]}"


def request(name: str, why: str) -> dict[str, Any]:
    """The request of a quirk that a finding is about."""
    number = re.match(r"request (\d+):", why)
    return list(GALLERY.get(name).requests())[int(number[1]) - 1 if number else 0]


def markdown(record: Record) -> list[str]:
    """The part of the page, in paragraphs."""
    parts = ["## Findings", " ".join(_INTRODUCTION.split())]
    for column in columns(record):
        found = of(record, column)
        if not found:
            continue
        program, lines = PROGRAMS[column.id]
        parts.append(f"### {column.title}: {len(found)}")
        language = {"python": "python", "node": "js"}[program]
        parts.append(f"`{_file(column.id)}`, with {column.versions}:")
        parts.append(f"```{language}\n{lines}\n```")
        for row, cell in found:
            parts.append(
                f"- [{row.name}] {SIGNS[cell.word]}. {_escaped(row.about)} Found: {_escaped(cell.why)}.\n\n"
                f"  ```sh\n  {command(column.id, row.name, cell.why)}\n  ```"
            )
    return parts


def _escaped(text: str) -> str:
    """The text for Markdown, where it stays text."""
    return re.sub(r"([\\`*_{}\[\]<>|])", r"\\\1", text)
