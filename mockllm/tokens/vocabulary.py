"""OpenAI's own vocabularies: exact tokens, for those who ask for them.

The vocabularies are in the optional extra `tokens` (the package bpe-openai). Importing it takes half a second and
loads whole vocabularies, so it happens when a model's tokenizer is first asked for: ask before serving. Here: which
model uses which vocabulary, and the way to the library. Not here: the cheap default (`splitter.py`).
"""

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Final

from mockllm.errors import MockLLMError
from mockllm.tokens.tokenizer import well_formed

_NEWER: Final = "o200k_base"
_OLDER: Final = "cl100k_base"
# tiktoken/model.py. "gpt-4" must end there: "gpt-4o", "gpt-4.1" and "gpt-4.5" are newer models.
_OLDER_MODEL: Final = re.compile(
    r"(?:ft:)?(?:gpt-3\.?5|gpt-4(?![\w.])|text-embedding-|davinci-002|babbage-002)", re.IGNORECASE
)


class TokensUnavailable(MockLLMError):  # noqa: N818 - a state of the installation, named as the user meets it
    """Exact tokens were asked for, and the extra that carries the vocabularies cannot be imported."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """An exact tokenizer: text to token ids, and ids to the bytes of each token."""

    name: str
    encode: Callable[[str], list[int]]
    decode: Callable[[list[int]], list[bytes]]

    def split(self, text: str) -> tuple[bytes, ...]:
        """The tokens that OpenAI's models see; names of special tokens are ordinary text, as they are in a message."""
        return tuple(self.decode(self.encode(well_formed(text))))

    def tokens(self, text: str) -> Iterator[bytes]:
        """The same, all of them found at once."""
        return iter(self.split(text))


def for_model(model: str) -> Vocabulary:
    """The exact tokenizer of a model, the same object for every model of one vocabulary.

    Raises `TokensUnavailable` when the extra is not installed.
    """
    return _vocabulary(vocabulary_name(model))


def vocabulary_name(model: str) -> str:
    """`cl100k_base` for GPT-3.5, GPT-4 and the embeddings, `o200k_base` for all that is newer or unknown.

    The namespace that gateways put before the id (`openai/gpt-4`) is ignored. The completion models before GPT-3.5 had
    vocabularies that the extra does not carry; they get the newer one as well.
    """
    return _OLDER if _OLDER_MODEL.match(model.rpartition("/")[2]) else _NEWER


@cache
def _vocabulary(name: str) -> Vocabulary:
    """Joins two layers of the library, because neither does all of it.

    `decode_tokens_bytes` of the public layer looks each id up in the published table, so a token that is part of a
    character keeps its exact bytes; the native layer decodes to str only. But encoding through the public layer refuses
    a million characters or 200,000 tokens, and a request may be longer than that; the native layer has no such limit.
    """
    try:
        with warnings.catch_warnings():
            # On Python 3.11 and 3.12 the library reads its data with a function that was deprecated there.
            warnings.simplefilter("ignore", DeprecationWarning)
            encoding = import_module("bpe_openai").get_encoding(name)
            native = import_module("bpe_openai._bindings").tokenizer_for_encoding(name)
    except ImportError as error:
        raise TokensUnavailable(
            f"Exact tokens need the vocabulary {name}, and the package that carries it cannot be imported ({error}). "
            "Install it with: pip install 'mockllm-server[tokens]', or leave exact tokens off to count with the "
            "built-in splitter."
        ) from error
    return Vocabulary(name, native.encode, encoding.decode_tokens_bytes)
