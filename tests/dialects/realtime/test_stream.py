"""The events of an answer: their order, their shapes under the SDK's types and OpenAI's description, and the fold."""

import base64

import orjson
import pytest

from mockllm.dialects.realtime import REALTIME
from mockllm.dialects.realtime.folded import folded
from mockllm.request import Call
from mockllm.store import Store
from mockllm.turn import Audio, Reasoning, Refusal, Text, ToolCall
from tests.realtime_wire import wrong
from tests.turns import SEED, pieces, said, turn

USER = {
    "id": "item_user",
    "type": "message",
    "status": "completed",
    "role": "user",
    "content": [{"type": "input_text", "text": "Hi"}],
}
PCM = {"type": "audio/pcm", "rate": 24_000}
BODY = {
    "model": "gpt-realtime",
    "output_modalities": ["text"],
    "input": [USER],
    "conversation": "auto",
    "audio": {"output": {"format": PCM, "voice": "marin", "speed": 1.0}},
    "session": {"id": "sess_1", "conversation_id": "conv_1"},
}
TEXT = Text(pieces("Hi", " you"))
CALL = ToolCall("call_1", "f", pieces('{"a"', ":1}"))


def asked(**fields):
    body = {**BODY, **fields}
    return REALTIME.read(Call("WEBSOCKET", "/v1/realtime", body=orjson.dumps(body)), body, strict=False, store=Store())


def events(*parts, stop="stop", **fields):
    return [frame.data for frame in REALTIME.stream(turn(said(*parts, stop=stop)), asked(**fields), SEED)]


def types(*parts, **fields):
    return [event["type"].removeprefix("response.") for event in events(*parts, **fields)]


def test_written():
    assert types(TEXT) == [
        "created",
        "output_item.added",
        "conversation.item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "conversation.item.done",
        "output_item.done",
        "done",
    ]
    told = events(TEXT)
    item = told[1]["item"]["id"]
    place = {"response_id": told[0]["response"]["id"], "item_id": item, "output_index": 0, "content_index": 0}
    shown = [{key: value for key, value in event.items() if key != "event_id"} for event in told]
    assert shown[3] == {"type": "response.content_part.added", **place, "part": {"type": "text", "text": ""}}
    assert shown[4] == {"type": "response.output_text.delta", **place, "delta": "Hi"}
    assert shown[6] == {"type": "response.output_text.done", **place, "text": "Hi you"}
    done = {"id": item, "type": "message", "status": "completed", "role": "assistant"}
    done["content"] = [{"type": "output_text", "text": "Hi you"}]
    assert shown[8] == {"type": "conversation.item.done", "previous_item_id": "item_user", "item": done}


def test_spoken():
    assert types(TEXT, output_modalities=["audio"]) == [
        "created",
        "output_item.added",
        "conversation.item.added",
        "content_part.added",
        "output_audio_transcript.delta",
        "output_audio.delta",
        "output_audio_transcript.delta",
        "output_audio.delta",
        "output_audio.done",
        "output_audio_transcript.done",
        "content_part.done",
        "conversation.item.done",
        "output_item.done",
        "done",
    ]
    told = events(TEXT, output_modalities=["audio"])
    assert base64.b64decode(told[5]["delta"]) == bytes(12_000)
    assert told[-1]["response"]["output"][0]["content"] == [{"type": "output_audio", "transcript": "Hi you"}]
    assert told[-1]["response"]["usage"]["output_token_details"] == {"text_tokens": 3, "audio_tokens": 2}


def test_sound_has_the_format_of_the_session():
    audio = {"output": {"format": {"type": "audio/pcmu"}, "voice": "marin"}}
    told = events(TEXT, output_modalities=["audio"], audio=audio)
    assert base64.b64decode(told[5]["delta"]) == b"\xff" * 2_000
    assert told[0]["response"]["audio"]["output"] == audio["output"]


def test_sound_of_the_author_goes_out_as_it_is():
    spoken = Audio("audio_1", pieces("Hi"), ("AAAA", "BBBB"), 0)
    told = events(spoken, output_modalities=["audio"])
    assert [event["delta"] for event in told if event["type"] == "response.output_audio.delta"] == ["AAAA", "BBBB"]
    assert types(spoken).count("output_text.delta") == 1
    short = Audio("audio_1", pieces("Hi", " you"), ("AAAA",), 0)
    assert types(short, output_modalities=["audio"]).count("output_audio_transcript.delta") == 2
    assert types(short, output_modalities=["audio"]).count("output_audio.delta") == 1


def test_a_function_call():
    assert types(CALL) == [
        "created",
        "output_item.added",
        "conversation.item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "conversation.item.done",
        "output_item.done",
        "done",
    ]
    told = events(CALL)
    assert told[1]["item"]["arguments"] == ""
    assert (told[3]["call_id"], told[3]["delta"]) == ("call_1", '{"a"')
    assert (told[5]["name"], told[5]["arguments"]) == ("f", '{"a":1}')


def test_items_follow_each_other_in_the_conversation():
    told = events(TEXT, CALL)
    added = [event for event in told if event["type"] == "conversation.item.added"]
    assert [event["previous_item_id"] for event in added] == ["item_user", added[0]["item"]["id"]]
    indexes = [event["output_index"] for event in told if event["type"] == "response.output_item.added"]
    assert indexes == [0, 1]
    assert events(TEXT, input=[])[2]["previous_item_id"] is None


def test_an_answer_outside_the_conversation_adds_nothing_to_it():
    assert not any(name.startswith("conversation.") for name in types(TEXT, conversation="none"))
    assert events(TEXT, conversation="none")[0]["response"]["conversation_id"] is None


def test_an_answer_that_is_cut_off_is_incomplete():
    for stop, reason in (("length", "max_output_tokens"), ("content_filter", "content_filter")):
        done = events(TEXT, stop=stop)[-1]["response"]
        assert (done["status"], done["output"][0]["status"]) == ("incomplete", "incomplete")
        assert done["status_details"] == {"type": "incomplete", "reason": reason}


def test_what_this_api_has_not_is_left_out():
    assert types(Reasoning(pieces("Hm")), Refusal(pieces("No"))).count("output_item.added") == 1


def test_an_answer_of_nothing_is_an_answer():
    assert types() == ["created", "done"]


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ([TEXT], {}),
        ([TEXT], {"output_modalities": ["audio"]}),
        ([TEXT, CALL, CALL], {}),
        ([CALL], {"conversation": "none"}),
        ([TEXT], {"max_output_tokens": 7, "metadata": {"a": "b"}, "stop": "length"}),
        ([Audio("audio_1", pieces("Hi"), ("AAAA",), 0)], {"output_modalities": ["audio"]}),
    ],
)
def test_every_event_is_what_the_types_and_the_description_say(parts, fields):
    for event in events(*parts, **fields):
        assert wrong(event) == [], event["type"]


@pytest.mark.parametrize("parts", [(TEXT,), (CALL,), (TEXT, CALL), ()])
@pytest.mark.parametrize("modality", ["text", "audio"])
def test_the_events_fold_to_the_response(parts, modality):
    told = events(*parts, output_modalities=[modality])
    answer = folded(told[:-1])
    done = told[-1]["response"]
    assert list(answer.items) == done["output"]
    assert done == REALTIME.body(turn(said(*parts)), asked(output_modalities=[modality]))
    assert not answer.done
    assert folded(told).done


def test_the_ids_of_events_are_all_different_and_the_same_each_time():
    told = events(TEXT, CALL)
    assert len({event["event_id"] for event in told}) == len(told)
    assert told == events(TEXT, CALL)


def test_tokens_are_counted_where_they_are_said():
    frames = list(REALTIME.stream(turn(said(TEXT, CALL)), asked(output_modalities=["audio"]), SEED))
    assert sum(frame.tokens for frame in frames) == 4
    assert all(frame.tokens == 0 for frame in frames if frame.event == "response.output_audio.delta")
    assert [frame.kind for frame in frames if frame.kind != "event"] == ["opening", *["token"] * 4, "finish"]
