import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.dialects.rules import (
    Choice,
    Either,
    Items,
    Map,
    Needs,
    Row,
    Supported,
    Tagged,
    Text,
    Whole,
    check,
    check_needs,
    check_rows,
    join,
)
from mockllm.errors import ApiError

PET = Tagged("kind", {"cat": (Row("lives", Whole(1, 9), required=True),), "dog": ()})


def refusal(act):
    with pytest.raises(ApiError) as caught:
        act()
    error = caught.value
    assert (error.status, error.type) == (400, "invalid_request_error")
    return error.message, error.code, error.param


ROWS = (Row("b", Whole(), required=True), Row("a", Items(PET)), Row("c", Text()))


def test_rows_are_read_from_top_to_bottom_whatever_the_order_of_the_body():
    assert refusal(lambda: check_rows(ROWS, {"c": 1, "a": 1, "b": "x"}))[2] == "b"
    assert refusal(lambda: check_rows(ROWS, {"c": 1, "a": 1, "b": 1}))[2] == "a"
    assert refusal(lambda: check_rows(ROWS, {"c": 1, "a": [{"kind": "cat"}], "b": 1}))[2] == "a[0].lives"
    check_rows(ROWS, {"c": "", "a": [], "b": 1})


def test_null_stands_for_an_absent_member_unless_it_is_required():
    check_rows(ROWS, {"b": 1, "a": None, "c": None})
    message = "Invalid type for 'b': expected an integer, but got null instead."
    assert refusal(lambda: check_rows(ROWS, {"b": None})) == (message, "invalid_type", "b")


def test_members_without_a_row_are_not_looked_at():
    check_rows(ROWS, {"b": 1, "z": object()})


def test_a_missing_member_has_its_own_code():
    message = "Missing required parameter: 'b'."
    assert refusal(lambda: check_rows(ROWS, {})) == (message, "missing_required_parameter", "b")


@pytest.mark.parametrize(("path", "joined"), [("", "model"), ("messages[0]", "messages[0].model")])
def test_a_path_grows_by_a_dot(path, joined):
    assert join(path, "model") == joined


NEEDS = (Needs("choice", "tools"), Needs("detail", "log", enabled=True))


@pytest.mark.parametrize(
    ("body", "message", "param"),
    [
        ({"choice": 0}, "Invalid value for 'choice': 'choice' is only allowed when 'tools' are specified.", "choice"),
        (
            {"choice": "", "tools": None, "detail": 1},
            "Invalid value for 'choice': 'choice' is only allowed when 'tools' are specified.",
            "choice",
        ),
        ({"detail": 1}, "The 'detail' parameter is only allowed when 'log' is enabled.", "detail"),
        ({"detail": 1, "log": 1}, "The 'detail' parameter is only allowed when 'log' is enabled.", "detail"),
        ({"detail": 0, "log": False}, "The 'detail' parameter is only allowed when 'log' is enabled.", "detail"),
    ],
)
def test_a_parameter_without_the_one_it_needs_is_refused(body, message, param):
    assert refusal(lambda: check_needs(NEEDS, body)) == (message, None, param)


@pytest.mark.parametrize(
    "body", [{}, {"choice": 1, "tools": False}, {"choice": None, "detail": None}, {"detail": 1, "log": True}]
)
def test_a_parameter_beside_the_one_it_needs_passes(body):
    check_needs(NEEDS, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abkind") | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


ANYTHING = Items(
    Either((PET, Map(Choice(("a", "b")), longest=2), Text(filled=True), Whole(0), Supported(("a",)))), most=2
)


def outcome(value):
    try:
        check(ANYTHING, value, "p")
    except ApiError as error:
        return error.status, (error.param or "")[:1]
    return None


@given(JSON)
def test_any_json_passes_or_is_refused_by_its_path(value):
    assert outcome(value) in {None, (400, "p")}
    assert outcome([value]) in {None, (400, "p")}
