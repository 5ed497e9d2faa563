import pytest

from mockllm.dialects.responses.validate.history import check_pairing
from mockllm.errors import ApiError

USER = {"role": "user", "content": "Hi"}
SAID = {"role": "assistant", "content": "Ho"}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": []}


def call(key, kind="function_call"):
    return {"type": kind, "call_id": key, "name": "f", "arguments": "{}", "input": ""}


def output(key, kind="function_call"):
    return {"type": f"{kind}_output", "call_id": key, "output": "x"}


def refused(*own, earlier=()):
    with pytest.raises(ApiError) as caught:
        check_pairing(list(earlier), list(own))
    error = caught.value
    assert (error.status, error.code, error.param) == (400, None, "input")
    return error.message


@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call"])
def test_calls_and_outputs_in_pairs_are_accepted(kind):
    check_pairing([], [USER, call("1", kind), call("2", kind), output("2", kind), output("1", kind), USER])
    check_pairing([USER, call("1", kind)], [output("1", kind)])
    check_pairing([], [])


def test_an_output_needs_a_call_before_it():
    message = "No tool call found for function call output with call_id 1."
    assert refused(output("1")) == message
    assert refused(output("1"), call("1")) == message
    assert refused(output("1"), earlier=[call("2"), output("2")]) == message
    other = "No tool call found for custom tool call output with call_id 1."
    assert refused(call("1"), output("1"), output("1", "custom_tool_call")) == other


def test_a_call_needs_an_output():
    assert refused(USER, call("1"), USER) == "No tool output found for function call 1."
    assert refused(USER, earlier=[call("1")]) == "No tool output found for function call 1."
    assert refused(call("1", "custom_tool_call")) == "No tool output found for custom tool call 1."


@pytest.mark.parametrize("after", [SAID, call("1"), REASONING | {"id": "rs_2"}, {"type": "web_search_call"}])
def test_reasoning_goes_before_what_was_reasoned_out(after):
    check_pairing([], [REASONING, after, SAID, *([output("1")] if "call_id" in after else [])])


@pytest.mark.parametrize("after", [[], [USER], [output("1"), SAID]])
def test_reasoning_alone_is_refused(after):
    message = "Item 'rs_1' of type 'reasoning' was provided without its required following item."
    assert refused(REASONING, *after, earlier=[call("1"), output("1")]) == message


def test_reasoning_that_was_never_stored_has_no_id_to_miss_anything():
    check_pairing([], [{"type": "reasoning", "summary": []}, USER])
    check_pairing([], [{**REASONING, "id": None}, USER])
    check_pairing([REASONING], [USER])
