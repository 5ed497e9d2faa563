import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mockllm.tokens.piece import count, joined, pieces
from mockllm.tokens.splitter import split, splitter
from mockllm.tokens.tokenizer import well_formed
from mockllm.tokens.vocabulary import for_model

ANY_TEXT = st.text(st.characters())
# Small alphabets make runs, and every kind of neighbour of every kind of run.
RUNS = st.text(st.sampled_from("aZé_ '\t\r\n\x1c\x00\u30001٣.{—日한न्🌞\u200d\ufe0f\U0001d400\ud83d\udf1e"), max_size=40)
WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz"), min_size=1, max_size=60)

PROSE = """
The harbour was quiet when the last ferry came in, and only two people stood on the pier. One of them had a letter
in her coat, written by a brother she had not seen for eleven years. The other was a young man who sold coffee from
a small cart, and he was about to close for the night. She asked him whether the road to the village was still open
after the storm. He said that it was, but that the bridge had lost a few boards and she should walk slowly, because
there was no light on that side of the river. They talked about the weather, the price of fish and the new school,
which nobody seemed to like. Then she thanked him, paid for a cup she did not finish, and went up the hill with the
understanding that some conversations are important precisely because nothing happens in them.
"""

FORMAL = """
A reservation may be cancelled without charge until 48 hours before arrival; later cancellations are invoiced at the
full rate, unless the accommodation can be offered to another customer. Requests for modification, including changes
of name, must be submitted in writing (e-mail is sufficient) and become effective only after confirmation. The company
accepts no responsibility for personal belongings, vehicles or equipment left unattended on the premises. Where a
dispute cannot be settled amicably, both parties agree to mediation before any legal proceedings are initiated. Local
regulations concerning registration, noise and the protection of the environment apply in addition to these conditions.
"""


def shown(text):
    """The tokens as text, where each of them is whole characters."""
    return [token.decode() for token in split(text)]


@given(ANY_TEXT | RUNS)
@example("\ud83c")
def test_the_tokens_joined_are_the_text(text):
    assert b"".join(split(text)) == well_formed(text).encode()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_without_surrogates_comes_back_byte_for_byte(text):
    assert b"".join(split(text)) == text.encode()


@given(ANY_TEXT | RUNS)
def test_no_token_is_empty(text):
    assert all(split(text))


@given(ANY_TEXT | RUNS)
def test_the_pieces_of_any_text_show_that_text(text):
    tokens = split(text)
    assert joined(pieces(tokens)) == well_formed(text)
    assert count(pieces(tokens)) == len(tokens)


@given(WORDS)
def test_a_word_of_up_to_nine_letters_is_one_token_and_a_longer_one_has_pieces_of_three_to_seven(word):
    sizes = [len(piece) for piece in shown(word)]
    assert sizes == [len(word)] if len(word) <= 9 else 3 <= min(sizes) <= max(sizes) <= 7


@given(WORDS)
def test_a_leading_space_changes_nothing_but_the_first_token(word):
    first, *rest = shown(word)
    assert shown(f" {word}") == [f" {first}", *rest]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The capital of France is Paris.", ["The", " capital", " of", " France", " is", " Paris", "."]),
        ("Hello, world!", ["Hello", ",", " world", "!"]),
        ("I'm sure it's here, don't ask.", ["I'm", " sure", " it's", " here", ",", " don't", " ask", "."]),
        ("He said no.\n\nThen left.", ["He", " said", " no", ".\n\n", "Then", " left", "."]),
        ("France's government couldn't", ["France", "'s", " govern", "ment", " couldn", "'t"]),
        ("rock'dance", ["rock", "'", "dance"]),
        ("", []),
    ],
)
def test_simple_english_looks_like_the_real_thing(text, tokens):
    assert shown(text) == tokens


@pytest.mark.parametrize(
    ("word", "tokens"),
    [
        ("information", ["inform", "ation"]),
        ("understanding", ["under", "stand", "ing"]),
        ("transportation", ["trans", "port", "ation"]),
        ("successfully", ["success", "fully"]),
        ("completion", ["comple", "tion"]),
        ("everything", ["every", "thing"]),
        ("question", ["question"]),
        ("Something", ["Something"]),
        ("INFORMATION", ["INFORM", "ATION"]),
        ("overwhelmed", ["over", "whelmed"]),
        ("vegetarian", ["veget", "arian"]),
        ("wheelbarrow", ["wheel", "barrow"]),
        ("_information", ["_inform", "ation"]),
    ],
)
def test_a_long_word_is_cut_at_its_prefix_and_suffix_or_else_evenly(word, tokens):
    assert shown(word) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ('{"city":"Paris"}', ['{"', "city", '":"', "Paris", '"}']),
        ("get_weather", ["get", "_weather"]),
        ("getWeather", ["get", "Weather"]),
        ("HTMLParser", ["HTML", "Parser"]),
        ("def f():\n    return 1", ["def", " f", "():\n", "   ", " return", " ", "1"]),
        ("========", ["====", "===="]),
        (" -----", [" ----", "-"]),
    ],
)
def test_code_and_json_are_cut_where_code_changes(text, tokens):
    assert shown(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("1234567", ["123", "456", "7"]),
        ("in 2026", ["in", " ", "202", "6"]),
        ("3.14", ["3", ".", "14"]),
        ("a1b", ["a", "1", "b"]),
        ("٣٤٥٦", ["٣٤٥", "٦"]),
    ],
)
def test_digits_come_in_threes_and_leave_their_space_behind(text, tokens):
    assert shown(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a   b", ["a", "  ", " b"]),
        ("a ", ["a", " "]),
        ("a\tb", ["a", "\t", "b"]),
        ("\t\tb", ["\t", "\t", "b"]),
        ("  \n", ["  ", "\n"]),
        ("\r\n\r\n", ["\r\n\r\n"]),
        (" " * 20, [" " * 16, " " * 4]),
        ("\n" * 20, ["\n" * 16, "\n" * 4]),
    ],
)
def test_a_run_of_white_space_is_one_token_up_to_sixteen_and_gives_its_last_space_to_the_next_word(text, tokens):
    assert shown(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("日本語です。", ["日", "本", "語", "で", "す", "。"]),
        ("안녕 하세요", ["안", "녕", " 하", "세", "요"]),
        ("a \u3000", ["a", " \u3000"]),
        ("Привет мир", ["Привет", " мир"]),
        ("नमस्ते", ["नमस्", "ते"]),
        ("cafe\u0301", ["cafe\u0301"]),
        ("“a” — b…", ["“", "a", "”", " —", " b", "…"]),
        ("\x00\x07", ["\x00", "\x07"]),
    ],
)
def test_other_scripts_and_symbols(text, tokens):
    assert shown(text) == tokens


def test_an_emoji_is_two_tokens_that_are_no_text_alone():
    assert split("It is 🌞.") == (b"It", b" is", b" \xf0\x9f", b"\x8c\x9e", b".")


def test_every_astral_character_is_two_tokens():
    assert split("🌞\U0001d400") == (b"\xf0\x9f", b"\x8c\x9e", b"\xf0\x9d", b"\x90\x80")


def test_an_emoji_of_joined_characters_keeps_its_joiners():
    # Man U+1F468, zero width joiner U+200D, woman U+1F469.
    assert split("👨\u200d👩") == (b"\xf0\x9f", b"\x91\xa8", b"\xe2\x80\x8d", b"\xf0\x9f", b"\x91\xa9")


def test_an_emoji_with_a_variation_selector_is_two_characters():
    assert split(" ❤\ufe0f") == (b" \xe2\x9d\xa4", b"\xef\xb8\x8f")


def test_a_lone_surrogate_counts_as_the_replacement_character():
    assert split("a\ud83d") == (b"a", b"\xef\xbf\xbd")


def test_english_prose_has_about_three_words_for_four_tokens():
    both = PROSE + FORMAL
    assert 0.70 <= len(both.split()) / len(split(both)) <= 0.80


@pytest.mark.parametrize("text", [PROSE, FORMAL])
def test_english_prose_has_within_15_percent_the_tokens_of_the_exact_vocabulary(text):
    assert len(split(text)) == pytest.approx(len(for_model("gpt-4o").split(text)), rel=0.15)


# A megabyte of one kind of run: the tokens it must have are counted by hand. Work that grew with the square of the
# length would be 10**12 steps, which no timeout allows.
@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a" * 1_000_000, 142_858),  # ceil(n / 7)
        ("A" * 1_000_000, 142_858),
        (" " * 1_000_000, 62_500),  # n / 16
        (" " * 1_000_000 + "b", 62_501),  # 999,999 spaces, then " b"
        ("\t" * 1_000_000 + "b", 62_502),  # 999,999 tabs, then one tab, then "b"
        ("\n" * 1_000_000, 62_500),
        ("🌞" * 250_000, 500_000),
        ("日" * 333_333, 333_333),
        ("1" * 1_000_000, 333_334),  # ceil(n / 3)
        ("!" * 1_000_000, 250_000),
        ("_" * 1_000_000, 250_000),
        ("—" * 333_333, 333_333),
        ("Aa" * 500_000, 500_000),
    ],
    ids=lambda value: repr(value[:2]) if isinstance(value, str) else "",
)
def test_a_megabyte_without_a_boundary_is_no_special_case(text, tokens):
    parts = split(text)
    assert len(parts) == tokens
    assert b"".join(parts) == text.encode()


def calls_of(text):
    """How many functions, built-in ones included, are called to split this text."""
    calls = Counter()

    def count_call(frame, event, argument):
        calls[event] += 1

    sys.setprofile(count_call)
    try:
        split(text)
    finally:
        sys.setprofile(None)
    return calls["call"] + calls["c_call"]


@pytest.mark.parametrize("unit", ["a", "A", " ", "🌞", "日", "1", "!", "—", "word ", "\t", " \t", "'s", "1a", PROSE])
def test_twice_the_text_is_at_most_twice_the_work(unit):
    few, many = calls_of(unit * 400), calls_of(unit * 800)
    assert few > 0
    assert many <= 2 * few + 10


def test_the_tokens_are_the_same_in_every_process():
    text = PROSE + "日本語 🌞 internationalization {'a': 1}"
    program = "import sys; from mockllm.tokens.splitter import split; print(split(sys.argv[1]))"
    answers = {
        subprocess.run(
            [sys.executable, "-c", program, text],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4294967295")
    }
    assert answers == {f"{split(text)}\n"}


def test_the_default_tokenizer_has_a_name_and_splits_as_the_function():
    assert splitter().name == "splitter"
    assert splitter().split(PROSE) == split(PROSE)
    assert splitter() == splitter()


@given(ANY_TEXT | RUNS | WORDS)
def test_tokens_come_one_by_one_as_they_come_together(text):
    assert tuple(splitter().tokens(text)) == splitter().split(text) == split(text)


def test_a_token_is_there_before_the_next_is_looked_for():
    assert next(splitter().tokens(" so" * 1_000_000)) == b" so"
