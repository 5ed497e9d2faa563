"""What a client may say: the laws of lanes and of steering, which the SDK's types and its README describe."""

import pytest

from mockllm.dialects.dialogue import Ask
from mockllm.dialects.responses.dialogue import MOST_LANES, MOST_REMEMBERED, MOST_STEERS, ResponsesDialogue
from mockllm.dialects.responses.socket import EARLIER

BODY = {"model": "gpt-5.1", "input": "Hi"}
CREATE = {"type": "response.create", **BODY}
MESSAGE = {"type": "message", "role": "assistant", "content": [], "id": "msg_1"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}", "id": "fc_1"}


def created(key="resp_1"):
    return {"type": "response.created", "response": {"id": key}}


def ended(key="resp_1", *output, how="completed"):
    return {"type": f"response.{how}", "response": {"id": key, "output": list(output)}}


def running(body=BODY, lane="", key="resp_1", dialogue=None):
    """A dialogue with an answer on the way, and what was asked."""
    ask = Ask(body, lane)
    return (dialogue or ResponsesDialogue()).begin(ask, [created(key)]), ask


def steer(key="resp_1", given="Shorter"):
    return {"type": "response.steer", "previous_response_id": key, "input": given}


# --- events of the client ------------------------------------------------------------------------------------------


def test_a_response_is_wanted_without_the_type_of_the_event():
    reaction = ResponsesDialogue().hear(CREATE)
    assert reaction.asks == (Ask(BODY, ""),)
    assert reaction.says == ()


def test_a_lane_is_named_by_the_stream_id_which_stays_in_the_body():
    body = {**BODY, "stream_id": "A-1._"}
    assert ResponsesDialogue().hear({**CREATE, "stream_id": "A-1._"}).asks == (Ask(body, "A-1._"),)


@pytest.mark.parametrize(
    ("event", "code", "param"),
    [
        ({}, "missing_required_parameter", None),
        ({"type": "response.cancel"}, "invalid_value", "type"),
        ({"type": ["a"]}, "invalid_value", "type"),
        ({**CREATE, "stream_id": ""}, "invalid_stream_id", "stream_id"),
        ({**CREATE, "stream_id": "a b"}, "invalid_stream_id", "stream_id"),
        ({**CREATE, "stream_id": "a" * 257}, "invalid_stream_id", "stream_id"),
        ({**CREATE, "stream_id": 7}, "invalid_stream_id", "stream_id"),
        ({**CREATE, "background": True}, "unsupported_parameter", "background"),
    ],
)
def test_what_is_no_event_of_a_client_is_refused(event, code, param):
    reaction = ResponsesDialogue().hear(event)
    assert reaction.refuses is not None
    assert (reaction.refuses.status, reaction.refuses.code, reaction.refuses.param) == (400, code, param)
    assert reaction.asks == ()


def test_a_connection_has_so_many_lanes_with_names_and_the_one_without():
    dialogue = ResponsesDialogue()
    for number in range(MOST_LANES):
        dialogue = dialogue.hear({**CREATE, "stream_id": f"lane{number}"}).dialogue
    assert dialogue.hear({**CREATE, "stream_id": "lane0"}).refuses is None
    assert dialogue.hear(CREATE).refuses is None
    refused = dialogue.hear({**CREATE, "stream_id": "one-more"}).refuses
    assert refused is not None
    assert refused.code == "websocket_stream_limit_reached"


# --- what a connection remembers -----------------------------------------------------------------------------------


def test_an_unstored_response_is_continued_with_its_items():
    body = {**BODY, "store": False}
    dialogue, ask = running(body)
    dialogue = dialogue.end(ask, [created(), ended("resp_1", MESSAGE)], stopped=False).dialogue
    (follower,) = dialogue.hear({**CREATE, "input": "And?", "previous_response_id": "resp_1"}).asks
    assert follower.body[EARLIER] == [{"type": "message", "role": "user", "content": "Hi"}, MESSAGE]
    dialogue = dialogue.begin(Ask(follower.body | {"store": False}), [created("resp_2")])
    dialogue = dialogue.end(Ask(follower.body | {"store": False}), [ended("resp_2", MESSAGE)], stopped=False).dialogue
    (last,) = dialogue.hear({**CREATE, "previous_response_id": "resp_2"}).asks
    assert len(last.body[EARLIER]) == 4


def test_a_stored_response_is_left_to_the_store():
    dialogue, ask = running()
    dialogue = dialogue.end(ask, [ended("resp_1", MESSAGE)], stopped=False).dialogue
    (follower,) = dialogue.hear({**CREATE, "previous_response_id": "resp_1"}).asks
    assert EARLIER not in follower.body


def test_a_failed_continuation_drops_its_parent_from_the_same_lane_only():
    for lane, known in (("", False), ("fork", True)):
        dialogue, ask = running({**BODY, "store": False})
        dialogue = dialogue.end(ask, [ended()], stopped=False).dialogue
        failing = Ask({**BODY, "previous_response_id": "resp_1"}, lane)
        dialogue = dialogue.begin(failing, [{"type": "error", "error": {}}])
        dialogue = dialogue.end(failing, [{"type": "error", "error": {}}], stopped=False).dialogue
        (follower,) = dialogue.hear({**CREATE, "previous_response_id": "resp_1"}).asks
        assert (EARLIER in follower.body) is known


def test_the_oldest_response_is_forgotten_first():
    dialogue = ResponsesDialogue()
    for number in range(MOST_REMEMBERED + 1):
        dialogue, _ = running(key=f"resp_{number}", dialogue=dialogue)
    assert len(dialogue.responses) == MOST_REMEMBERED
    assert "resp_0" not in dialogue.responses


# --- steering ------------------------------------------------------------------------------------------------------


def test_steering_is_accepted_and_followed_by_a_response_of_its_own():
    dialogue, ask = running({**BODY, "instructions": "Be kind.", "stream_id": "a"}, "a")
    reaction = dialogue.hear(steer())
    (accepted,) = reaction.says
    key = accepted["steer"]["id"]
    assert accepted == {
        "type": "response.steer.accepted",
        "sequence_number": 0,
        "steer": {"id": key, "previous_response_id": "resp_1"},
        "stream_id": "a",
    }
    assert key.startswith("steer_")
    end = reaction.dialogue.end(ask, [created(), ended()], stopped=False)
    follower = {
        "model": "gpt-5.1",
        "instructions": "Be kind.",
        "stream_id": "a",
        "previous_response_id": "resp_1",
        "input": [{"type": "message", "role": "user", "content": "Shorter"}],
    }
    assert end.asks == (Ask(follower, "a"),)
    assert end.dialogue.end(ask, [ended()], stopped=False).asks == ()


def test_inputs_are_applied_in_the_order_in_which_they_came():
    dialogue, ask = running()
    parts = [{"type": "input_text", "text": "Two"}]
    dialogue = dialogue.hear(steer(given="One")).dialogue
    reaction = dialogue.hear(steer(given=[{"role": "user", "content": parts}]))
    assert reaction.says[0]["sequence_number"] == 1
    (follower,) = reaction.dialogue.end(ask, [ended()], stopped=False).asks
    assert [item["content"] for item in follower.body["input"]] == ["One", parts]


def test_steering_waits_for_what_the_client_owes_and_comes_before_it():
    dialogue, ask = running()
    dialogue = dialogue.hear(steer()).dialogue
    approval = {"type": "mcp_approval_request", "id": "mcpr_1", "name": "f", "server_label": "s", "arguments": "{}"}
    end = dialogue.end(ask, [ended("resp_1", MESSAGE, CALL, approval)], stopped=False)
    assert end.asks == ()
    (pending,) = end.says
    assert pending["type"] == "response.steer.pending"
    assert pending["sequence_number"] == 1
    assert pending["reason"] == "waiting_for_required_input"
    assert pending["required_input"] == [
        {"call_id": "call_1", "name": "f", "type": "function_call_output"},
        {"approval_request_id": "mcpr_1", "type": "mcp_approval_response"},
    ]
    output = {"type": "function_call_output", "call_id": "call_1", "output": "1"}
    reaction = end.dialogue.hear({**CREATE, "input": [output], "previous_response_id": "resp_1"})
    (follower,) = reaction.asks
    assert follower.body["input"] == [{"type": "message", "role": "user", "content": "Shorter"}, output]
    (again,) = reaction.dialogue.hear({**CREATE, "input": [output], "previous_response_id": "resp_1"}).asks
    assert again.body["input"] == [output]


def test_what_was_steered_to_a_response_that_failed_is_given_back():
    dialogue, ask = running()
    dialogue = dialogue.hear(steer()).dialogue
    (failed,) = dialogue.end(ask, [created(), ended(how="failed")], stopped=False).says
    assert failed["type"] == "response.steer.failed"
    assert failed["error"]["code"] == "successor_creation_failed"
    assert failed["steer"]["input"] == "Shorter"
    assert failed["steer"]["id"].startswith("steer_")


def test_what_never_ended_is_followed_by_nothing():
    dialogue, ask = running()
    dialogue = dialogue.hear(steer()).dialogue
    broken = {"type": "response.completed", "response": None}
    for said in ([created()], [created(), broken], [ended("resp_other")]):
        end = dialogue.end(ask, said, stopped=False)
        assert (end.says, end.asks) == ((), ())


@pytest.mark.parametrize(
    ("event", "code"),
    [
        (steer("resp_other"), "response_not_found"),
        (steer(given=""), "invalid_input"),
        (steer(given=[]), "invalid_input"),
        (steer(given=7), "invalid_input"),
        (steer(given=["text"]), "invalid_input"),
        (steer(given=[{"role": "system", "content": "x"}]), "invalid_input"),
        (steer(given=[{"role": "user", "content": "x", "id": "msg"}]), "invalid_input"),
        (steer(given=[{"type": "function_call_output", "call_id": "c", "output": "x"}]), "invalid_input"),
        ({**steer(), "stream_id": "a"}, "invalid_input"),
        ({"type": "response.steer", "input": "x"}, "response_not_found"),
    ],
)
def test_steering_that_cannot_be_is_given_back_with_the_reason(event, code):
    dialogue, _ = running()
    (failed,) = dialogue.hear(event).says
    assert failed["type"] == "response.steer.failed"
    assert failed["error"]["code"] == code
    assert failed["error"]["type"] == "invalid_request_error"
    assert failed["steer"]["input"] == event["input"]
    assert "id" not in failed["steer"]


def test_a_response_that_is_over_takes_no_input():
    dialogue, ask = running()
    dialogue = dialogue.end(ask, [ended()], stopped=False).dialogue
    assert dialogue.hear(steer()).says[0]["error"]["code"] == "response_already_completed"


@pytest.mark.parametrize("more", [{"conversation": "conv_1"}, {"context_management": [{"type": "compaction"}]}])
def test_some_responses_cannot_be_steered(more):
    dialogue, _ = running({**BODY, **more})
    assert dialogue.hear(steer()).says[0]["error"]["code"] == "steering_not_supported"


def test_so_many_inputs_wait_for_a_response_at_most():
    dialogue, _ = running()
    for _ in range(MOST_STEERS):
        dialogue = dialogue.hear(steer()).dialogue
    failed = dialogue.hear(steer())
    assert failed.says[0]["error"]["code"] == "too_many_pending_steers"
    assert failed.says[0]["sequence_number"] == MOST_STEERS
    steers = [entry.id for entry in dialogue.responses["resp_1"].steers]
    assert len(set(steers)) == MOST_STEERS
