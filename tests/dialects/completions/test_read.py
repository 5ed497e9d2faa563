import pytest

from mockllm.dialects.completions.read import read
from mockllm.errors import ApiError
from mockllm.request import Call

CALL = Call("POST", "/v1/completions")


def test_the_fields_that_rules_match_on():
    body = {"model": "m", "prompt": ["a", "b"], "n": 3, "stop": "x", "logprobs": 0, "stream": True, "max_tokens": 5}
    request = read(CALL, body, strict=False)
    assert [message.text for message in request.messages] == ["a", "b"]
    assert (request.api, request.model, request.choices, request.stop) == ("completions", "m", 6, ("x",))
    assert (request.logprobs, request.top_logprobs, request.stream, request.max_tokens) == (True, 0, True, 5)


def test_stop_may_be_a_list_or_nothing():
    assert read(CALL, {"model": "m", "stop": ["x", "y"]}, strict=False).stop == ("x", "y")
    assert read(CALL, {"model": "m", "stop": None}, strict=False).stop == ()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "We could not parse the JSON body of your request."),
        ({}, "you must provide a model parameter"),
        ({"model": "m", "n": 0}, "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead."),
        ({"model": "m", "logprobs": 6}, "Invalid 'logprobs': integer above maximum value."),
        ({"model": "m", "prompt": {}}, "Invalid type for 'prompt'"),
        ({"model": "m", "stream_options": {}}, "only allowed when 'stream' is enabled"),
    ],
)
def test_what_is_refused(body, message):
    with pytest.raises(ApiError) as caught:
        read(CALL, body, strict=False)
    assert caught.value.status == 400
    assert message in caught.value.message


def test_a_strict_scenario_refuses_unknown_fields():
    body = {"model": "m", "prompt": "x", "foo": 1, "bar": 2}
    with pytest.raises(ApiError, match="Unrecognized request arguments supplied: bar, foo"):
        read(CALL, body, strict=True)
    with pytest.raises(ApiError, match="Unrecognized request argument supplied: foo"):
        read(CALL, {"model": "m", "foo": 1}, strict=True)
    assert read(CALL, body, strict=False).json["foo"] == 1
