import re

import pytest

from mockllm.fill.template import Template
from mockllm.fill.words import Words, arguments_text, call_id
from mockllm.seeds import Seed
from mockllm.tokens import LongText, joined, splitter
from tests.turns import SEED, asked


def words(*, spaced=False):
    return Words(Template(asked(), SEED, enabled=True), splitter(), spaced)


def test_arguments_are_compact_for_one_call_and_spaced_for_several():
    assert arguments_text({"a": "é", "b": 1}, spaced=False) == '{"a":"é","b":1}'
    assert arguments_text({"a": "é", "b": 1}, spaced=True) == '{"a": "é", "b": 1}'


def test_call_ids_are_derived():
    assert re.fullmatch("call_[0-9A-Za-z]{24}", call_id(SEED))
    assert call_id(SEED) != call_id(Seed.of("other"))


def test_a_text_is_filled_in_and_cut_and_a_list_is_cut_already():
    assert joined(words().pieces("{{ user }} there")) == "Hi there"
    assert [piece.text for piece in words().pieces(("{{ user }}", " th", "ere"))] == ["Hi", " th", "ere"]


def test_a_long_text_is_cut_like_a_short_one():
    assert joined(words().pieces("word " * 1_000)) == "word " * 1_000


@pytest.mark.parametrize(
    ("arguments", "text"),
    [(None, "{}"), ({"a": "{{ user }}"}, '{"a": "Hi"}'), ('{"a', '{"a'), (("{", "}"), "{}")],
)
def test_arguments_are_json_or_as_they_are_written(arguments, text):
    assert joined(words(spaced=True).arguments(arguments)) == text


def test_templates_are_filled_in_wherever_they_are():
    assert words().filled({"a": ["{{ user }}", 1, None], "b": ("x",)}) == {"a": ["Hi", 1, None], "b": ["x"]}


@pytest.mark.parametrize("text", ["word🌞 \ud83d" * 1_000, ("word", "", " two") * 1_000], ids=["a text", "a list"])
def test_a_long_text_is_cut_as_it_is_looked_at_and_known_as_a_whole(text):
    found = words().pieces(text)
    assert (type(found), found.made) == (LongText, 0)
    assert found[0].text == "word"
    assert found.made <= 64
    period = len(text) // 1_000
    short = [piece for _ in range(1_000) for piece in words().pieces(text[:period])]
    assert list(found) == short
    assert joined(found) == "".join(piece.text for piece in short)
    assert found.most >= len(found)
