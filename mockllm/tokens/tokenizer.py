"""What a tokenizer is, and what text is before it is tokens.

Here: the `Tokenizer` protocol and the one rule for text that UTF-8 cannot write. Not here: any way of splitting.
Look next at `splitter.py` and `vocabulary.py`, the two tokenizers.
"""

from collections.abc import Iterator
from typing import Protocol


class Tokenizer(Protocol):
    """A pure function from text to tokens, with a name to report. Equal ones split alike."""

    def __hash__(self) -> int: ...

    @property
    def name(self) -> str:
        """What to call this tokenizer in reports, such as `o200k_base`."""

    def split(self, text: str) -> tuple[bytes, ...]:
        """The bytes of each token, in order.

        Joined they are the UTF-8 of `well_formed(text)`. No token is empty, and one may hold part of a character.
        """

    def tokens(self, text: str) -> Iterator[bytes]:
        """What `split` gives, token by token: as far as it can, no token is made before it is asked for."""


def well_formed(text: str) -> str:
    """The same text, with every surrogate that has no partner replaced by U+FFFD.

    A Python string can hold a lone surrogate (JSON can escape one) and UTF-8 cannot. Two surrogates that make a pair
    become the character they stand for. OpenAI's tokenizer does the same (tiktoken, `Encoding.encode`), so counts
    agree.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
