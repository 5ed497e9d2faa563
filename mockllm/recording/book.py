"""All exchanges of a recording as one scenario.

Here: `Book`, which grows by one exchange at a time and can be written out after each. Not here: one exchange as a rule
(`rules.py`), the file (`cli/record.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from mockllm.cassette import Tape
from mockllm.recording.redact import NOTHING_MORE, Redaction, redacted
from mockllm.recording.rules import Mapped, reply_of, request_of, when_of
from mockllm.recording.text import yaml_text
from mockllm.request import JSON, Request

ABOUT = "Recorded from an endpoint; keys, cookies and what was asked for are redacted."

_TRAVEL = frozenset({"stream", "stream_options"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule, and the request that it was made from; None for a rule that was there before."""

    rule: Mapped
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """A scenario that is being recorded.

    `top` is all of the document but its rules. With a `cassette` the answers are in a file of this name, of which
    `kept` exchanges are there already.
    """

    redaction: Redaction = NOTHING_MORE
    top: Mapping[str, Any] = field(default_factory=lambda: {"about": ABOUT})
    entries: tuple[Entry, ...] = ()
    cassette: str | None = None
    kept: int = 0

    @classmethod
    def of(cls, document: Mapping[str, Any], redaction: Redaction, cassette: str | None = None, kept: int = 0) -> Self:
        """A book that goes on where this document ends."""
        top = {key: value for key, value in document.items() if key != "rules"}
        entries = tuple(Entry(dict(rule)) for rule in document.get("rules") or ())
        return cls(redaction, top, entries, cassette, kept)

    def add(self, tape: Tape) -> tuple["Book", Tape] | None:
        """The book with this exchange, and the exchange as it may be kept; None if no scenario could answer it."""
        clean = redacted(tape, self.redaction)
        original, request = request_of(tape.call), request_of(clean.call)
        if original is None or request is None:
            return None
        reply = reply_of(clean.answer)
        if self.cassette is not None:
            reply = {"replay": {"file": self.cassette, "exchange": self.kept + 1}}
        book = replace(self, kept=self.kept + 1, entries=self._with(request, when_of(request, original), reply))
        return book, clean

    def _with(self, request: Request, when: Mapped, reply: Mapped) -> tuple[Entry, ...]:
        """The entries with one more answer. The same request gets its answers in order; one that differs from another
        only in what its rule does not look at has a rule of its own in front of that.
        """
        for index, entry in enumerate(self.entries):
            if entry.request is not None and _is_same(entry.request, request):
                return self._replaced(index, reply)
        same = next((index for index, entry in enumerate(self.entries) if entry.rule.get("when") == when), None)
        if same is None:
            return (*self.entries, Entry({"when": when, "replies": [reply]}, request))
        tests = _differing(request, self.entries[same].request)
        if not tests:
            return self._replaced(same, reply)
        # Those with more tests come first, so that none hides another that asks for all that it asks for and more.
        place = next(
            (
                at
                for at, entry in enumerate(self.entries[:same])
                if _base(entry) == when and _count(entry.rule["when"]) <= _count(tests)
            ),
            same,
        )
        narrow = Entry({"when": {**when, **tests}, "replies": [reply]}, request)
        return (*self.entries[:place], narrow, *self.entries[place:])

    def _replaced(self, index: int, reply: Mapped) -> tuple[Entry, ...]:
        entry = self.entries[index]
        rule = {**entry.rule, "replies": [*entry.rule["replies"], reply], "then": "repeat"}
        return (*self.entries[:index], replace(entry, rule=rule), *self.entries[index + 1 :])

    def document(self) -> Mapped:
        """The scenario as plain data."""
        return {**self.top, "rules": [entry.rule for entry in self.entries]}

    def text(self) -> str:
        """The scenario as YAML."""
        return yaml_text(self.document())


def _is_same(one: Request, other: Request) -> bool:
    return one.fingerprint == other.fingerprint and one.stream == other.stream and bool(one.fingerprint)


def _differing(request: Request, other: Request | None) -> Mapped:
    """Tests for the fields in which a request differs from another, for all of them if that is unknown: `json` for
    those that it has, or else `not` for one that it does not have.
    """
    before: Mapping[str, JSON] = {} if other is None else other.json
    tests = {
        _path(key): value
        for key, value in request.json.items()
        if key not in _TRAVEL and (key not in before or before[key] != value)
    }
    gone = [key for key in before if key not in request.json and key not in _TRAVEL]
    return {
        **({"json": tests} if tests else {}),
        **({"not": {"json": {_path(gone[0]): before[gone[0]]}}} if gone else {}),
    }


def _base(entry: Entry) -> Mapped:
    """What the rule of an entry tests without those that tell it from others."""
    return {key: value for key, value in (entry.rule.get("when") or {}).items() if key not in {"json", "not"}}


def _count(when: Mapped) -> int:
    """How many tests beside the usual ones a rule has."""
    return len(when.get("json", ())) + ("not" in when)


def _path(key: str) -> str:
    return f"$.{key}" if key.isidentifier() else f"$['{key}']"
