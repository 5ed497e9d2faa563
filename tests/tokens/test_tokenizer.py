import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.tokens.tokenizer import well_formed

ANY_TEXT = st.text(st.characters())
WELL_FORMED = st.text(st.characters(exclude_categories=["Cs"]))


@given(WELL_FORMED)
def test_text_without_surrogates_is_not_changed(text):
    assert well_formed(text) == text


@given(ANY_TEXT)
def test_the_result_can_always_be_written_as_utf8(text):
    assert well_formed(text).encode().decode() == well_formed(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ud83d", "\ufffd"),
        ("\udf1e.", "\ufffd."),
        ("a\ud83db", "a\ufffdb"),
        ("\udf1e\ud83c", "\ufffd\ufffd"),
        ("\ud83c\ud83c\udf1e", "\ufffd🌞"),
        ("\ufeffa\ud800", "\ufeffa\ufffd"),
    ],
)
def test_a_surrogate_without_a_partner_becomes_the_replacement_character(text, expected):
    assert well_formed(text) == expected


def test_two_halves_that_were_escaped_apart_become_their_character():
    halves = json.loads('"\\ud83c"') + json.loads('"\\udf1e"')
    assert well_formed(f"in {halves} out") == "in 🌞 out"
