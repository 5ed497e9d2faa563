"""What a request wants to see beside the usual, and what stands for content that only the service can read.

Here: `include` and its words. Not here: the items that have such content (`items.py`, `hosted.py`).
"""

from mockllm.request import Request
from mockllm.seeds import Seed

ENCRYPTED = "reasoning.encrypted_content"
FILES = "file_search_call.results"
SOURCES = "web_search_call.action.sources"
PRINTED = "code_interpreter_call.outputs"

_ENCRYPTED_LENGTH = 120


def includes(request: Request, what: str) -> bool:
    """Whether the request's `include` names this."""
    include = request.json.get("include")
    return isinstance(include, list) and what in include


def encrypted(seed: Seed) -> str:
    """What stands for content that only the service can read."""
    return f"gAAAAA{seed.alphanumeric(_ENCRYPTED_LENGTH)}"
