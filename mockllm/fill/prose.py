"""Words that nobody wrote: prose of an exact number of tokens, and fake data for templates.

Here: `prose`, and `fake`, which is what `{{ fake.name() }}` calls. Both are functions of a seed. Not here: Faker itself
and which of its methods are refused (`fakery.py`), and data for a JSON Schema (`schema/`).
"""

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from itertools import count
from typing import Any, Final

from mockllm.errors import MockLLMError
from mockllm.fill.fakery import REFUSED, faker, methods
from mockllm.seeds import Seed

MOST_TOKENS: Final = 1_000_000
"""The longest prose."""

# Sentences of Faker's en_US words come out at six to nine tokens under every tokenizer we ship.
_TOKENS_PER_SENTENCE: Final = 6
# A tokenizer that still finds too few after this many doublings does not count words.
_DOUBLINGS: Final = 6
# How many tokens earlier the text may end when ending at the asked-for one would change how its last word is split.
_NEARBY: Final = 16
# One token under every tokenizer we ship.
_SHORT_WORD: Final = " so"


class ProseError(MockLLMError):
    """Prose of the asked-for length cannot be made."""


class FakeError(MockLLMError):
    """A template asked for fake data that there is not, or not reproducibly."""


def prose(seed: Seed, tokens: int, split: Callable[[str], tuple[bytes, ...]]) -> str:
    """English-looking sentences that are exactly `tokens` tokens under `split`; the last one may end anywhere.

    The same seed gives the same words for every length. Raises ProseError for more than `MOST_TOKENS`, and for a
    tokenizer under which no such text is found.
    """
    if tokens > MOST_TOKENS:
        raise ProseError(f"{tokens} tokens of prose were asked for and {MOST_TOKENS} are the most; ask for fewer")
    if tokens <= 0:
        return ""
    for doubling in range(_DOUBLINGS):
        sentences = (tokens // _TOKENS_PER_SENTENCE + 2) << doubling
        pieces = split(" ".join(faker(seed).sentences(sentences)))
        if len(pieces) >= tokens:
            return _ended(pieces, tokens, split)
    raise ProseError(
        f"{tokens} tokens of prose were asked for and {sentences} sentences are only {len(pieces)} tokens; "
        "use a tokenizer that splits at words, or script the text"
    )


def _ended(pieces: tuple[bytes, ...], tokens: int, split: Callable[[str], tuple[bytes, ...]]) -> str:
    """The text up to the asked-for token.

    Part of a word may be fewer or more tokens than it was within the word. Where it is, the text ends a little earlier
    and short words make up the number.
    """
    for end in range(tokens, max(-1, tokens - _NEARBY), -1):
        text = b"".join(pieces[:end]).decode()
        text += _SHORT_WORD * (tokens - len(split(text)))
        if len(split(text)) == tokens:
            return text
    raise ProseError(
        f"{tokens} tokens of prose were asked for and no text near that length is exactly that many; "
        "ask for another number, or script the text"
    )


def fake(seed: Seed) -> Any:
    """The `fake` of one template: `fake.METHOD(...)` is Faker's method, for en_US.

    The n-th call of a method depends on the seed, the method and n, so other calls do not change it. Relative dates
    count from `dates.NOW`. A method that there is not, that is refused or that fails raises FakeError.
    """
    return _Fake(seed)


class _Fake:
    """Attribute access to the public methods of Faker's providers, and to nothing else."""

    def __init__(self, seed: Seed) -> None:
        self._seed = seed
        self._calls: dict[str, Iterator[int]] = {}

    def __getattr__(self, name: str) -> Callable[..., object]:
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in methods():
            raise FakeError(f"fake.{name} {REFUSED.get(name) or _unknown(name)}")
        return self._method(name)

    def _method(self, name: str) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            nth = next(self._calls.setdefault(name, count()))
            return _drawn(self._seed.child(name, nth), name, args, kwargs)

        return call


def _drawn(seed: Seed, name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
    try:
        result = getattr(faker(seed), name)(*args, **kwargs)
        # A series is drawn while it is read, by when the shared Faker may have another seed.
        return list(result) if isinstance(result, Iterator) else result
    except Exception as error:
        raise FakeError(f"fake.{name} failed: {error}; check its arguments in Faker's documentation") from error


def _unknown(name: str) -> str:
    near = get_close_matches(name, methods(), n=1)
    hint = f"did you mean fake.{near[0]}?" if near else "use a method of Faker's providers, such as fake.name()"
    return f"is no method that templates can call; {hint}"
