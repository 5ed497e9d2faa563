"""The lines of a batch's input."""

import json

import pytest

from mockllm.dialects.batches.lines import MOST_ERRORS, Line, LineError, read_lines

CHAT = "/v1/chat/completions"


def line(custom_id="a", *, model="m", **other):
    return json.dumps({"custom_id": custom_id, "method": "POST", "url": CHAT, "body": {"model": model}, **other})


def read(*lines):
    return read_lines("\n".join(lines).encode(), CHAT)


def test_each_line_is_a_request_and_blank_lines_are_nothing():
    lines, errors = read(line("a"), "", "  ", line("b"), "")
    assert (lines, errors) == ((Line("a", CHAT, {"model": "m"}), Line("b", CHAT, {"model": "m"})), ())
    assert lines[0].path == "/chat/completions"


@pytest.mark.parametrize(
    ("bad", "code", "param"),
    [
        ("{", "invalid_json_line", None),
        ("[]", "invalid_json_line", None),
        ("\udc80".encode(errors="surrogateescape").decode("latin-1") + "{", "invalid_json_line", None),
        (line(custom_id=None), "missing_required_parameter", "custom_id"),
        (line("b", method=None), "missing_required_parameter", "method"),
        (line("b", url=None), "missing_required_parameter", "url"),
        (line("b", body=None), "missing_required_parameter", "body"),
        (line("b", method="GET"), "invalid_method", "method"),
        (line("b", url="/v1/embeddings"), "invalid_url", "url"),
        (line("a"), "duplicate_custom_id", "custom_id"),
        (line("b", model="n"), "mismatched_model", "body.model"),
    ],
)
def test_what_is_wrong_with_a_line_is_told_with_its_number(bad, code, param):
    lines, errors = read(line("a"), bad, line("c"))
    assert [(error.code, error.line, error.param) for error in errors] == [(code, 2, param)]
    assert [each.custom_id for each in lines] == ["a", "c"]


def test_all_faults_are_told_up_to_a_limit():
    _, errors = read(*["{"] * (MOST_ERRORS + 5))
    assert [error.line for error in errors] == list(range(1, MOST_ERRORS + 1))


def test_a_file_has_one_request_at_least_and_not_too_many(monkeypatch):
    assert [(error.code, error.line) for error in read("", " ")[1]] == [("empty_file", None)]
    monkeypatch.setattr("mockllm.dialects.batches.lines.MOST_LINES", 1)
    assert [error.code for error in read(line("a"), line("b"))[1]] == ["too_many_requests"]


def test_an_error_is_shown_with_the_four_keys_of_the_api():
    assert LineError("c", "m", 3, "p").shown() == {"code": "c", "line": 3, "message": "m", "param": "p"}
