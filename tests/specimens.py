"""Answers of every shape that the Responses API has, in the words of the scenario language.

Here: one specimen of each kind of part, and `answers`, which draws replies made of them. Not here: turns that are made
without a scenario (`turns.py`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

HOSTED: tuple[Mapping[str, Any], ...] = (
    {"web_search": {"query": "?", "sources": ["https://example.com"]}},
    {"web_search": {"open": "https://example.com"}},
    {"web_search": {"open": "https://example.com", "find": "?"}},
    {"file_search": {"queries": "?", "results": [{"text": "Ten.", "score": 0.5, "attributes": {"year": 2026}}]}},
    {"code_interpreter": {"code": "?", "logs": "?", "images": ["https://example.com/a.png"]}},
    {"image_generation": {"prompt": "?", "partials": 2}},
    {"mcp_list_tools": {"server": "dice", "tools": ["roll", {"name": "f", "description": "?"}]}},
    {"mcp_list_tools": {"server": "dice", "error": "?"}},
    {"mcp_call": {"server": "dice", "name": "roll", "arguments": "?", "output": "?"}},
    {"mcp_call": {"server": "dice", "name": "roll", "error": "?", "approval": "mcpr_1"}},
    {"mcp_approval": {"server": "dice", "name": "roll", "arguments": "?"}},
    {"computer": {"actions": [{"type": "click", "button": "left", "x": 1, "y": 2}, {"type": "wait"}]}},
    {"computer": {"actions": [{"type": "screenshot"}], "single": True}},
    {"shell": {"commands": ["ls -l", "", "pwd"], "outputs": ["total 0", {"stderr": "no", "exit": None}]}},
    {"shell": {"commands": "?", "timeout_ms": 5}},
    {"local_shell": {"command": "?", "env": {"A": "b"}, "user": "me"}},
    {"apply_patch": {"path": "a.txt", "diff": "?"}},
    {"apply_patch": {"path": "a.txt", "operation": "delete_file"}},
    {"tool_search": {"arguments": {"queries": ["x"]}, "tools": []}},
    {"tool_search": {"arguments": {"queries": ["x"]}}},
    {"compaction": {"announced": True}},
)
"""The items of the service's own tools; `?` stands for any text."""

SAID: tuple[Mapping[str, Any], ...] = (
    {"text": {"text": "?"}},
    {"reasoning": {"text": "?"}},
    {"reasoning": {"text": "?", "raw": True}},
    {"refusal": {"text": "?"}},
    {"audio": {"transcript": "?", "data": ["AAAA", "BBBB"]}},
    {"tool_call": {"name": "get_weather", "arguments": {"city": "Paris", "days": [1, 2]}}},
    {"tool_call": {"name": "get_weather", "arguments": "?"}},
    {"tool_call": {"name": "run", "input": "?"}},
)
"""What the model itself says; `?` stands for any text."""

INCLUDED = (
    "reasoning.encrypted_content",
    "web_search_call.action.sources",
    "file_search_call.results",
    "code_interpreter_call.outputs",
    "message.output_text.logprobs",
)
"""What a request can ask for beside the usual."""

CITATION: Mapping[str, Any] = {
    "type": "url_citation",
    "start_index": 0,
    "end_index": 5,
    "title": "T",
    "url": "https://example.com",
}

# No braces, which could be those of a template.
_WORDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}"), max_size=12),
    st.sampled_from(["Hello there", "🌞🇩🇪", "e\u0301", "漢字かな", "\u2028\x00\n\r", 'a "b" \\c']),
)


def written(specimen: Mapping[str, Any], word: Callable[[], str]) -> dict[str, Any]:
    """The specimen with a word in each place of `?`."""
    ((kind, fields),) = specimen.items()
    return {kind: {name: word() if value == "?" else value for name, value in fields.items()}}


@st.composite
def answers(draw: st.DrawFn, without: tuple[Mapping[str, Any], ...] = ()) -> dict[str, Any]:
    """A reply of one to five parts of any kinds but those `without`, whole or cut short."""
    specimens = [specimen for specimen in (*SAID, *HOSTED) if specimen not in without]
    drawn = draw(st.lists(st.sampled_from(specimens), min_size=1, max_size=5))
    reply: dict[str, Any] = {"parts": [written(specimen, lambda: draw(_WORDS)) for specimen in drawn]}
    if any("text" in specimen for specimen in drawn):
        reply["annotations"] = [CITATION] * draw(st.integers(0, 2))
    if reason := draw(st.sampled_from([None, None, "length", "content_filter"])):
        reply["finish_reason"] = reason
    return reply


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """The parameters of a request of the Responses API that change what an answer shows."""
    return {
        "include": draw(st.lists(st.sampled_from(INCLUDED), unique=True)),
        "top_logprobs": draw(st.integers(0, 2)),
        "reasoning": {"effort": "low", "summary": "auto"},
        "store": False,
    }
