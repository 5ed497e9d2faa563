import pytest

from mockllm.dialects.responses.validate import validate, validate_input
from mockllm.errors import ApiError

BODY = {"model": "gpt-4.1", "input": "Hi"}


def refused(body, check=validate, **options):
    with pytest.raises(ApiError) as caught:
        check(body, **options)
    error = caught.value
    assert (error.status, error.type) == (400, "invalid_request_error")
    return error.message, error.code, error.param


def test_the_body_that_is_accepted_is_given_back():
    assert validate(BODY) is BODY
    assert validate_input(BODY) == BODY


def test_what_does_not_count_is_not_looked_at_when_tokens_are_counted():
    assert validate_input({**BODY, "include": True, "store": "no"}) == BODY


@pytest.mark.parametrize("check", [validate, validate_input])
@pytest.mark.parametrize("body", [[], "x", None, 1])
def test_a_body_must_be_an_object(body, check):
    message, code, param = refused(body, check)
    assert message.startswith("We could not parse the JSON body of your request.")
    assert (code, param) == (None, None)


def test_a_model_is_required():
    found = ("Missing required parameter: 'model'.", "missing_required_parameter", "model")
    assert refused({"input": "Hi"}) == found
    assert validate_input({"input": "Hi"})


SOURCE = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided."


@pytest.mark.parametrize("check", [validate, validate_input])
def test_something_must_be_asked(check):
    assert refused({"model": "gpt-4.1"}, check) == (SOURCE, "missing_required_parameter", "input")
    assert refused({"model": "gpt-4.1", "input": None}, check) == (SOURCE, "missing_required_parameter", "input")
    for other in ({"previous_response_id": "resp_1"}, {"conversation": "conv_1"}, {"prompt": {"id": "pmpt_1"}}):
        assert check({"model": "gpt-4.1", **other})


def test_unknown_parameters_are_refused_if_strict():
    body = {**BODY, "response_format": {}, "another": 1}
    found = ("Unknown parameter: 'response_format'.", "unknown_parameter", "response_format")
    assert refused(body, strict=True) == found
    assert validate(body) is body
    assert validate(BODY, strict=True) is BODY


@pytest.mark.parametrize("model", ["gpt-5", "o3", "gpt-5.5"])
def test_a_model_that_reasons_takes_no_temperature_if_strict(model):
    body = {**BODY, "model": model, "temperature": 0.5}
    message = "Unsupported parameter: 'temperature' is not supported with this model."
    assert refused(body, strict=True) == (message, None, "temperature")
    assert validate(body) is body
    assert validate({**body, "temperature": None}, strict=True)
    assert validate({**body, "reasoning": {"effort": "none"}}, strict=True)


def test_effort_decides_whether_a_model_reasons():
    body = {**BODY, "model": "gpt-5.2", "temperature": 0.5}
    assert validate(body, strict=True) is body
    assert validate({**BODY, "temperature": 0.5}, strict=True)
    assert refused({**body, "reasoning": {"effort": "low"}}, strict=True)[2] == "temperature"


def test_a_choice_needs_what_is_chosen():
    message = "Tool choice 'required' must be specified with 'tools' parameter."
    assert refused({**BODY, "tool_choice": "required"}) == (message, None, "tool_choice")
