import gzip
import sys
from base64 import b64decode
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm.errors import MockLLMError
from mockllm.tokens import vocabulary
from mockllm.tokens.piece import joined, pieces
from mockllm.tokens.tokenizer import well_formed
from mockllm.tokens.vocabulary import TokensUnavailable, for_model, vocabulary_name

OLDER, NEWER = "gpt-4", "gpt-4o"
BOTH = pytest.mark.parametrize("model", [OLDER, NEWER])
WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=30)
# Texts that the first step of both vocabularies, a regular expression, leaves whole.
UNDIVIDED = st.one_of(
    WORDS,
    WORDS.map(lambda word: f" {word}"),
    st.characters(min_codepoint=0x1F300, max_codepoint=0x1F64F),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5),
)


@cache
def published_ranks(name):
    """The vocabulary as OpenAI publishes it, one base64 token and its rank a line."""
    package = Path(find_spec("bpe_openai").origin).parent
    lines = gzip.decompress((package / "data" / f"{name}.tiktoken.gz").read_bytes()).split(b"\n")
    return {b64decode(token): int(rank) for token, rank in (line.split() for line in lines if line)}


def textbook_pairs(data, ranks):
    """Byte pair encoding as defined: merge the pair of lowest rank, the leftmost first, until none is left."""
    parts = [data[i : i + 1] for i in range(len(data))]
    while True:
        ranked = [(ranks[a + b], i) for i, (a, b) in enumerate(pairwise(parts)) if a + b in ranks]
        if not ranked:
            return tuple(parts)
        _, at = min(ranked)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


# Examples that OpenAI prints for cl100k_base: openai-cookbook, "How to count tokens with tiktoken".
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("tiktoken is great!", (b"t", b"ik", b"token", b" is", b" great", b"!")),
        ("antidisestablishmentarianism", (b"ant", b"idis", b"establish", b"ment", b"arian", b"ism")),
        ("2 + 2 = 4", (b"2", b" +", b" ", b"2", b" =", b" ", b"4")),
        (
            "お誕生日おめでとう",
            (
                b"\xe3\x81\x8a",
                b"\xe8\xaa",
                b"\x95",
                b"\xe7\x94\x9f",
                b"\xe6\x97\xa5",
                b"\xe3\x81\x8a",
                b"\xe3\x82\x81",
                b"\xe3\x81\xa7",
                b"\xe3\x81\xa8\xe3\x81\x86",
            ),
        ),
    ],
)
def test_the_older_vocabulary_gives_the_tokens_that_openai_prints(text, tokens):
    assert for_model(OLDER).split(text) == tokens


@BOTH
def test_common_words_are_one_token_each(model):
    assert for_model(model).split("hello world") == (b"hello", b" world")


@BOTH
@settings(deadline=None)  # the first example reads the whole vocabulary
@given(text=UNDIVIDED)
def test_the_tokens_are_those_of_byte_pair_encoding_over_the_published_ranks(model, text):
    tokenizer = for_model(model)
    assert tokenizer.split(text) == textbook_pairs(text.encode(), published_ranks(tokenizer.name))


@BOTH
def test_an_emoji_is_tokens_that_are_no_text_alone_and_one_piece(model):
    tokens = for_model(model).split("🌞")
    assert len(tokens) > 1
    for token in tokens:
        with pytest.raises(UnicodeDecodeError):
            token.decode()
    assert [piece.text for piece in pieces(tokens)] == ["🌞"]


@BOTH
@settings(deadline=None)  # the first example reads the whole vocabulary
@given(text=st.text(st.characters()))
def test_the_tokens_joined_are_the_text(model, text):
    tokens = for_model(model).split(text)
    assert b"".join(tokens) == well_formed(text).encode()
    assert all(tokens)
    assert joined(pieces(tokens)) == well_formed(text)


@BOTH
def test_the_name_of_a_special_token_is_ordinary_text(model):
    tokens = for_model(model).split("<|endoftext|>")
    assert len(tokens) > 1
    assert b"".join(tokens) == b"<|endoftext|>"


@BOTH
def test_a_lone_surrogate_is_the_replacement_character(model):
    assert for_model(model).split("\ud83d") == (b"\xef\xbf\xbd",)


@BOTH
def test_a_text_may_be_longer_than_the_librarys_own_limits(model):
    # More than 1,000,000 characters and more than 200,000 tokens, either of which its public encoder refuses.
    assert for_model(model).split("hello" + " world" * 250_000) == (b"hello", *[b" world"] * 250_000)


@pytest.mark.parametrize(
    "model",
    [
        "gpt-3.5-turbo",
        "gpt-3.5-turbo-0125",
        "gpt-3.5-turbo-instruct",
        "gpt-35-turbo",
        "gpt-4",
        "gpt-4-0613",
        "gpt-4-32k",
        "gpt-4-turbo",
        "gpt-4-turbo-2024-04-09",
        "GPT-4",
        "openai/gpt-4",
        "openai/gpt-4:nitro",
        "vendor/openai/gpt-3.5-turbo",
        "ft:gpt-4-0613:org::id",
        "ft:gpt-3.5-turbo",
        "text-embedding-ada-002",
        "text-embedding-3-small",
        "openai/text-embedding-3-large",
        "davinci-002",
        "ft:babbage-002:org",
    ],
)
def test_the_models_of_the_older_vocabulary(model):
    assert vocabulary_name(model) == "cl100k_base"


@pytest.mark.parametrize(
    "model",
    [
        "gpt-4o",
        "gpt-4o-mini",
        "gpt-4.1",
        "gpt-4.1-nano",
        "gpt-4.5-preview",
        "gpt-5",
        "gpt-5.1",
        "openai/gpt-5.1",
        "openai/gpt-4o",
        "ft:gpt-4o-2024-08-06:org::id",
        "chatgpt-4o-latest",
        "o1",
        "o3-mini",
        "o4-mini",
        "gpt-oss-120b",
        "deepseek-chat",
        "gpt-4/other",
        "",
    ],
)
def test_newer_and_unknown_models_have_the_newer_vocabulary(model):
    assert vocabulary_name(model) == "o200k_base"


def test_models_of_one_vocabulary_share_one_tokenizer():
    assert for_model("gpt-5.1") is for_model("openai/o3-mini")
    assert for_model("gpt-4") is for_model("text-embedding-3-small")
    assert [for_model(OLDER).name, for_model(NEWER).name] == ["cl100k_base", "o200k_base"]


def test_without_the_extra_the_error_says_what_to_install_and_nothing_is_remembered(monkeypatch):
    vocabulary._vocabulary.cache_clear()
    with monkeypatch.context() as missing:
        missing.setitem(sys.modules, "bpe_openai", None)
        with pytest.raises(TokensUnavailable) as caught:
            for_model(NEWER)
    assert isinstance(caught.value, MockLLMError)
    assert "o200k_base" in str(caught.value)
    assert "bpe_openai" in str(caught.value)
    assert "pip install 'mockllm-server[tokens]'" in str(caught.value)
    assert for_model(NEWER).split("hello") == (b"hello",)
