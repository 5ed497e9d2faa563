"""The clients of the survey: what each is called, which program plays it, and where its packages are.

Here: `CLIENTS`, the table. Not here: their packages (`install.py`), what they are asked (`play.py`), and how they are
driven (`adapters/` for Python, `tests/clients/node/survey` and `tests/clients/heavy` for Node).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[2]
ADAPTERS = Path(__file__).resolve().parent / "adapters"
LIGHT_NODE = ROOT / "tests" / "clients" / "node"
HEAVY = ROOT / "tests" / "clients" / "heavy"
REFERENCE = "reference"
"""The row of the robust client in tests/robust, which the expectations are checked with."""


@dataclass(frozen=True, slots=True)
class Client:
    """One column of the table.

    `place` says where its packages come from: `here` (this Python), `node` (tests/clients/node), `heavy-node`, or the
    name of a requirements file. `packages` are the ones whose versions are told.
    """

    id: str
    title: str
    place: str
    program: tuple[str, ...]
    packages: tuple[str, ...]

    @property
    def kind(self) -> Literal["python", "node"]:
        """Which program runs it."""
        return "node" if self.place in {"node", "heavy-node"} else "python"

    @property
    def is_light(self) -> bool:
        """Whether the tests have its packages anyway."""
        return self.place in {"here", "node"}


def _python(name: str) -> str:
    return str(ADAPTERS / f"{name}_python.py")


def _node(name: str) -> str:
    return str(LIGHT_NODE / "survey" / f"{name}.mjs")


_AI_SDK = ("ai", "@ai-sdk/openai-compatible", "@ai-sdk/openai")
_LANGCHAIN_JS = ("@langchain/openai", "@langchain/core")

CLIENTS = (
    Client("openai-python", "openai (Python)", "here", (_python("openai"), "raw"), ("openai",)),
    Client("openai-python-stream", "openai (Python) .stream()", "here", (_python("openai"), "stream"), ("openai",)),
    Client("openai-node", "openai (npm)", "node", (_node("openai"), "raw"), ("openai",)),
    Client("openai-node-stream", "openai (npm) .stream()", "node", (_node("openai"), "stream"), ("openai",)),
    Client("ai-sdk", "AI SDK", "node", (_node("ai-sdk"),), _AI_SDK),
    Client(
        "langchain-python", "LangChain (Python)", "langchain", (_python("langchain"),), ("langchain-openai", "openai")
    ),
    Client("langchain-js", "LangChain (JS)", "heavy-node", (str(HEAVY / "langchain.mjs"),), _LANGCHAIN_JS),
    Client("litellm", "litellm", "litellm", (_python("litellm"),), ("litellm", "openai")),
    Client("pydantic-ai", "pydantic-ai", "pydantic-ai", (_python("pydantic_ai"),), ("pydantic-ai-slim", "openai")),
)
