import re

import orjson
import pytest

from mockllm.dialects.responses import stream
from mockllm.dialects.sse import event_bytes
from mockllm.plan import stamp
from mockllm.scenario.pace import Pace
from mockllm.turn import Audio, Logprob, Reasoning, Refusal, Text, ToolCall
from tests.turns import SEED, asked_responses, pieces, said, turn

PLACE = {"item_id": "msg", "output_index": 0, "content_index": 0}
EMPTY = {"type": "output_text", "annotations": [], "logprobs": [], "text": ""}


def frames(*parts, stop="stop", **fields):
    return list(stream.stream(turn(said(*parts, stop=stop)), asked_responses(**fields), SEED))


def payloads(*parts, **fields):
    """The payloads as they come back from their bytes, with ids cut to what comes before the digits."""
    events = [event_bytes(frame).decode() for frame in frames(*parts, **fields)]
    texts = [re.sub(r'"([a-z]+)_[0-9a-f]{50}"', r'"\1"', event.partition("\ndata: ")[2]) for event in events]
    return [orjson.loads(text) for text in texts]


def inside(*parts, **fields):
    """The events between the opening and the end as (type, other fields), without numbers, padding and `item`s."""
    hidden = {"type", "sequence_number", "obfuscation", "item"}
    return [
        (event["type"].removeprefix("response."), {key: event[key] for key in event if key not in hidden})
        for event in payloads(*parts, **fields)[2:-1]
    ]


def item_events(*parts, **fields):
    return [event["item"] for event in payloads(*parts, **fields) if "item" in event]


def types(*parts, **fields):
    return [event["type"].removeprefix("response.") for event in payloads(*parts, **fields)]


def test_text():
    assert inside(Text(pieces("Hello", " you"))) == [
        ("output_item.added", {"output_index": 0}),
        ("content_part.added", {**PLACE, "part": EMPTY}),
        ("output_text.delta", {**PLACE, "delta": "Hello", "logprobs": []}),
        ("output_text.delta", {**PLACE, "delta": " you", "logprobs": []}),
        ("output_text.done", {**PLACE, "text": "Hello you", "logprobs": []}),
        ("content_part.done", {**PLACE, "part": {**EMPTY, "text": "Hello you"}}),
        ("output_item.done", {"output_index": 0}),
    ]
    added, done = item_events(Text(pieces("Hello", " you")))
    assert added == {"id": "msg", "type": "message", "status": "in_progress", "content": [], "role": "assistant"}
    assert done == {**added, "status": "completed", "content": [{**EMPTY, "text": "Hello you"}]}


def test_the_stream_opens_twice_and_ends_once():
    events = payloads(Text(pieces("Hi")))
    assert [event["type"] for event in (*events[:2], events[-1])] == [
        "response.created",
        "response.in_progress",
        "response.completed",
    ]
    created, running, completed = (event["response"] for event in (*events[:2], events[-1]))
    assert created == running
    assert (created["status"], created["output"], created["usage"]) == ("in_progress", [], None)
    assert (completed["status"], completed["usage"]["total_tokens"]) == ("completed", 12)
    assert completed["output"] == [item_events(Text(pieces("Hi")))[1]]
    assert completed["id"] == created["id"] == "resp"
    assert all("billing" not in response for response in (created, completed))


def test_numbers_count_all_events_from_zero():
    events = payloads(Reasoning(pieces("Hm")), Text(pieces("Hello", " you")), ToolCall("1", "f", pieces("{}")))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_each_event_is_named_and_there_is_no_end_marker():
    sent = [event_bytes(frame).decode() for frame in frames(Text(pieces("Hi")))]
    assert sent[0].startswith('event: response.created\ndata: {"type":"response.created","response":{"id":"resp_')
    for event in sent:
        name, data = event.removesuffix("\n\n").split("\n")
        assert orjson.loads(data.removeprefix("data: "))["type"] == name.removeprefix("event: ")
    assert "[DONE]" not in "".join(sent)


def test_keys_are_in_the_order_of_the_alphabet_after_the_type():
    for event in payloads(Text(pieces("Hi")), ToolCall("1", "f", pieces("{}"))):
        first, *others = event
        assert first == "type"
        assert others == sorted(others)


def test_a_refusal():
    assert inside(Refusal(pieces("I", " won't"))) == [
        ("output_item.added", {"output_index": 0}),
        ("content_part.added", {**PLACE, "part": {"type": "refusal", "refusal": ""}}),
        ("refusal.delta", {**PLACE, "delta": "I"}),
        ("refusal.delta", {**PLACE, "delta": " won't"}),
        ("refusal.done", {**PLACE, "refusal": "I won't"}),
        ("content_part.done", {**PLACE, "part": {"type": "refusal", "refusal": "I won't"}}),
        ("output_item.done", {"output_index": 0}),
    ]


def test_speech_streams_as_its_transcript_and_beside_it_as_sound():
    """The four events of speech have no place (wire-contract §7.4)."""
    spoken = Audio("audio_1", pieces("Good", " day"), ("AAAA", "BBBB"), 0)
    assert inside(spoken) == [
        ("output_item.added", {"output_index": 0}),
        ("content_part.added", {**PLACE, "part": EMPTY}),
        ("output_text.delta", {**PLACE, "delta": "Good", "logprobs": []}),
        ("audio.transcript.delta", {"delta": "Good"}),
        ("output_text.delta", {**PLACE, "delta": " day", "logprobs": []}),
        ("audio.transcript.delta", {"delta": " day"}),
        ("audio.delta", {"delta": "AAAA"}),
        ("audio.delta", {"delta": "BBBB"}),
        ("audio.done", {}),
        ("audio.transcript.done", {}),
        ("output_text.done", {**PLACE, "text": "Good day", "logprobs": []}),
        ("content_part.done", {**PLACE, "part": {**EMPTY, "text": "Good day"}}),
        ("output_item.done", {"output_index": 0}),
    ]
    assert [frame.tokens for frame in frames(spoken)] == [0, 0, 0, 0, 1, 0, 1, *[0] * 9]


def test_a_spoken_message_is_the_one_of_its_transcript():
    assert item_events(Audio("audio_1", pieces("Hi"), ("AAAA",), 0)) == item_events(Text(pieces("Hi")))


def test_reasoning_then_text():
    place = {"item_id": "rs", "output_index": 0, "summary_index": 0}
    events = inside(Reasoning(pieces("Hm", ".")), Text(pieces("Hi")))
    assert events[:7] == [
        ("output_item.added", {"output_index": 0}),
        ("reasoning_summary_part.added", {**place, "part": {"type": "summary_text", "text": ""}}),
        ("reasoning_summary_text.delta", {**place, "delta": "Hm"}),
        ("reasoning_summary_text.delta", {**place, "delta": "."}),
        ("reasoning_summary_text.done", {**place, "text": "Hm."}),
        ("reasoning_summary_part.done", {**place, "part": {"type": "summary_text", "text": "Hm."}}),
        ("output_item.done", {"output_index": 0}),
    ]
    assert events[7] == ("output_item.added", {"output_index": 1})
    assert events[8][1]["output_index"] == 1


def test_reasoning_without_a_summary_is_added_and_done():
    assert types(Reasoning(()))[2:-1] == ["output_item.added", "output_item.done"]


def test_parallel_calls_come_one_after_the_other():
    calls = ToolCall("call_1", "f", pieces('{"a"', ":1}")), ToolCall("call_2", "g", pieces("{}"))
    first, second = ({"item_id": "fc", "output_index": index} for index in (0, 1))
    assert inside(*calls) == [
        ("output_item.added", {"output_index": 0}),
        ("function_call_arguments.delta", {**first, "delta": '{"a"'}),
        ("function_call_arguments.delta", {**first, "delta": ":1}"}),
        ("function_call_arguments.done", {**first, "arguments": '{"a":1}'}),
        ("output_item.done", {"output_index": 0}),
        ("output_item.added", {"output_index": 1}),
        ("function_call_arguments.delta", {**second, "delta": "{}"}),
        ("function_call_arguments.done", {**second, "arguments": "{}"}),
        ("output_item.done", {"output_index": 1}),
    ]
    added, done, *_ = item_events(*calls)
    assert (added["name"], added["call_id"], added["arguments"], added["status"]) == ("f", "call_1", "", "in_progress")
    assert done == {**added, "arguments": '{"a":1}', "status": "completed"}


def test_a_call_of_a_custom_tool():
    place = {"item_id": "ctc", "output_index": 0}
    assert inside(ToolCall("call_1", "run", pieces("SELECT", " 1"), "custom")) == [
        ("output_item.added", {"output_index": 0}),
        ("custom_tool_call_input.delta", {**place, "delta": "SELECT"}),
        ("custom_tool_call_input.delta", {**place, "delta": " 1"}),
        ("custom_tool_call_input.done", {**place, "input": "SELECT 1"}),
        ("output_item.done", {"output_index": 0}),
    ]


@pytest.mark.parametrize(("stop", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")])
def test_a_cut_answer_ends_with_incomplete(stop, reason):
    events = payloads(Text(pieces("Hel")), stop=stop)
    assert [event["type"].removeprefix("response.") for event in events[-4:]] == [
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "incomplete",
    ]
    assert events[-2]["item"]["status"] == "incomplete"
    last = events[-1]["response"]
    assert (last["status"], last["incomplete_details"]) == ("incomplete", {"reason": reason})


def test_an_answer_without_words_is_an_opening_and_an_end():
    assert types() == ["created", "in_progress", "completed"]


def citation(end):
    return {
        "type": "url_citation",
        "url_citation": {"start_index": 0, "end_index": end, "title": "T", "url": "https://example.com"},
    }


def test_an_annotation_comes_after_the_delta_that_completes_what_it_is_about():
    flat = {"type": "url_citation", "start_index": 0, "end_index": 5, "title": "T", "url": "https://example.com"}
    made = {"type": "container_file_citation", "container_id": "c", "file_id": "f", "filename": "n"}
    made |= {"start_index": 0, "end_index": 1}
    cited = {"type": "file_citation", "file_id": "f", "filename": "n", "index": 7}
    events = inside(Text(pieces("Hello", " you", " all"), (citation(5), cited, made)))
    assert [name for name, _ in events[2:9]] == [
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
    ]
    assert events[3][1] == {**PLACE, "annotation": flat, "annotation_index": 0}
    assert [fields["annotation_index"] for _, fields in events if "annotation_index" in fields] == [0, 1, 2]
    assert events[9][1]["part"]["annotations"] == [flat, cited, made]


def test_an_annotation_beyond_the_text_comes_before_the_text_is_done():
    assert types(Text(pieces("Hi"), (citation(99), citation(1))))[5:8] == [
        "output_text.annotation.added",
        "output_text.annotation.added",
        "output_text.done",
    ]


def test_log_probabilities_go_with_their_tokens():
    entries = tuple(Logprob(token, -0.5) for token in (b"Hello", b" you"))
    shown = [{"token": token, "logprob": -0.5, "top_logprobs": []} for token in ("Hello", " you")]
    events = inside(Text(pieces("Hello", " you"), (), entries))
    assert [fields["logprobs"] for name, fields in events if name.startswith("output_text")] == [
        [shown[0]],
        [shown[1]],
        shown,
    ]
    assert [entry["bytes"] for entry in events[-2][1]["part"]["logprobs"]] == [list(b"Hello"), list(b" you")]


@pytest.mark.parametrize("part", [Text, Refusal, Reasoning, lambda text: ToolCall("1", "f", text)])
@pytest.mark.parametrize(("text", "missing"), [("a", 15), (" you", 12), ("x" * 16, 0), ("x" * 17, 15), ("\n🌞", 14)])
def test_deltas_are_padded_to_sixteen_characters(part, text, missing):
    [delta] = [event for event in payloads(part(pieces(text))) if event["type"].endswith(".delta")]
    assert delta["delta"] == text
    assert len(delta["obfuscation"]) == missing
    assert re.fullmatch("[0-9A-Za-z]*", delta["obfuscation"])


def test_only_deltas_are_padded_and_each_differently():
    events = payloads(Text(pieces(*"abcdefgh")))
    padding = [event["obfuscation"] for event in events if event["type"].endswith(".delta")]
    assert len(set(padding)) == 8
    assert sum("obfuscation" in event for event in events) == 8


@pytest.mark.parametrize("fields", [{"stream_options": {"include_obfuscation": False}}, {"background": True}])
def test_padding_can_be_switched_off(fields):
    assert not any("obfuscation" in event for event in payloads(Text(pieces("Hi")), **fields))


def test_the_opening_goes_out_with_the_head_and_the_rest_with_the_tokens():
    made = stamp(tuple(frames(Text(pieces("Hello", " you")))))
    assert [frame.kind for frame in made] == [
        "opening",
        "opening",
        "event",
        "event",
        "token",
        "token",
        "event",
        "event",
        "event",
        "finish",
    ]
    pace = Pace.model_validate({"ttft": "300ms", "itl": "20ms", "finish": "5ms"})
    assert pace.schedule(made, SEED) == tuple(1_000 * due for due in (0, 0, 300, 300, 300, 320, 320, 320, 320, 325))


def test_labels_say_what_is_said():
    labels = [
        frame.label for frame in frames(Reasoning(pieces("Hm")), Text(pieces("Hi")), ToolCall("1", "f", pieces("{}")))
    ]
    assert '~"Hm"' in labels
    assert '"Hi"' in labels
    assert 'arguments "{}"' in labels
    assert (labels[0], labels[-1]) == ("created", "completed")


def test_frames_of_reasoning_say_so():
    told = frames(Reasoning(pieces("Hm", ".")), Text(pieces("Hi")), ToolCall("1", "f", pieces("{}")))
    assert [frame.thought for frame in told if frame.tokens] == [True, True, False, False]
