import re

import pytest
from openai.types.responses import ResponseOutputItem

from mockllm.dialects.responses.items import (
    content_part,
    derived_id,
    flat_annotation,
    includes,
    incomplete_reason,
    logprob_json,
    output_items,
    response_id,
)
from mockllm.turn import Audio, Logprob, Reasoning, Refusal, Text, ToolCall
from tests.strict import problems
from tests.turns import asked_responses, pieces, said, turn

CITATION = {"type": "url_citation", "url_citation": {"start_index": 0, "end_index": 2, "title": "T", "url": "u"}}


def items(*parts, stop="stop", **fields):
    """The items as (added, done), with ids cut to what comes before the digits."""
    made = output_items(turn(said(*parts, stop=stop)), asked_responses(**fields))
    return [tuple({**form, "id": form["id"].split("_")[0]} for form in (item.added, item.done)) for item in made]


def test_ids_have_a_prefix_and_fifty_digits_and_share_the_first_sixteen():
    one = turn(said())
    ids = [response_id(one), derived_id(one, "msg", 0), derived_id(one, "msg", 1), derived_id(one, "rs", 0)]
    assert all(re.fullmatch(r"[a-z]+_[0-9a-f]{50}", key) for key in ids)
    assert len({key.split("_")[1][:16] for key in ids}) == 1
    assert len({key.split("_")[1] for key in ids}) == len(ids)
    assert response_id(turn(said(), key="other")) != response_id(one)


def test_text_is_a_message():
    added = {"id": "msg", "type": "message", "status": "in_progress", "content": [], "role": "assistant"}
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": "Hello you"}
    assert items(Text(pieces("Hello", " you"))) == [(added, {**added, "status": "completed", "content": [part]})]


def test_a_refusal_is_a_message_too():
    [(added, done)] = items(Refusal(pieces("No.")))
    assert (added["type"], added["content"]) == ("message", [])
    assert done["content"] == [{"type": "refusal", "refusal": "No."}]


def test_speech_is_its_transcript():
    [(_, done)] = items(Audio("audio_1", pieces("Good", " day"), ("AAAA",), 0))
    assert done["content"][0]["text"] == "Good day"


def test_a_function_call():
    [(added, done)] = items(ToolCall("call_1", "f", pieces('{"a"', ":1}")))
    assert list(added.items()) == [
        ("id", "fc"),
        ("type", "function_call"),
        ("status", "in_progress"),
        ("arguments", ""),
        ("call_id", "call_1"),
        ("name", "f"),
    ]
    assert done == {**added, "status": "completed", "arguments": '{"a":1}'}


def test_a_call_of_a_custom_tool():
    [(added, done)] = items(ToolCall("call_1", "run", pieces("SELECT 1"), "custom"))
    assert added == {
        "id": "ctc",
        "type": "custom_tool_call",
        "status": "in_progress",
        "call_id": "call_1",
        "input": "",
        "name": "run",
    }
    assert done == {**added, "status": "completed", "input": "SELECT 1"}


def test_reasoning_is_a_summary_without_a_status():
    added = {"id": "rs", "type": "reasoning", "summary": []}
    assert items(Reasoning(pieces("Hm"))) == [(added, {**added, "summary": [{"type": "summary_text", "text": "Hm"}]})]


def test_reasoning_without_words_has_an_empty_summary():
    [(added, done)] = items(Reasoning(()))
    assert added == done == {"id": "rs", "type": "reasoning", "summary": []}


def test_encrypted_reasoning_differs_between_added_and_done():
    [(added, done)] = items(Reasoning(pieces("Hm")), include=["reasoning.encrypted_content"])
    assert list(added) == list(done) == ["id", "type", "content", "encrypted_content", "summary"]
    assert added["content"] == done["content"] == []
    assert added["encrypted_content"] != done["encrypted_content"]
    assert len(done["encrypted_content"]) > 100


def test_two_reasoning_items_are_encrypted_differently():
    first, second = items(Reasoning(()), Reasoning(()), include=["reasoning.encrypted_content"])
    assert first[1]["encrypted_content"] != second[1]["encrypted_content"]


def test_items_come_in_the_order_of_the_parts_with_ids_of_their_own():
    parts = Reasoning(pieces("Hm")), Text(pieces("A")), ToolCall("1", "f", ()), ToolCall("2", "f", ())
    made = output_items(turn(said(*parts)), asked_responses())
    assert [item.part for item in made] == list(parts)
    assert len({item.id for item in made}) == 4


@pytest.mark.parametrize(
    ("stop", "reason", "statuses"),
    [
        ("length", "max_output_tokens", ["completed", "incomplete"]),
        ("content_filter", "content_filter", ["completed", "incomplete"]),
        ("stop", None, ["completed", "completed"]),
        ("tool_calls", None, ["completed", "completed"]),
        (None, None, ["completed", "completed"]),
    ],
)
def test_a_cut_makes_the_last_item_incomplete(stop, reason, statuses):
    parts = Text(pieces("A")), ToolCall("1", "f", ())
    assert incomplete_reason(said(*parts, stop=stop)) == reason
    assert [done["status"] for _, done in items(*parts, stop=stop)] == statuses


def test_annotations_are_flat():
    flat = {"type": "url_citation", "start_index": 0, "end_index": 2, "title": "T", "url": "u"}
    assert flat_annotation(CITATION) == flat
    assert flat_annotation(flat) == flat
    assert flat_annotation({"url": "u"}) == {"url": "u"}
    assert flat_annotation("odd") == "odd"
    assert content_part(Text(pieces("Hi"), (CITATION,)))["annotations"] == [flat]


def test_before_its_first_delta_a_part_is_empty():
    entry = Logprob(b"Hi", -0.5)
    assert content_part(Text(pieces("Hi"), (CITATION,), (entry,)), empty=True) == {
        "type": "output_text",
        "annotations": [],
        "logprobs": [],
        "text": "",
    }
    assert content_part(Refusal(pieces("No")), empty=True) == {"type": "refusal", "refusal": ""}


def test_log_probabilities_have_bytes_in_items_and_none_in_events():
    entry = Logprob(b"Hi", -0.5, ((b"Hi", -0.5), (b"\xf0\x9f", -2.0)))
    assert logprob_json(entry, with_bytes=True) == {
        "token": "Hi",
        "bytes": [72, 105],
        "logprob": -0.5,
        "top_logprobs": [
            {"token": "Hi", "bytes": [72, 105], "logprob": -0.5},
            {"token": "bytes:\\xf0\\x9f", "bytes": [240, 159], "logprob": -2.0},
        ],
    }
    assert logprob_json(entry, with_bytes=False) == {
        "token": "Hi",
        "logprob": -0.5,
        "top_logprobs": [{"token": "Hi", "logprob": -0.5}, {"token": "bytes:\\xf0\\x9f", "logprob": -2.0}],
    }
    assert content_part(Text(pieces("Hi"), (), (entry,)))["logprobs"] == [logprob_json(entry, with_bytes=True)]


def test_include_is_a_list_of_names():
    assert includes(asked_responses(include=["reasoning.encrypted_content"]), "reasoning.encrypted_content")
    assert not includes(asked_responses(include=[]), "reasoning.encrypted_content")
    assert not includes(asked_responses(), "reasoning.encrypted_content")


def test_every_item_is_what_the_sdk_says():
    parts = Text(pieces("A"), (CITATION,), (Logprob(b"A", -1.0),)), Refusal(pieces("No")), Reasoning(pieces("Hm"))
    calls = ToolCall("1", "f", pieces("{}")), ToolCall("2", "g", pieces("x"), "custom")
    include = ["reasoning.encrypted_content"]
    for item in output_items(turn(said(*parts, *calls)), asked_responses(include=include)):
        for form in (item.added, item.done):
            # The status of a custom tool call is on the wire and not in the SDK (wire-contract §7.3).
            assert problems(dict(form), ResponseOutputItem, {"status": "§7.3"}) == []
