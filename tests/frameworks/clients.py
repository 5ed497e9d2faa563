"""The clients of the acceptance run: what each is called, which program drives it, where its packages come from.

Here: `CLIENTS`, the table, and the contract with a driver. Not here: the packages (`install.py`), the server and the
processes (`play.py`), what must come out (`expected.py`) and which deviations are known (`known.py`).

A driver is a program, `PROGRAM EXERCISE VARIANT BASE_URL`. It does the exercise with the unmodified framework, as its
documentation tells its users to, at BASE_URL (which ends in /v1) with the key `sk-test`. EXERCISE is a name of
`EXERCISES` or `all`, and to Python drivers VARIANT may be several with commas between, because importing a framework
takes longer than the exercises. A BASE_URL may hold `{exercise}` and `{variant}`, which the driver replaces by the
names, so that each exercise has a scenario of its own. It prints one line of JSON for each, whatever else is printed:

    {"exercise": name,
     "variant": name, which may be left out if there is one,
     "text": the answer, or null,
     "pieces": [the pieces of a stream, as the user gets them],
     "tool_calls": [{"name": ..., "arguments": {...}} as the framework had them executed or reported them],
     "final": the answer after the tools, or null,
     "object": the structured value as an object, or null,
     "usage": {"input": n, "output": n}, or null,
     "error": {"type": name of the class, "message": ..., "status": n or null}, or null,
     "unsupported": why the framework has no such feature, or null,
     "outside": [hosts other than this machine that it wanted to reach]}

Keys without a value may be left out. The questions, the tool `get_weather` and the class `Person` are in
`drivers/common.py`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FOLDER = Path(__file__).resolve().parent
NODE = FOLDER / "node"

EXERCISES = (
    "text",
    "stream",
    "tool_round_trip",
    "parallel_tools",
    "structured",
    "usage",
    "retryable_error",
    "fatal_error",
)
"""The scenarios in `exercises/`, in the order of the table's columns."""

Api = Literal["chat", "responses"]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to use a client, and the API that it calls then."""

    id: str
    api: Api


@dataclass(frozen=True, slots=True)
class Client:
    """One client of the table.

    `place` is the name of a file in `requirements/`, or `node` for the packages of `node/package.json`. `program` is
    the driver, `packages` are those whose versions are told, the client's own first.
    """

    id: str
    title: str
    place: str
    program: str
    packages: tuple[str, ...]
    variants: tuple[Variant, ...]

    @property
    def kind(self) -> Literal["python", "node"]:
        """What runs the driver."""
        return "node" if self.place == "node" else "python"

    @property
    def batches(self) -> tuple[tuple[Variant, ...], ...]:
        """Which variants one process plays."""
        return tuple((variant,) for variant in self.variants) if self.kind == "node" else (self.variants,)

    @property
    def path(self) -> Path:
        """The driver's file."""
        return (NODE if self.kind == "node" else FOLDER) / "drivers" / self.program


def _chat(*ids: str) -> tuple[Variant, ...]:
    return tuple(Variant(id_, "chat") for id_ in ids)


def _responses(*ids: str) -> tuple[Variant, ...]:
    return tuple(Variant(id_, "responses") for id_ in ids)


_BOTH = (*_chat("chat-sync", "chat-async"), *_responses("responses-sync", "responses-async"))
_NODE_BOTH = (*_chat("chat"), *_responses("responses"))

CLIENTS = (
    Client("openai", "openai (Python)", "openai", "openai_sdk.py", ("openai",), _BOTH),
    Client("langchain", "langchain-openai", "langchain", "langchain_sdk.py", ("langchain-openai", "openai"), _BOTH),
    Client(
        "llama-index",
        "llama-index OpenAI",
        "llama-index",
        "llama_index_sdk.py",
        ("llama-index-llms-openai", "llama-index-core", "openai"),
        _BOTH,
    ),
    Client(
        "llama-index-like",
        "llama-index OpenAILike",
        "llama-index",
        "llama_index_sdk.py",
        ("llama-index-llms-openai-like", "llama-index-core", "openai"),
        _chat("like-sync", "like-async"),
    ),
    Client("litellm", "litellm (SDK)", "litellm", "litellm_sdk.py", ("litellm", "openai"), _BOTH),
    Client(
        "litellm-proxy",
        "litellm (proxy)",
        "litellm",
        "litellm_proxy.py",
        ("litellm", "openai"),
        (*_chat("chat-sync"), *_responses("responses-sync")),
    ),
    Client("pydantic-ai", "pydantic-ai", "pydantic-ai", "pydantic_ai_sdk.py", ("pydantic-ai-slim", "openai"), _BOTH),
    Client(
        "openai-agents",
        "openai-agents (Python)",
        "openai-agents",
        "openai_agents_sdk.py",
        ("openai-agents", "openai"),
        _BOTH,
    ),
    Client("instructor", "instructor", "instructor", "instructor_sdk.py", ("instructor", "openai"), _BOTH),
    Client("dspy", "dspy", "dspy", "dspy_sdk.py", ("dspy", "litellm", "openai"), _BOTH),
    Client("haystack", "haystack", "haystack", "haystack_sdk.py", ("haystack-ai", "openai"), _BOTH),
    Client("smolagents", "smolagents", "smolagents", "smolagents_sdk.py", ("smolagents", "openai"), _chat("sync")),
    Client(
        "semantic-kernel",
        "semantic-kernel",
        "semantic-kernel",
        "semantic_kernel_sdk.py",
        ("semantic-kernel", "openai"),
        (*_chat("chat-async"), *_responses("responses-async")),
    ),
    Client(
        "autogen",
        "autogen",
        "autogen",
        "autogen_sdk.py",
        ("autogen-agentchat", "autogen-ext", "openai"),
        _chat("async"),
    ),
    Client("openai-node", "openai (Node)", "node", "openai.mjs", ("openai",), _NODE_BOTH),
    Client(
        "ai-sdk-openai", "AI SDK, @ai-sdk/openai", "node", "ai_sdk_openai.mjs", ("@ai-sdk/openai", "ai"), _NODE_BOTH
    ),
    Client(
        "ai-sdk-compatible",
        "AI SDK, @ai-sdk/openai-compatible",
        "node",
        "ai_sdk_openai_compatible.mjs",
        ("@ai-sdk/openai-compatible", "ai"),
        _chat("chat"),
    ),
    Client(
        "ai-sdk-openrouter",
        "AI SDK, @openrouter/ai-sdk-provider",
        "node",
        "ai_sdk_openrouter.mjs",
        ("@openrouter/ai-sdk-provider", "ai"),
        _chat("chat"),
    ),
    Client("langchain-node", "@langchain/openai", "node", "langchain.mjs", ("@langchain/openai", "openai"), _NODE_BOTH),
    Client("agents-node", "@openai/agents", "node", "openai_agents.mjs", ("@openai/agents", "openai"), _NODE_BOTH),
)
