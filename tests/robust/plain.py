"""Answers without a turn: vectors, model lists, transcripts, verdicts and images.

Here: `data` from one body. Not here: turns (`chat.py`, `responses.py`).
"""

import base64
import binascii
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from tests.robust.chat import counts_of
from tests.robust.errors import error_in, problem_of
from tests.robust.loose import JSON, entries, excerpt, fields, first_word, whole, word
from tests.robust.outcome import Outcome, Problem, ProblemError

_FLOAT_BYTES = 4

_Reading: TypeAlias = tuple[JSON, str]
"""What was read, and what is wrong with it; the latter empty if nothing is."""


class PlainFold:
    """An answer that comes at once."""

    terminal = False

    def __init__(self, request: Mapping[str, JSON], api: str) -> None:
        self._request = request
        self._read = _READERS.get(api, _whole)
        self._outcome = Outcome()
        self.progress = 0
        self.ended = False

    def event(self, _name: str, value: JSON) -> None:
        """An event where a body should be: only an error makes sense. Raises ProblemError in any case."""
        error = error_in(value)
        raise ProblemError(
            problem_of(error) if error else Problem("unreadable", "an event stream that nobody asked for")
        )

    def body(self, value: JSON) -> None:
        """Raises ProblemError for an error, and for an answer that does not fit the request; what fits is kept."""
        if (error := error_in(value)) is not None:
            raise ProblemError(problem_of(error))
        data, complaint = self._read(value, self._request)
        text = word(fields(value).get("text"))
        self._outcome = Outcome(text=text, data=data, usage=counts_of(fields(value).get("usage")), finish="stop")
        self.ended = True
        if complaint:
            raise _unreadable(complaint, value)

    def text(self, text: str) -> None:
        """A body that is no JSON, where a text was asked for."""
        self._outcome = Outcome(text=text, data=text, finish="stop")
        self.ended = True

    def done(self) -> None:
        """The end marker of another API says nothing here."""

    def outcome(self, problem: Problem | None) -> Outcome:
        """What was given, with the problem if there is one."""
        return replace(self._outcome, problem=problem)


def _unreadable(why: str, value: JSON) -> ProblemError:
    return ProblemError(Problem("unreadable", f"{why}: {excerpt(str(value))}"))


def _whole(value: JSON, _request: Mapping[str, JSON]) -> _Reading:
    return value, ""


def _models(value: JSON, _request: Mapping[str, JSON]) -> _Reading:
    """Ids in the server's order, from `data`, `models` or a bare list, of objects or of bare names."""
    members = fields(value)
    listed = next(
        (found for found in (value, members.get("data"), members.get("models")) if isinstance(found, list)), None
    )
    if listed is None:
        raise _unreadable("no list of models", value)
    alive = (entry for entry in listed if word(fields(entry).get("status")).lower() != "shutdown")
    return [first_word(entry, fields(entry).get("id"), fields(entry).get("name")) for entry in alive], ""


def _embeddings(value: JSON, request: Mapping[str, JSON]) -> _Reading:
    """One vector for each input, in the order of the inputs, whichever order and encoding they came in; None for an
    input whose vector cannot be read.
    """
    listed = fields(value).get("data")
    asked = request.get("input")
    count = len(asked) if isinstance(asked, list) and not all(isinstance(entry, int) for entry in asked) else 1
    if not isinstance(listed, list) or len(listed) != count:
        raise _unreadable(f"there are not {count} vectors", value)
    vectors: dict[int, JSON] = {}
    for position, entry in enumerate(listed):
        index = whole(fields(entry).get("index"))
        index = position if index is None else index
        if index in vectors or not 0 <= index < count:
            raise _unreadable(f"the index {index} is of no input, or there twice", value)
        vectors[index] = _vector(fields(entry).get("embedding"))
    ordered: list[JSON] = [vectors[index] for index in sorted(vectors)]
    lengths = {len(vector) for vector in ordered if isinstance(vector, list)}
    if len(lengths | ({size} if (size := whole(request.get("dimensions"))) else set())) > 1:
        raise _unreadable(f"the vectors have {lengths} numbers", value)
    bad = [str(index) for index, vector in enumerate(ordered) if vector is None]
    return ordered, f"no vector for the inputs {', '.join(bad)}" if bad else ""


def _vector(value: JSON) -> JSON:
    """Numbers, or the little-endian floats of a base64 text; None if it is neither."""
    if isinstance(value, str):
        try:
            data = base64.b64decode(value, validate=True)
        except binascii.Error:
            return None
        return list(struct.unpack(f"<{len(data) // _FLOAT_BYTES}f", data)) if len(data) % _FLOAT_BYTES == 0 else None
    numbers = entries(value) if isinstance(value, list) else []
    is_vector = bool(numbers) and all(isinstance(number, (int, float)) for number in numbers)
    return numbers if is_vector else None


_READERS: Mapping[str, Callable[[JSON, Mapping[str, JSON]], _Reading]] = {
    "models": _models,
    "embeddings": _embeddings,
}
