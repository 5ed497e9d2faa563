"""Where an answer is cancelled: after each of its events, and what a client has then."""

import pytest

from mockllm.dialects.realtime.folded import cancelled, folded
from mockllm.turn import Text, ToolCall
from tests.dialects.realtime.test_stream import events
from tests.realtime_wire import wrong
from tests.turns import pieces

TEXT = Text(pieces("Hi", " you"))
CALL = ToolCall("call_1", "f", pieces('{"a"', ":1}"))


def tail(told):
    return list(cancelled(folded(told)))


@pytest.mark.parametrize("modality", ["text", "audio"])
@pytest.mark.parametrize("conversation", ["auto", "none"])
def test_a_cancelled_answer_is_whole_wherever_it_is_cut(modality, conversation):
    told = events(TEXT, CALL, output_modalities=[modality], conversation=conversation)
    for count in range(1, len(told)):
        end = tail(told[:count])
        for event in end:
            assert wrong(event) == [], (count, event)
        all_told = folded([*told[:count], *end])
        assert all_told.done
        assert all_told.open is None
        assert all_told.response["status"] == "cancelled"
        assert all_told.response["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
        assert list(all_told.items) == all_told.response["output"]


def test_what_was_said_by_then_stays():
    told = events(TEXT)
    end = tail(told[:5])
    assert [event["type"] for event in end] == [
        "response.output_text.done",
        "response.content_part.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
    ]
    assert end[0]["text"] == "Hi"
    item = end[-1]["response"]["output"][0]
    assert (item["status"], item["content"]) == ("incomplete", [{"type": "output_text", "text": "Hi"}])


def test_what_was_spoken_by_then_stays_as_its_transcript():
    end = tail(events(TEXT, output_modalities=["audio"])[:5])
    assert [event["type"] for event in end][:3] == [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
    ]
    assert end[-1]["response"]["output"][0]["content"] == [{"type": "output_audio", "transcript": "Hi"}]


def test_a_call_is_cut_in_its_arguments():
    end = tail(events(CALL)[:4])
    assert end[0]["type"] == "conversation.item.done"
    assert end[-1]["response"]["output"][0]["arguments"] == '{"a"'


def test_what_has_not_begun_or_is_over_cannot_be_cancelled():
    assert tail([]) == []
    assert tail(events(TEXT)) == []


def test_an_event_that_a_fault_has_broken_tells_nothing():
    told = events(TEXT)
    broken = [
        {"type": "response.created"},
        {"type": "response.created", "response": 3},
        {"type": "response.created", "response": {"id": None}},
        {"type": "response.output_item.added", "item": {"id": "item_1"}},
        {"type": "response.content_part.added", "part": None},
        {"type": "response.output_text.delta", "delta": None},
        {"type": "response.done", "response": {}},
    ]
    for event in broken:
        assert folded([*told[:4], event]) == folded(told[:4]), event
