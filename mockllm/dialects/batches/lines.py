"""The lines of a batch's input: JSONL, one request a line (wire-contract §6).

Here: their reading, and all that makes a batch fail before any of them is asked. The codes are those that users of the
real service report; of its sentences not all are known [?]. Not here: asking (`progress.py`).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockllm.dialects.body import parse
from mockllm.errors import ApiError
from mockllm.request import JSON

ENDPOINTS = (
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/embeddings",
    "/v1/completions",
    "/v1/moderations",
    "/v1/images/generations",
)
"""What a batch may ask."""

MOST_LINES = 50_000
"""How many requests one batch may have."""

MOST_ERRORS = 100
"""How many errors a batch tells."""


@dataclass(frozen=True, slots=True)
class Line:
    """One request of a batch."""

    custom_id: str
    url: str
    body: Mapping[str, JSON]

    @property
    def path(self) -> str:
        """The path under the base."""
        return self.url.removeprefix("/v1")


@dataclass(frozen=True, slots=True)
class LineError:
    """What is wrong with a line, which is counted from 1; None for the whole file."""

    code: str
    message: str
    line: int | None
    param: str | None = None

    def shown(self) -> JSON:
        """The error as the API shows it."""
        return {"code": self.code, "line": self.line, "message": self.message, "param": self.param}


def read_lines(content: bytes, endpoint: str) -> tuple[tuple[Line, ...], tuple[LineError, ...]]:
    """All lines that can be asked, and what is wrong with the others; blank lines are nothing."""
    lines: list[Line] = []
    errors: list[LineError] = []
    seen: set[str] = set()
    for number, text in _texts(content):
        error = _wrong(parsed := _parsed(text), endpoint, number)
        if error is None and parsed["custom_id"] in seen:
            error = LineError(
                "duplicate_custom_id", "The custom_id for this request is a duplicate of another.", number, "custom_id"
            )
        if error is None and lines and parsed["body"].get("model") != lines[0].body.get("model"):
            message = f"All requests of a batch must have the same model; the first has '{lines[0].body.get('model')}'."
            error = LineError("mismatched_model", message, number, "body.model")
        if error is not None:
            errors.append(error)
            continue
        seen.add(parsed["custom_id"])
        lines.append(Line(parsed["custom_id"], parsed["url"], parsed["body"]))
    if not lines and not errors:
        errors.append(LineError("empty_file", "The input file is empty. It must have at least one request.", None))
    if len(lines) > MOST_LINES:
        message = f"The input file has {len(lines)} requests. The limit is {MOST_LINES}."
        errors.append(LineError("too_many_requests", message, None))
    return tuple(lines), tuple(errors[:MOST_ERRORS])


def _texts(content: bytes) -> Iterator[tuple[int, bytes]]:
    return ((number, text) for number, text in enumerate(content.split(b"\n"), 1) if text.strip())


def _parsed(text: bytes) -> Any:
    try:
        return parse(text)
    except ApiError:
        return None


def _wrong(parsed: Any, endpoint: str, number: int) -> LineError | None:
    """What is wrong with a line by itself."""
    if not isinstance(parsed, dict):
        return LineError("invalid_json_line", "This line is not parseable as valid JSON.", number)
    for name, kind in (("custom_id", str), ("method", str), ("url", str), ("body", dict)):
        if not isinstance(parsed.get(name), kind):
            return LineError("missing_required_parameter", f"Missing required parameter: '{name}'.", number, name)
    if parsed["method"] != "POST":
        message = f"Invalid method: '{parsed['method']}'. Every request of a batch is a 'POST'."
        return LineError("invalid_method", message, number, "method")
    if parsed["url"] != endpoint:
        message = f"The URL of this request, '{parsed['url']}', does not match the batch endpoint '{endpoint}'."
        return LineError("invalid_url", message, number, "url")
    return None
