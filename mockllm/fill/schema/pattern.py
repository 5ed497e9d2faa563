"""Texts that a regular expression finds something in.

Here: `found`, which searches as JSON Schema does, `is_costly`, which warns of that, and `matches`, which draws texts
from the expression's own syntax tree: literals, classes, groups, alternation, repeats, back references. Anchors and
lookarounds write nothing; a text that breaks one is found unfit by `found` and another is drawn. Not here: lengths
and other keywords (`scalars.py`). Source of the dialect: ECMA-262 as far as Python's `re` reads it, with ASCII
classes (JSON Schema Core §6.4).
"""

import re
import string
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random  # noqa: TID251 - the type only: `Seed.random` makes the value
from re import _parser  # type: ignore[attr-defined]
from types import MappingProxyType
from typing import Any, Final, TypeVar

from mockllm.fill.schema.document import MAX_LENGTH
from mockllm.seeds import Seed

_Read = TypeVar("_Read")

_PLAIN: Final = string.ascii_letters + string.digits
_PRINTABLE: Final = _PLAIN + "-_. " + string.punctuation
# How much longer than it must be a text is made, where the expression leaves it open.
_SLACK: Final = 8
# From this text on, classes give every character they hold, not just letters and digits if they hold any: for
# expressions that look ahead for a sign.
_PLAIN_TEXTS: Final = 3
_GROUP_NAME: Final = re.compile(r"\(\?<(?=[A-Za-z_])")
# How many characters of a range outside of ASCII are drawn from.
_SAMPLE: Final = 64
_CACHED: Final = 256


class UnsupportedPattern(ValueError):  # noqa: N818 - a property of the pattern
    """An expression that cannot be read, or that no text can be drawn from; the message says why, as a predicate."""


def found(pattern: str, text: str) -> bool:
    """Whether the expression is found in the text. Raises UnsupportedPattern."""
    return _compiled(pattern).search(text) is not None


def is_costly(pattern: str) -> bool:
    """Whether searching a text that does not match may take for ever, because a repeat stands in a repeat.

    Raises UnsupportedPattern.
    """
    return _is_costly(_tree(pattern), repeated=False)


def matches(pattern: str, least: int, most: int, seed: Seed) -> Iterator[str]:
    """Drawn texts without end, of `least` to `most` characters if the expression can be that long.

    Not each of them is sure to match. Raises UnsupportedPattern.
    """
    _compiled(pattern)
    tree = _tree(pattern)
    shortest, longest = tree.getwidth()
    if shortest > MAX_LENGTH:
        raise UnsupportedPattern(f"wants more than {MAX_LENGTH} characters")
    wanted = min(max(least, shortest), longest)
    drawing = _Drawing(seed.random())
    texts = 0
    while True:
        length = drawing.random.randint(wanted, max(wanted, min(most, longest, wanted + _SLACK)))
        drawing.plain = texts < _PLAIN_TEXTS
        drawing.groups.clear()
        yield drawing.text(tree, length - shortest)
        texts += 1


@lru_cache(_CACHED)
def _compiled(pattern: str) -> re.Pattern[str]:
    return _read(pattern, lambda text: re.compile(text, re.ASCII))


@lru_cache(_CACHED)
def _tree(pattern: str) -> Any:
    return _read(pattern, lambda text: _parser.parse(text, re.ASCII))


def _read(pattern: str, read: Callable[[str], _Read]) -> _Read:
    try:
        with warnings.catch_warnings():
            # "[[" will mean something else one day; here it is what it is in ECMA-262.
            warnings.simplefilter("ignore", FutureWarning)
            return read(_GROUP_NAME.sub("(?P<", pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsupportedPattern(f"is {pattern[:80]!r}, which cannot be read ({error})") from error


def _is_costly(tree: Any, *, repeated: bool) -> bool:
    for operation, argument in tree:
        kind = str(operation)
        repeats = kind in _REPEATS and argument[1] - argument[0] > _FEW_TIMES
        if repeats and repeated:
            return True
        inner = _INNER.get(kind, lambda _: ())(argument)
        if any(_is_costly(part, repeated=repeated or repeats) for part in inner):
            return True
    return False


class _Drawing:
    """Texts of one expression, drawn one after the other with a common number of steps."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.plain = True
        self.groups: dict[int, str] = {}
        self._left = MAX_LENGTH

    def text(self, tree: Any, extra: int) -> str:
        """The text of a sequence, `extra` characters longer than it must be, or as near to that as it gets."""
        spans = [tree[index : index + 1].getwidth() for index in range(len(tree))]
        room = sum(longest - shortest for shortest, longest in spans)
        parts = []
        for (operation, argument), (shortest, longest) in zip(tree, spans, strict=True):
            room -= longest - shortest
            most = min(extra, longest - shortest)
            share = self.random.randint(min(most, max(0, extra - room)), most)
            part = self._part(str(operation), argument, share)
            extra = max(0, extra - max(0, len(part) - shortest))
            parts.append(part)
        return "".join(parts)

    def _part(self, operation: str, argument: Any, extra: int) -> str:
        self._left -= 1
        if self._left < 0:
            raise UnsupportedPattern(f"takes more than {MAX_LENGTH} steps")
        if operation not in _WRITERS:
            raise UnsupportedPattern(f"uses {operation.lower()}, which is not supported")
        return _WRITERS[operation](self, argument, extra)

    def literal(self, code: int, _: int) -> str:
        """The character itself."""
        return chr(code)

    def nothing(self, _: Any, __: int) -> str:
        """For what only looks."""
        return ""

    def any_one(self, _: None, __: int) -> str:
        """A dot."""
        return self._one_of(lambda _: True, ())

    def other(self, code: int, _: int) -> str:
        """Any character but one."""
        return self._one_of(lambda character: character != chr(code), ())

    def one_of_class(self, members: list[tuple[Any, Any]], _: int) -> str:
        """A `[...]`, or an escape such as that for digits."""
        negated = str(members[0][0]) == "NEGATE"
        tests = [(_MEMBERS[str(kind)], argument) for kind, argument in members[negated:]]
        own = [chr(code) for kind, argument in members for code in _codes(str(kind), argument)]
        return self._one_of(
            lambda character: negated != any(test(character, argument) for test, argument in tests),
            () if negated else own,
        )

    def _one_of(self, allowed: Callable[[str], bool], others: list[str] | tuple[()]) -> str:
        for characters in (_PLAIN, _PRINTABLE) if self.plain else (_PRINTABLE,):
            if choice := [character for character in characters if allowed(character)]:
                return self.random.choice(choice)
        if not others:
            raise UnsupportedPattern("has a class without a printable ASCII character")
        return self.random.choice(others)

    def repeat(self, argument: tuple[int, int, Any], extra: int) -> str:
        """As many times as bring the text nearest to its length."""
        fewest, most, tree = argument
        shortest, longest = tree.getwidth()
        if fewest > MAX_LENGTH:
            raise UnsupportedPattern(f"repeats more than {MAX_LENGTH} times")
        if not longest:
            return self.text(tree, 0) if fewest else ""
        enough = max(fewest, -(-(extra + fewest * shortest) // longest))
        times = self.random.randint(enough, max(enough, min(most, fewest + extra // max(1, shortest))))
        extra -= (times - fewest) * shortest
        parts: list[str] = []
        for left in range(times, 0, -1):
            share = max(0, min(longest - shortest, -(-extra // left)))
            parts.append(self.text(tree, share))
            extra -= len(parts[-1]) - shortest
        return "".join(parts)

    def branch(self, argument: tuple[None, list[Any]], extra: int) -> str:
        """One of the alternatives."""
        return self.text(self.random.choice(argument[1]), extra)

    def group(self, argument: tuple[int | None, int, int, Any], extra: int) -> str:
        """A group, remembered for back references."""
        number, _, _, tree = argument
        text = self.text(tree, extra)
        if number is not None:
            self.groups[number] = text
        return text

    def atomic(self, tree: Any, extra: int) -> str:
        """A group that is not remembered."""
        return self.text(tree, extra)

    def again(self, number: int, _: int) -> str:
        """A back reference."""
        return self.groups.get(number, "")


_WRITERS: Final[Mapping[str, Callable[[_Drawing, Any, int], str]]] = MappingProxyType(
    {
        "LITERAL": _Drawing.literal,
        "NOT_LITERAL": _Drawing.other,
        "ANY": _Drawing.any_one,
        "IN": _Drawing.one_of_class,
        "BRANCH": _Drawing.branch,
        "SUBPATTERN": _Drawing.group,
        "ATOMIC_GROUP": _Drawing.atomic,
        "MAX_REPEAT": _Drawing.repeat,
        "MIN_REPEAT": _Drawing.repeat,
        "POSSESSIVE_REPEAT": _Drawing.repeat,
        "GROUPREF": _Drawing.again,
        "AT": _Drawing.nothing,
        "ASSERT": _Drawing.nothing,
        "ASSERT_NOT": _Drawing.nothing,
    }
)

_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT"})
_FEW_TIMES: Final = 4

# The sequences inside of an operation.
_INNER: Final[Mapping[str, Callable[[Any], Sequence[Any]]]] = MappingProxyType(
    {
        "BRANCH": lambda argument: argument[1],
        "SUBPATTERN": lambda argument: argument[-1:],
        "ASSERT": lambda argument: argument[-1:],
        "ASSERT_NOT": lambda argument: argument[-1:],
        "MAX_REPEAT": lambda argument: argument[-1:],
        "MIN_REPEAT": lambda argument: argument[-1:],
    }
)

_CATEGORIES: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "CATEGORY_DIGIT": lambda character: character in string.digits,
        "CATEGORY_NOT_DIGIT": lambda character: character not in string.digits,
        "CATEGORY_SPACE": lambda character: character in string.whitespace,
        "CATEGORY_NOT_SPACE": lambda character: character not in string.whitespace,
        "CATEGORY_WORD": lambda character: character in _PLAIN + "_",
        "CATEGORY_NOT_WORD": lambda character: character not in _PLAIN + "_",
    }
)

_MEMBERS: Final[Mapping[str, Callable[[str, Any], bool]]] = MappingProxyType(
    {
        "LITERAL": lambda character, code: ord(character) == code,
        "RANGE": lambda character, codes: codes[0] <= ord(character) <= codes[1],
        "CATEGORY": lambda character, category: _CATEGORIES[str(category)](character),
    }
)


def _codes(kind: str, argument: Any) -> Sequence[int]:
    """Some characters of a member of a class, for classes outside of ASCII."""
    if kind == "LITERAL":
        return (argument,)
    return range(argument[0], min(argument[1], argument[0] + _SAMPLE) + 1) if kind == "RANGE" else ()
