import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.dialects.base import Layout
from mockllm.dialects.plain import EDGE_ERROR, ERROR, body_bytes, error_json
from mockllm.errors import ApiError

VALUE = {"a": [1, {"b": "ü🌞"}], "c": {}, "d": []}


COMPACT = '{"a":[1,{"b":"ü🌞"}],"c":{},"d":[]}'
TWO = '{\n  "a": [\n    1,\n    {\n      "b": "ü🌞"\n    }\n  ],\n  "c": {},\n  "d": []\n}'
FOUR = TWO.replace("  ", "    ")


def test_bytes_and_texts_are_sent_as_they_are():
    assert body_bytes(b"\xff\n", Layout()) == b"\xff\n"
    assert body_bytes("ü", Layout()) == "ü".encode()


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        (Layout(indent=0, newline=False), COMPACT),
        (Layout(indent=0), f"{COMPACT}\n"),
        (Layout(), f"{TWO}\n"),
        (Layout(newline=False), TWO),
        (Layout(indent=4), f"{FOUR}\n"),
    ],
)
def test_a_body_is_printed_in_its_layout_with_raw_utf_8(layout, text):
    assert body_bytes(VALUE, layout).decode() == text


@pytest.mark.parametrize("indent", [0, 2])
def test_what_the_fast_writer_has_no_form_for_is_printed_in_the_same_layout(indent):
    layout = Layout(indent=indent)
    big = body_bytes({"n": 2**70, "a": [1], "e": []}, layout)
    assert big.decode() == body_bytes({"n": 0, "a": [1], "e": []}, layout).decode().replace("0", str(2**70))


def test_a_text_is_sent_as_it_is():
    assert body_bytes("<html>ü</html>", Layout()) == "<html>ü</html>".encode()
    assert body_bytes("", Layout()) == b""
    assert body_bytes("\ud83c", Layout()) == b"\xed\xa0\xbc"


@given(st.dictionaries(st.text(), st.lists(st.text() | st.integers(0, 9) | st.none())), st.sampled_from([0, 2, 4]))
def test_what_is_printed_is_json_of_the_value(value, indent):
    assert json.loads(body_bytes(value, Layout(indent=indent))) == value


def test_an_error_has_its_four_keys_in_the_order_of_the_wire():
    assert json.dumps(error_json(ApiError(400, "No."))) == (
        '{"error": {"message": "No.", "type": "invalid_request_error", "param": null, "code": null}}'
    )
    full = ApiError(429, "Slow.", type_="requests", code="rate_limit_exceeded", param="model")
    assert list(error_json(full)["error"].values()) == ["Slow.", "requests", "model", "rate_limit_exceeded"]


def test_errors_of_the_api_have_two_spaces_and_no_newline_and_those_of_the_edge_four_and_one():
    assert body_bytes({"error": {}}, ERROR) == b'{\n  "error": {}\n}'
    assert body_bytes({"error": {}}, EDGE_ERROR) == b'{\n    "error": {}\n}\n'
