import re
from itertools import islice

import pytest

from mockllm.fill.schema.document import MAX_LENGTH
from mockllm.fill.schema.pattern import UnsupportedPattern, found, is_costly, matches
from mockllm.seeds import Seed


def drawn(pattern, least=0, most=1000, seed=1, count=40):
    return list(islice(matches(pattern, least, most, Seed.of(seed)), count))


# Expressions every drawn text matches in full.
EXACT = [
    r"[A-Z]{2}\d{4}",
    r"\d{3}-\d{2}-\d{4}",
    r"(foo|ba[rz])+",
    r"(\w)\1",
    r"(?:ab)?c*?d+",
    r"[^a-z/]{3}",
    r"[^\d]\D\S\W",
    r"\s\w",
    r"a.b",
    r"[^x]",
    r"#(?:[0-9a-f]{3}){1,2}",
    r"(a?){3}",
    r"((a|b){2,}c?)*",
    r"(?>ab|c)x++",
    r"é[à-ü]",
    r"[éà]",
    r"\/api\/v[0-9]+",
    r"(?:){0,3}x",
    r"(?P<y>\d)-(?P=y)",
    r"(?i:a)b",
    r"",
]


@pytest.mark.parametrize("pattern", EXACT)
def test_drawn_texts_match(pattern):
    whole = re.compile(pattern, re.ASCII)
    assert all(whole.fullmatch(text) for text in drawn(pattern))
    assert all(found(f"^(?:{pattern})$", text) for text in drawn(pattern))


# Expressions that look around: some drawn texts match, and `found` tells which.
@pytest.mark.parametrize(
    "pattern",
    [
        r"^(?=.*[A-Z])(?=.*\d)(?=.*[@$!%*?&])[A-Za-z\d@$!%*?&]{8,}$",
        r"^(?!a)[ab]$",
        r"\bword\b",
        r"^(?<!x)a$",
    ],
)
def test_some_texts_meet_what_only_looks(pattern):
    assert any(found(pattern, text) for text in drawn(pattern, count=64))


def test_named_groups_of_javascript_are_read():
    assert re.fullmatch(r"\d{4}-\d", drawn(r"^(?<year>\d{4})-(?<m>\d)$")[0])
    assert found(r"(?<year>\d{4})", "2024")


def test_classes_are_ascii_and_searching_needs_no_anchor():
    assert not found(r"\d", "٣")
    assert not found(r"\w", "é")
    assert found("b", "abc")
    assert not found("^b", "abc")


def test_a_bracket_in_a_class_is_a_bracket():
    assert set(drawn("^[[]$", count=3)) == {"["}


@pytest.mark.parametrize("pattern", ["[a-z]+", "(ab?)*c{2,}", ".*", r"^\w+ \w+$", "(a|b)+x*"])
def test_texts_are_as_long_as_asked_for(pattern):
    assert all(12 <= len(text) <= 15 for text in drawn(pattern, least=12, most=15))


def test_texts_are_no_longer_and_no_shorter_than_the_expression_allows():
    assert set(map(len, drawn("^[a-z]{2,5}$", least=9, most=99))) == {5}
    assert set(map(len, drawn("^[a-z]{7}$", least=0, most=3))) == {7}


def test_classes_give_letters_and_digits_first_and_then_everything():
    texts = drawn("^[a-z!@#$%^&*]{20}$", count=20)
    assert all(text.isalnum() for text in texts[:3])
    assert any(not text.isalnum() for text in texts[3:])


def test_texts_are_a_function_of_the_seed():
    assert drawn(".+", seed=1) == drawn(".+", seed=1)
    assert drawn(".+", seed=1) != drawn(".+", seed=2)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "cannot be read"),
        (r"\p{L}", "cannot be read"),
        ("(?<1>a)", "cannot be read"),
        ("a{99999999999999999999}", "cannot be read"),
        ("(" * 5000 + ")" * 5000, "cannot be read"),
        (rf"a{{{MAX_LENGTH + 1}}}", f"wants more than {MAX_LENGTH} characters"),
        (rf"(a?){{{MAX_LENGTH + 1}}}", f"repeats more than {MAX_LENGTH} times"),
        ("((a?){1000}){1000}", f"takes more than {MAX_LENGTH} steps"),
        (r"(a)?(?(1)b|c)", "uses groupref_exists, which is not supported"),
        (r"[^\x00-\x7f]", "has a class without a printable ASCII character"),
        (r"[\x00-\x1f]?\D(?:[^\s\S])", "has a class without a printable ASCII character"),
    ],
)
def test_an_expression_that_no_text_is_drawn_from_is_refused(pattern, reason):
    with pytest.raises(UnsupportedPattern, match=re.escape(reason)):
        drawn(pattern)


@pytest.mark.parametrize(
    ("pattern", "costly"),
    [
        ("a+", False),
        ("(ab?)*", False),
        ("(a{1,3})+", False),
        ("a+b+|c*", False),
        ("(a+)+", True),
        (r"^(\w+\s?)*\.$", True),
        ("((a*)b|c)*", True),
        ("(x|(?:a+?)*?)", True),
        ("(?=(a+)+)x", True),
        ("(?!(a+)+)x", True),
    ],
)
def test_a_repeat_in_a_repeat_is_costly(pattern, costly):
    assert is_costly(pattern) is costly
