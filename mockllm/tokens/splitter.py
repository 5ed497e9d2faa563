"""The default tokenizer: looks like OpenAI's, costs next to nothing and needs no vocabulary.

One regular expression finds runs of one kind (a word with its leading space, digits, punctuation, …) and a run that
is longer than a token is cut by the rule of its kind. English prose comes out at about 0.75 words per token; on the
prose of the tests that is within 15 % of the exact count. For exact tokens look next at `vocabulary.py`.

The work is linear in the text. Every repetition is either possessive or has to give back one character at most, so
no run is read again and again, however long it is.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Final, TypeVar

from mockllm.tokens.tokenizer import well_formed

_Run = TypeVar("_Run", str, bytes)

# Latin without ASCII capitals, Greek, Cyrillic, Armenian, and the accents that combine with them.
_LOWER = r"a-zªµºÀ-\u058f\u1e00-\u1fff"
# Scripts of which a token holds a few letters: Hebrew to Mongolian, and Yi to Meetei Mayek.
_OTHER_SCRIPTS = r"\u0590-\u1dff\ua000-\uabff"
_CJK = r"\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
_ASCII_PUNCTUATION = r"!-/:-@\[-`{-~"
_ASTRAL = r"\U00010000-\U0010ffff"

_RUN: Final = re.compile(
    rf"""
      (?P<word>   [ _]?+ (?: [A-Z]+ (?![{_LOWER}]) | [A-Z]?+ [{_LOWER}]++ ) (?: '(?:s|t|re|ve|m|ll|d) \b )? )
    | (?P<digits> \d++ )
    | (?P<cjk>    [ ]?+ [{_CJK}]++ )
    | (?P<script> [ ]?+ [{_OTHER_SCRIPTS}]++ )
    | (?P<astral> [ ]?+ [{_ASTRAL}]++ )
    | (?P<marks>  [ ]?+ [{_ASCII_PUNCTUATION}]++ [\r\n]*+ )
    | (?P<lines>  [\r\n]++ )
    | (?P<symbols> [ ]?+ [^\s\dA-Z{_LOWER}{_CJK}{_OTHER_SCRIPTS}{_ASTRAL}{_ASCII_PUNCTUATION}]++ )
    | (?P<blanks> [^\S\r\n]+ (?= [\s\d] | \Z ) | \s )
    """,
    re.VERBOSE,
)

# The same without the names of the kinds, with which it takes three times as long.
_BARE: Final = re.compile(re.sub(r"\(\?P<\w+>", "(?:", _RUN.pattern), re.VERBOSE)

# Most runs are words that come again and again.
_MOST_KEPT: Final = 8_192
_LONGEST_KEPT: Final = 24

# How many characters of a run make a token. An astral character always makes two.
_WIDTHS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "word": 7,
        "digits": 3,
        "cjk": 1,
        "script": 4,
        "astral": 0,
        "marks": 4,
        "lines": 16,
        "blanks": 16,
        "symbols": 1,
    }
)
_HALF_ASTRAL_BYTES: Final = 2
# Most common words of eight or nine letters are one token in OpenAI's vocabularies, most longer words are not.
_LONGEST_WHOLE_WORD: Final = 9

_PREFIX: Final = re.compile(
    r"under|inter|super|trans|multi|micro|extra|ultra|hyper|over|anti|auto|fore|semi|post|tele", re.IGNORECASE
)
_SUFFIX: Final = re.compile(
    r"(?: ation|ition|ments|fully|thing|where|ment|ness|tion|sion|able|ible|less|ship|ward|wise|ence|ance|ings|ally"
    r"   | ious|hood|ing|ity|ive|ous|est|ism|ist ) \Z",
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST_SUFFIX: Final = 5


@dataclass(frozen=True, slots=True)
class Splitter:
    """The default tokenizer as a value."""

    name: str = "splitter"

    def split(self, text: str) -> tuple[bytes, ...]:
        """As the function `split`."""
        return split(text)

    def tokens(self, text: str) -> Iterator[bytes]:
        """As the function `split`, token by token."""
        return _tokens(well_formed(text))


def splitter() -> Splitter:
    """The tokenizer for everyone who did not ask for exact tokens."""
    return Splitter()


def split(text: str) -> tuple[bytes, ...]:
    """The tokens of `text`, which joined are its UTF-8; a lone surrogate counts as U+FFFD (see `well_formed`)."""
    tokens: list[bytes] = []
    for run in _BARE.findall(well_formed(text)):
        tokens += _short(run) if len(run) <= _LONGEST_KEPT else _of_run(run)
    return tuple(tokens)


def _tokens(text: str) -> Iterator[bytes]:
    for match in _BARE.finditer(text):
        run = match.group()
        yield from _short(run) if len(run) <= _LONGEST_KEPT else _of_run(run)


def _of_run(run: str) -> Sequence[bytes]:
    """The tokens of a run. By itself it is of the same kind as within its text."""
    match = _RUN.match(run)
    assert match is not None, "a run is what the pattern finds"
    kind = str(match.lastgroup)
    return (run.encode(),) if len(run) <= _WIDTHS[kind] else _cut(kind, run)


_short = lru_cache(_MOST_KEPT)(_of_run)


def _cut(kind: str, run: str) -> list[bytes]:
    if kind == "astral":
        data = run.encode()
        return _steps(data, _HALF_ASTRAL_BYTES + len(data) % 4, _HALF_ASTRAL_BYTES)
    if kind == "word":
        return [piece.encode() for piece in _word_pieces(run)]
    width = _WIDTHS[kind]
    has_lead = run[0] == " " and kind != "blanks"
    return [piece.encode() for piece in _steps(run, width + has_lead, width)]


def _steps(run: _Run, first: int, width: int) -> list[_Run]:
    """Slices of `width`, the first of them of `first`: a leading space rides on it without counting."""
    return [run[:first]] + [run[at : at + width] for at in range(first, len(run), width)]


def _word_pieces(run: str) -> list[str]:
    """One piece for a word of up to nine letters, pieces of three to seven for a longer one.

    The leading space or underscore belongs to the first piece. A contraction is part of a short word and a piece of its
    own after a longer one.
    """
    letters = run.lstrip(" _")
    if len(letters) <= _WIDTHS["word"]:
        return [run]
    body, apostrophe, rest = letters.partition("'")
    pieces = [body] if len(body) <= _LONGEST_WHOLE_WORD else _stem_and_affixes(body)
    pieces[0] = run[: len(run) - len(letters)] + pieces[0]
    return [*pieces, apostrophe + rest] if apostrophe else pieces


def _stem_and_affixes(word: str) -> list[str]:
    longest = _WIDTHS["word"]
    start, end = 0, len(word)
    if suffix := _SUFFIX.search(word, end - _LONGEST_SUFFIX):
        end = suffix.start()
    if end > longest and (prefix := _PREFIX.match(word)):
        start = prefix.end()
    parts = -(-(end - start) // longest)
    stem = [start + part * (end - start) // parts for part in range(parts)]
    return [word[a:b] for a, b in pairwise(sorted({0, *stem, end, len(word)}))]
