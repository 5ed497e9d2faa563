"""Text as a turn grows: pieces that repeat, reasoning that leaks into the text, markup that should have been a call.

Here: what the pieces of a turn's text mean together. Not here: where the pieces come from (`chat.py`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.robust.loose import JSON, clean, entries, fields, first_word, word

_OPENING = "<think>"
_CLOSING = "</think>"

# What models write when a server does not make a tool call of it.
_CALL_MARKUP = re.compile(
    r"<tool_call>|<\|tool_calls?_(?:section_)?begin\|>|<\uff5c(?:DSML\uff5c|tool\u2581calls?\u2581begin)|<function=|<arg_key>"
)

# A replayed piece is cut only if it is so long that a model would hardly write it twice.
_LEAST_REPLAYED = 16
_LEAST_GROWTHS = 2


@dataclass(frozen=True, slots=True)
class Said:
    """A turn's text and reasoning. `leaked` is markup of a tool call that was found in them, from its beginning on."""

    text: str
    reasoning: str
    leaked: str = ""


class Pieces:
    """The pieces of one text, in a list, because adding text to text again and again takes quadratic time."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def add(self, piece: str) -> bool:
        """Take a piece; whether it says more than white space, which does not count as progress."""
        if piece:
            self._pieces.append(piece)
        return bool(piece.strip())

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def join(self) -> str:
        """The text. Pieces that are each the whole text so far are recognised, and so is a whole text that is sent
        once more; equal neighbours are kept, since models do repeat themselves.
        """
        return clean(self._pieces[-1] if _is_cumulative(self._pieces) else "".join(_without_replay(self._pieces)))


def _is_cumulative(pieces: Sequence[str]) -> bool:
    pairs = list(pairwise(pieces))
    growths = sum(len(later) > len(earlier) for earlier, later in pairs)
    return growths >= _LEAST_GROWTHS and all(later.startswith(earlier) for earlier, later in pairs)


def _without_replay(pieces: Sequence[str]) -> list[str]:
    kept: list[str] = []
    length = 0
    for piece in pieces:
        is_replay = length == len(piece) >= _LEAST_REPLAYED and len(kept) > 1 and piece == "".join(kept)
        if not is_replay:
            kept.append(piece)
            length += len(piece)
    return kept


def told(text: str, reasoning: str, *, has_calls: bool) -> Said:
    """What is text and what is reasoning, whatever field it came in. With real calls markup is only noise."""
    text, thought = _apart(text)
    reasoning = reasoning + thought
    leaks = [match.start() for match in [_CALL_MARKUP.search(text)] if match]
    inner = [match.start() for match in [_CALL_MARKUP.search(reasoning)] if match]
    leaked = "" if has_calls else "".join([*(text[at:] for at in leaks), *(reasoning[at:] for at in inner)])
    text = text[: leaks[0]].rstrip() if leaks else text
    reasoning = reasoning[: inner[0]].rstrip() if inner else reasoning
    return Said(text, reasoning, leaked)


def _apart(text: str) -> tuple[str, str]:
    """The text and the reasoning in it: between tags at the beginning, before a closing tag alone, or after an opening
    one that is never closed.
    """
    begins = text.lstrip().startswith(_OPENING)
    if not begins and _CLOSING not in text:
        return text, ""
    before, closing, after = text.partition(_CLOSING)
    thought = before.lstrip().removeprefix(_OPENING) if begins else before
    return (after.lstrip() if closing else ""), thought.strip()


def unfenced(text: str) -> str:
    """JSON without the Markdown fence around it, of which one half may be missing."""
    stripped = text.strip()
    if not stripped.startswith("```"):
        return text
    return stripped.partition("\n")[2].rstrip().removesuffix("```").rstrip()


def content_of(value: JSON) -> tuple[str, str]:
    """The text and the reasoning of a content that is a string, a list of parts, or nothing."""
    if isinstance(value, str):
        return value, ""
    text, reasoning = [], []
    for part in entries(value):
        members = fields(part)
        thought = first_word(members.get("thinking"), members.get("reasoning"))
        inner = "".join(content_of(members.get("thinking"))) if isinstance(members.get("thinking"), list) else ""
        reasoning.append(thought or inner)
        text.append("" if thought or inner else word(members.get("text")))
    return "".join(text), "".join(reasoning)


def reasoning_of(members: dict[str, JSON]) -> str:
    """The reasoning of a delta or a message, under whichever name; the first that is not empty."""
    details = (fields(detail) for detail in entries(members.get("reasoning_details")))
    spelled = "".join(first_word(detail.get("text"), detail.get("summary")) for detail in details)
    return first_word(members.get("reasoning_content"), members.get("reasoning"), members.get("thinking"), spelled)
