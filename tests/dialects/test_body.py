import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockllm.dialects.body import parse, unparsable
from mockllm.errors import ApiError

MESSAGE = (
    "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
    "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON. If you have trouble "
    "figuring out how to fix this, please contact us through our help center at help.openai.com.)"
)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'{"model": "gpt-4o", "n": 1, "temperature": 1.0}', {"model": "gpt-4o", "n": 1, "temperature": 1.0}),
        (b" [null, true, -1] ", [None, True, -1]),
        ('"é🌞"'.encode(), "é🌞"),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_json_is_read(raw, value):
    assert parse(raw) == value


def test_an_integer_and_a_decimal_stay_apart():
    assert [type(number) for number in parse(b"[1, 1.0]")] == [int, float]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"model=gpt-4o", b"{'model': 1}", b"[NaN]", b"[1e999]", b'"\xff"', b"\xef\xbb\xbf{}", b'"\\ud800"'],
    ids=["empty", "cut", "form", "python", "nan", "infinity", "not utf-8", "byte order mark", "lone surrogate"],
)
def test_what_is_not_json_is_refused_in_the_service_s_words(raw):
    with pytest.raises(ApiError) as caught:
        parse(raw)
    error = caught.value
    assert (error.status, error.type, error.message) == (400, "invalid_request_error", MESSAGE)
    assert (error.code, error.param) == (None, None)


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_is_read_to_254_levels_and_refused_beyond(opening, closing):
    def nested(levels):
        innermost = b"[]" if opening == b"[" else b"{}"
        return opening * (levels - 1) + innermost + closing * (levels - 1)

    parse(nested(254))
    for levels in (255, 1024, 100_000):
        with pytest.raises(ApiError) as caught:
            parse(nested(levels))
        assert caught.value.message == MESSAGE


def test_many_brackets_side_by_side_are_not_deep():
    assert parse(b"[" + b"[]," * 1000 + b"{}]") == [[]] * 1000 + [{}]


def test_brackets_inside_strings_are_not_deep():
    assert parse(b'"' + b"[{" * 1000 + b'"') == "[{" * 1000


def test_the_refusal_is_the_same_wherever_it_is_raised():
    assert unparsable().message == MESSAGE


def outcome(raw):
    try:
        parse(raw)
    except ApiError as error:
        return error.message
    return None


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw):
    assert outcome(raw) in {None, MESSAGE}
