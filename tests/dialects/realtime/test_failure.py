import pytest
from openai.types.realtime import RealtimeErrorEvent

from mockllm.dialects.realtime.failure import events
from tests.realtime_wire import wrong

ERROR = {"message": "No.", "type": "invalid_request_error", "param": "item", "code": "invalid_value", "headers": {}}
ASKED = {"event_id": "mine", "session": {"id": "sess_1", "conversation_id": "conv_1"}}


@pytest.mark.parametrize(("status", "asked"), [(400, {"event_id": "mine"}), (404, ASKED), (500, {"event_id": "mine"})])
def test_an_error_of_the_client_is_an_event_that_names_what_it_is_about(status, asked):
    (frame,) = events(status, ERROR, asked)
    key = frame.data["event_id"]
    assert frame.data == {
        "type": "error",
        "event_id": key,
        "error": {
            "type": "invalid_request_error",
            "code": "invalid_value",
            "message": "No.",
            "param": "item",
            "event_id": "mine",
        },
    }
    assert frame.kind == "error"
    assert wrong(frame.data) == []
    RealtimeErrorEvent.model_validate(frame.data, strict=True)


def test_an_event_without_an_id_has_none_to_name():
    (frame,) = events(400, ERROR, {"event_id": 7})
    assert frame.data["error"]["event_id"] is None


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_limit_or_a_failure_of_the_service_is_a_failed_response(status):
    created, done = (frame.data for frame in events(status, ERROR, ASKED))
    assert (created["type"], done["type"]) == ("response.created", "response.done")
    assert created["response"]["id"] == done["response"]["id"]
    assert done["response"]["status"] == "failed"
    assert done["response"]["status_details"] == {
        "type": "failed",
        "error": {"type": "invalid_request_error", "code": "invalid_value", "message": "No."},
    }
    for event in (created, done):
        assert wrong(event) == []
