"""What scalars mean (YAML 1.2.2 §10.3.2), which are refused, and what is said about bad syntax."""

import pytest
import yaml

from mockllm.scenario.core_schema import (
    LONGEST_NUMBER,
    RefusedError,
    read_scalar,
    refused_characters,
    refused_tag,
    syntax_message,
    tag_name,
)

CORE = "tag:yaml.org,2002:"
HALF = "write the whole character, or \\U and its eight hexadecimal digits in double quotes"

PLAIN = [
    (None, ["", "~", "null", "Null", "NULL"]),
    (True, ["true", "True", "TRUE"]),
    (False, ["false", "False", "FALSE"]),
    (0, ["0", "-0", "+0", "00", "0o0", "0x0"]),
    (12, ["12", "+12", "012", "0o14", "0xC", "0xc", "0x0C"]),
    (-19, ["-19"]),
    (1000.0, ["1e3", "1E3", "1.e3", "1e+3", "1000.", "+1000.0", "10000e-1"]),
    (0.5, [".5", "0.5", "+.5", "5e-1"]),
    (-0.25, ["-.25", "-0.25"]),
]
TEXT = [
    *("yes", "no", "on", "off", "Yes", "NO", "On", "y", "n", "tRUE", "nULL", "nil", "none", "None", "true.", "nulll"),
    *("1:30", "1:30:00", "2024-01-01", "2024-01-01T00:00:00Z", "1_000", "1,000", "0b11", "0o8", "0xG", "0O14", "0X1F"),
    *("-0x1F", "+0o7", "1e", "e3", ".", "-", "+", "..", "1.2.3", "--1", "1 2", " 1", ".e3", "+-1", "1e3.5", "0o", "0x"),
    *("inf", "nan", ".iNF", "-.nan", "=", "<<", "\u0661\u0662", "12\n", "infinity", "1e3f", "250ms", "5%", "60/min"),
]


@pytest.mark.parametrize(("value", "text"), [(value, text) for value, texts in PLAIN for text in texts])
@pytest.mark.parametrize("style", ["", None])
def test_a_plain_scalar_follows_the_core_schema(value, text, style):
    result = read_scalar(text, style, None)
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize("text", TEXT)
def test_what_is_not_in_the_core_schema_is_text(text):
    assert read_scalar(text, "", None) == text


@pytest.mark.parametrize("style", ['"', "'", "|", ">"])
@pytest.mark.parametrize("text", ["12", "true", "null", "", ".inf", "1e999", "9" * 5000, "é", "🌞"])
def test_a_quoted_or_block_scalar_is_text(style, text):
    assert read_scalar(text, style, None) == text


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("!", "12", "12"),
        (f"{CORE}str", "12", "12"),
        (f"{CORE}str", "", ""),
        (f"{CORE}int", "12", 12),
        (f"{CORE}int", "0x1F", 31),
        (f"{CORE}float", "3", 3.0),
        (f"{CORE}float", "3.5", 3.5),
        (f"{CORE}bool", "true", True),
        (f"{CORE}null", "", None),
    ],
)
@pytest.mark.parametrize("style", ["", '"'])
def test_a_core_tag_decides_whatever_the_style(tag, text, value, style):
    result = read_scalar(text, style, tag)
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize("text", ["9" * LONGEST_NUMBER, "-" + "9" * (LONGEST_NUMBER - 1)])
def test_the_longest_number_is_read(text):
    assert str(read_scalar(text, "", None)) == text


LONG = "a number of 641 characters, 640 are allowed: shorten it, or quote it if it is text"
UNBOUNDED = "is no number that JSON can hold: give a finite one, or quote it if it is text"


@pytest.mark.parametrize(
    ("text", "style", "tag", "message"),
    [
        *((text, "", None, f"'{text}' {UNBOUNDED}") for text in (".inf", "+.Inf", "-.INF", ".nan", ".NaN", ".NAN")),
        *((text, "", None, f"'{text}' {UNBOUNDED}") for text in ("1e999", "-1e400")),
        (".inf", "", f"{CORE}float", f"'.inf' {UNBOUNDED}"),
        ("9" * 400, "", f"{CORE}float", f"'{'9' * 59}... {UNBOUNDED}"),
        ("9" * 641, "", None, LONG),
        ("0x" + "F" * 639, "", None, LONG),
        ("0." + "1" * 639, "", None, LONG),
        ("abc", "", f"{CORE}int", "the tag !!int does not fit 'abc': change the text or remove the tag"),
        ("1.5", "", f"{CORE}int", "the tag !!int does not fit '1.5': change the text or remove the tag"),
        ("0x1F", "", f"{CORE}float", "the tag !!float does not fit '0x1F': change the text or remove the tag"),
        ("yes", "", f"{CORE}bool", "the tag !!bool does not fit 'yes': change the text or remove the tag"),
        ("\ud800", '"', None, f"U+D800 is not a character: {HALF}"),
        ("a\udfff", '"', f"{CORE}str", f"U+DFFF is not a character: {HALF}"),
    ],
)
def test_a_refused_scalar_says_why_and_what_to_do(text, style, tag, message):
    with pytest.raises(RefusedError) as refusal:
        read_scalar(text, style, tag)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        (f"{CORE}python/object:os.system", "!!python/object:os.system"),
        (f"{CORE}timestamp", "!!timestamp"),
        (f"{CORE}map", "!!map"),
        ("!Foo", "!Foo"),
        ("tag:example.com,2000:x", "tag:example.com,2000:x"),
    ],
)
def test_any_other_tag_is_refused_by_the_name_that_was_written(tag, name):
    message = f"the tag {name} cannot be used here: a scenario is plain data, so remove it, or quote it as text"
    with pytest.raises(RefusedError) as refusal:
        read_scalar("x", "", tag)
    assert (str(refusal.value), refused_tag(tag), tag_name(tag)) == (message, message, name)


def test_the_characters_that_yaml_cannot_hold_are_found_with_their_index():
    text = "a\x00b\x7f\x85\u2028\u2029\ufffe\ud83d"
    escape = 'U+{0} cannot stand in YAML as it is: write "\\u{0}" in double quotes'
    assert list(refused_characters(text)) == [
        (1, escape.format("0000")),
        (3, escape.format("007F")),
        (4, escape.format("0085")),
        (5, escape.format("2028")),
        (6, escape.format("2029")),
        (7, escape.format("FFFE")),
        (8, f"U+D83D cannot stand in YAML as it is: {HALF}"),
    ]


def test_the_characters_at_the_edges_of_what_yaml_can_hold_pass():
    assert list(refused_characters("\t\n\r ~\xa0\u2027\u202a\ud7ff\ue000\ufeff\ufffd\U00010000\U0010ffff")) == []


SPACES = "indent with spaces, never with tabs"
QUOTES = "put quotes around a value that"
COLUMN = "start all keys of a mapping in the same column, and put quotes around the whole of a value"


@pytest.mark.parametrize(
    ("text", "finding", "remedy"),
    [
        ("a:\n\tb: 1", "found character that cannot start any token", SPACES),
        ("a: 1\n\tb: 2", "found a tab character that violates indentation", SPACES),
        ("a: @x", "found character that cannot start any token", f"{QUOTES} starts with this character"),
        (
            "a: 1\n b: 2",
            "mapping values are not allowed in this context",
            f"{QUOTES} contains ': ', or correct the indentation",
        ),
        (
            "a: - b",
            "block sequence entries are not allowed in this context",
            "start the list on a line of its own, or quote the '-'",
        ),
        ("a: 'it's'", "did not find expected key", COLUMN),
        (
            "- a\nb: 1",
            "did not find expected '-' indicator",
            "start all items of a list in the same column, each with '- '",
        ),
        ("a: *bold*", "did not find expected alphabetic or numeric character", f"{QUOTES} starts with * or &"),
        ("a: |x", "did not find expected comment or line break", f"{QUOTES} starts with | or >"),
        (
            "a: {b: 1",
            "did not find expected ',' or '}'",
            f"close the bracket, and {QUOTES} contains brackets or ': '",
        ),
        ("a: 1\nb\nc: 2", "could not find expected ':'", "write ': ' after the key"),
        ("a: 'x", "found unexpected end of stream", "close the quote"),
        ('a: "\\q"', "found unknown escape character", "double the backslash, or use single quotes"),
        ('a: "\\ud83d\\ude00"', "found invalid Unicode character escape code", HALF),
        (
            "{a: 1}}",
            "did not find expected <document start>",
            "correct the indentation: the document ended before this place",
        ),
        ("a: !e!x 1", "found undefined tag handle", "remove the tag: a scenario is plain data"),
        ("a: ]", "did not find expected node content", "check the indentation, quotes and brackets around here"),
    ],
)
def test_what_the_parser_finds_has_its_remedy(text, finding, remedy):
    with pytest.raises(yaml.MarkedYAMLError) as error:
        list(yaml.parse(text, Loader=yaml.CSafeLoader))
    found, index = error.value.problem, error.value.problem_mark.index
    message = f"this is not YAML: {finding} while reading from line 3: {remedy}"
    assert syntax_message(found, " while reading from line 3", text[index : index + 1]) == message
