import pytest

from mockllm.recording.text import yaml_text
from mockllm.scenario.reader import read

TEXTS = [
    *(
        "",
        " ",
        "a",
        "Hello world",
        "yes",
        "No",
        "null",
        "true",
        "1",
        "1e3",
        "0x10",
        "0o17",
        ".inf",
        "1:30",
        "~",
        "a: b",
    ),
    *(
        "- a",
        "# a",
        "a #b",
        "two\nlines",
        "two\nlines\n",
        "two\n\n",
        " indented\nline",
        "trailing \nspace",
        "tab\there",
    ),
    *("\ttab\nline", "a\r\nb", "\u2028", "🌞 wörld", '"', "'", "\\", "{{ x }}", "...", "---", "a\n--- b", "x" * 300),
    *(
        "2026-01-01",
        "<<",
        "=",
        "!tag",
        "&a",
        "*a",
        "%x",
        "@x",
        "`x",
        "|",
        ">",
        "?",
        ":",
        "[",
        "]",
        "{",
        "}",
        ",",
        "\ufeff",
    ),
]


@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_every_text_reads_back_as_it_was(text):
    document = {"a": text, "b": [text, {"c": text}], "d": {"data": {"e": text}}}
    assert read(yaml_text(document)).value == document


def test_values_read_back_as_they_were_and_nothing_is_an_alias():
    same = [1, 2.5, True, None, {"a": -1}]
    assert read(yaml_text({"x": same, "y": same})).value == {"x": same, "y": same}


def test_an_event_stands_on_one_line_and_a_text_of_lines_is_a_block():
    document = {"chunks": [{"after": "20ms", "data": {"a": ["x" * 200]}}, {"text": "one\ntwo\n"}]}
    assert yaml_text(document) == (
        'chunks:\n  - {after: "20ms", data: {a: [' + "x" * 200 + "]}}\n  - text: |\n      one\n      two\n"
    )
