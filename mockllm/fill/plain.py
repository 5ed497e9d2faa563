"""Replies in plain words, which say the same to many requests.

Here: which replies these are, and a bounded memory of the choices that they come to. Not here: how choices are made
(`__init__.py`).
"""

from collections.abc import Callable
from functools import lru_cache

from mockllm.bounded import Same
from mockllm.fill.template import has_marks
from mockllm.request import Request
from mockllm.scenario.content import ReasoningPart, RefusalPart, TextPart
from mockllm.scenario.reply import ContentReply
from mockllm.scenario.texts import Text
from mockllm.tokens import Tokenizer
from mockllm.turn import Choice

_MOST_KEPT = 256
_PLAIN = (TextPart, ReasoningPart, RefusalPart)

Make = Callable[[], tuple[Choice, ...]]
"""Makes the choices anew."""


class _Asked:
    """A reply with all of a request that its plain words follow from, as a key."""

    __slots__ = ("_facts", "_reply", "make")

    def __init__(self, reply: ContentReply, request: Request, tokenizer: Tokenizer, make: Make) -> None:
        self._reply = reply
        self._facts = (id(reply), request.api, request.choices, request.max_tokens, request.stop, tokenizer)
        self.make = make

    def __hash__(self) -> int:
        return hash(self._facts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and other._facts == self._facts


def remembered(reply: ContentReply, request: Request, tokenizer: Tokenizer, make: Make) -> tuple[Choice, ...]:
    """What `make` makes: the same object as before, if it follows from nothing that is different now."""
    if request.logprobs or not _is_plain(Same(reply)):
        return make()
    return _made(_Asked(reply, request, tokenizer, make))


@lru_cache(_MOST_KEPT)
def _made(asked: _Asked) -> tuple[Choice, ...]:
    choices = asked.make()
    asked.make = tuple  # it holds the request
    return choices


@lru_cache(_MOST_KEPT)
def _is_plain(reply: Same[ContentReply]) -> bool:
    """Whether its words are the same whatever is asked, and nothing in it is drawn."""
    contents = reply.value.choices or (reply.value,)
    parts = [part for content in contents for part in content.ordered()]
    return all(isinstance(part, _PLAIN) and not _has_marks(part.text) for part in parts)


def _has_marks(text: Text) -> bool:
    return has_marks(text) if isinstance(text, str) else any(map(has_marks, text))
