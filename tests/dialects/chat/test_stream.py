import pytest

from mockllm.dialects.chat import stream
from mockllm.dialects.chat.write import NoRoomError
from mockllm.dialects.sse import compact, event_bytes
from mockllm.tokens import LongText, Piece
from mockllm.turn import Audio, Hosted, Logprob, Reasoning, Refusal, Text, ToolCall, Usage
from tests.turns import SEED, asked, pieces, said, turn

TOOL = {"type": "function", "function": {"name": "f"}}
FUNCTION = {"name": "f", "parameters": {"type": "object", "properties": {}}}
ROLE = {"role": "assistant", "content": "", "refusal": None}
HELLO = said(Text(pieces("Hel", "lo")))
CALL = ToolCall("call_a", "f", pieces('{"', 'x":1}'))
OTHER_CALL = ToolCall("call_b", "g", pieces("{}"))


def frames(told, request=None):
    return list(stream.stream(told, request or asked(), SEED))


def chunks(told, request=None):
    *before, last = frames(told, request)
    assert last.data == "[DONE]"
    return [frame.data for frame in before]


def choices(told, request=None):
    """Each choice that is told, as (index, delta, finish reason)."""
    found = [choice for chunk in chunks(told, request) for choice in chunk["choices"]]
    return [(choice["index"], choice["delta"], choice["finish_reason"]) for choice in found]


def deltas(told, request=None):
    """The deltas of a turn of one choice; the last, empty one is left out, its finish reason is at the end."""
    *before, (index, delta, finish) = choices(told, request)
    assert (index, delta) == (0, {})
    assert all(finish is None for _, _, finish in before)
    return [delta for _, delta, _ in before], finish


# The sequences of wire-contract §5.3, one test each.


def test_text_has_a_role_chunk_one_chunk_a_token_and_a_finish_chunk():
    assert deltas(turn(HELLO)) == ([ROLE, {"content": "Hel"}, {"content": "lo"}], "stop")


def test_the_keys_of_a_role_chunk_are_in_the_order_of_the_wire():
    assert list(deltas(turn(HELLO))[0][0]) == ["role", "content", "refusal"]
    alone = deltas(turn(said(CALL)), asked(tools=[TOOL]))[0][0]
    assert list(alone) == ["role", "content", "tool_calls", "refusal"]


def test_text_that_was_cut_finishes_with_length():
    assert deltas(turn(said(Text(pieces("Hel")), stop="length"))) == ([ROLE, {"content": "Hel"}], "length")


def test_a_turn_that_says_nothing_has_a_role_and_a_finish_chunk():
    assert deltas(turn(said())) == ([ROLE], "stop")
    assert deltas(turn(said(Text(())))) == ([ROLE], "stop")


def test_a_single_tool_call_shares_its_header_with_the_role():
    header = {"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": ""}}
    assert deltas(turn(said(CALL, stop="tool_calls")), asked(tools=[TOOL])) == (
        [
            {"role": "assistant", "content": None, "tool_calls": [header], "refusal": None},
            {"tool_calls": [{"index": 0, "function": {"arguments": '{"'}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": 'x":1}'}}]},
        ],
        "tool_calls",
    )


def test_two_tool_calls_follow_a_role_chunk_strictly_one_after_the_other():
    assert deltas(turn(said(CALL, OTHER_CALL, stop="tool_calls")), asked(tools=[TOOL])) == (
        [
            {"role": "assistant", "content": None},
            {
                "tool_calls": [
                    {"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": ""}}
                ]
            },
            {"tool_calls": [{"index": 0, "function": {"arguments": '{"'}}]},
            {"tool_calls": [{"index": 0, "function": {"arguments": 'x":1}'}}]},
            {
                "tool_calls": [
                    {"index": 1, "id": "call_b", "type": "function", "function": {"name": "g", "arguments": ""}}
                ]
            },
            {"tool_calls": [{"index": 1, "function": {"arguments": "{}"}}]},
        ],
        "tool_calls",
    )


def test_text_then_a_tool_call_has_the_role_of_text_and_one_finish():
    header = {"index": 0, "id": "call_b", "type": "function", "function": {"name": "g", "arguments": ""}}
    assert deltas(turn(said(Text(pieces("Hel")), OTHER_CALL, stop="tool_calls")), asked(tools=[TOOL])) == (
        [
            ROLE,
            {"content": "Hel"},
            {"tool_calls": [header]},
            {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]},
        ],
        "tool_calls",
    )


def test_a_refusal_begins_with_an_empty_refusal_and_no_content():
    assert deltas(turn(said(Refusal(pieces("I'm", " sorry"))))) == (
        [{"role": "assistant", "content": None, "refusal": ""}, {"refusal": "I'm"}, {"refusal": " sorry"}],
        "stop",
    )


def test_text_beside_a_refusal_begins_with_both_empty():
    assert deltas(turn(said(Text(pieces("Hm")), Refusal(pieces("no")))))[0] == [
        {"role": "assistant", "content": "", "refusal": ""},
        {"content": "Hm"},
        {"refusal": "no"},
    ]


def test_a_content_filter_is_a_finish_reason_after_the_content():
    assert deltas(turn(said(Text(pieces("Hel")), stop="content_filter"))) == (
        [ROLE, {"content": "Hel"}],
        "content_filter",
    )


def test_a_legacy_function_call_has_its_own_field_and_finish_reason():
    assert deltas(turn(said(CALL, stop="tool_calls")), asked(functions=[FUNCTION])) == (
        [
            {
                "role": "assistant",
                "content": None,
                "function_call": {"name": "f", "arguments": ""},
                "refusal": None,
            },
            {"function_call": {"arguments": '{"'}},
            {"function_call": {"arguments": 'x":1}'}},
        ],
        "function_call",
    )


def test_a_legacy_function_call_after_text_has_a_header_of_its_own():
    assert deltas(turn(said(Text(pieces("Hm")), OTHER_CALL, stop="stop")), asked(functions=[FUNCTION])) == (
        [
            ROLE,
            {"content": "Hm"},
            {"function_call": {"name": "g", "arguments": ""}},
            {"function_call": {"arguments": "{}"}},
        ],
        "stop",
    )


def test_a_custom_tool_call_has_an_input():
    call = ToolCall("call_c", "shell", pieces("ls", " -l"), "custom")
    assert deltas(turn(said(call, stop="tool_calls")), asked(tools=[TOOL]))[0] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"index": 0, "id": "call_c", "type": "custom", "custom": {"name": "shell", "input": ""}}],
            "refusal": None,
        },
        {"tool_calls": [{"index": 0, "custom": {"input": "ls"}}]},
        {"tool_calls": [{"index": 0, "custom": {"input": " -l"}}]},
    ]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_comes_in_the_field_that_the_part_names(field):
    assert deltas(turn(said(Reasoning(pieces("So", "."), field), Text(pieces("Hi"))))) == (
        [ROLE, {field: "So"}, {field: "."}, {"content": "Hi"}],
        "stop",
    )


def test_audio_is_transcript_then_sound_then_expiry_with_the_id_once():
    audio = Audio("audio_1", pieces("Hel", "lo"), ("AAAA", "BBBB"), 1_700_086_400)
    assert deltas(turn(said(audio))) == (
        [
            {"role": "assistant", "content": None},
            {"audio": {"id": "audio_1", "transcript": "Hel"}},
            {"audio": {"transcript": "lo"}},
            {"audio": {"data": "AAAA"}},
            {"audio": {"data": "BBBB"}},
            {"audio": {"expires_at": 1_700_086_400}},
        ],
        "stop",
    )


def test_audio_without_words_or_sound_says_so():
    assert deltas(turn(said(Audio("audio_1", (), (), 5))))[0][1:] == [
        {"audio": {"id": "audio_1", "transcript": ""}},
        {"audio": {"data": ""}},
        {"audio": {"expires_at": 5}},
    ]


def test_annotations_of_all_texts_come_once_before_the_finish():
    one, two = {"type": "url_citation", "url_citation": {"url": "a"}}, {"type": "url_citation", "url_citation": {}}
    told = turn(said(Text(pieces("a"), (one,)), Text(pieces("b"), (two,))))
    assert deltas(told)[0] == [ROLE, {"content": "a"}, {"content": "b"}, {"annotations": [one, two]}]


def test_a_choice_without_a_stop_reason_has_no_finish_chunk():
    assert choices(turn(said(Text(pieces("Hel")), stop=None))) == [(0, ROLE, None), (0, {"content": "Hel"}, None)]


def test_several_choices_are_interleaved_one_in_each_chunk_with_a_finish_of_their_own():
    told = turn(said(Text(pieces("a", "b"))), said(Text(pieces("c")), stop="length"))
    assert choices(told, asked(n=2)) == [
        (0, ROLE, None),
        (1, ROLE, None),
        (0, {"content": "a"}, None),
        (1, {"content": "c"}, None),
        (1, {}, "length"),
        (0, {"content": "b"}, None),
        (0, {}, "stop"),
    ]
    assert all(len(chunk["choices"]) == 1 for chunk in chunks(told))


def test_several_choices_have_one_usage_chunk_for_all():
    told = turn(HELLO, HELLO)
    found = chunks(told, asked(n=2, stream_options={"include_usage": True}))
    assert [chunk["choices"] for chunk in found].count([]) == 1
    assert found[-1]["usage"]["total_tokens"] == 12


# Logprobs (§5.3).

ENTRY = Logprob(b"Hel", -0.1, ((b"Hel", -0.1), (b" a", -2.5)))
TOLD_ENTRY = {
    "token": "Hel",
    "logprob": -0.1,
    "bytes": [72, 101, 108],
    "top_logprobs": [
        {"token": "Hel", "logprob": -0.1, "bytes": [72, 101, 108]},
        {"token": " a", "logprob": -2.5, "bytes": [32, 97]},
    ],
}


def logprobs(told, request=None):
    return [chunk["choices"][0].get("logprobs", "absent") for chunk in chunks(told, request)]


def test_logprobs_of_text_are_empty_with_the_role_one_entry_with_a_token_and_null_with_the_finish():
    told = turn(said(Text(pieces("Hel"), logprobs=(ENTRY,))))
    assert logprobs(told, asked(logprobs=True, top_logprobs=2)) == [
        {"content": [], "refusal": None},
        {"content": [TOLD_ENTRY], "refusal": None},
        None,
    ]


def test_logprobs_of_a_refusal_are_under_refusal():
    told = turn(said(Refusal(pieces("Hel"), logprobs=(ENTRY,))))
    assert logprobs(told, asked(logprobs=True)) == [
        {"content": None, "refusal": []},
        {"content": None, "refusal": [TOLD_ENTRY]},
        None,
    ]


def test_a_chunk_of_several_tokens_has_an_entry_for_each():
    halves = Piece("é", 2, (b"\xc3", b"\xa9"))
    told = turn(said(Text((halves,), logprobs=(Logprob(b"\xc3", -1.0), Logprob(b"\xa9", -2.0)))))
    (_, entries, _) = logprobs(told, asked(logprobs=True))
    assert [entry["bytes"] for entry in entries["content"]] == [[0xC3], [0xA9]]


def test_logprobs_of_reasoning_and_calls_are_null():
    told = turn(said(Reasoning(pieces("So")), Text(pieces("Hel"), logprobs=(ENTRY,)), OTHER_CALL))
    assert [found is None for found in logprobs(told, asked(logprobs=True, tools=[TOOL]))] == [
        False,
        True,
        False,
        True,
        True,
        True,
    ]
    assert logprobs(turn(said(OTHER_CALL)), asked(logprobs=True, tools=[TOOL])) == [None, None, None]


def test_logprobs_that_were_not_asked_for_are_null_or_absent_by_the_models_family():
    assert logprobs(turn(HELLO)) == [None] * 4
    assert logprobs(turn(HELLO), asked(model="gpt-5.1")) == ["absent"] * 4


# The envelope (§5.2).


def test_the_keys_of_a_chunk_are_in_the_order_of_the_wire():
    before, usage = chunks(turn(said()), asked(stream_options={"include_usage": True}))[-2:]
    order = [
        "id",
        "object",
        "created",
        "model",
        "service_tier",
        "system_fingerprint",
        "choices",
        "usage",
        "obfuscation",
    ]
    assert list(before) == list(usage) == order
    assert list(before["choices"][0]) == ["index", "delta", "logprobs", "finish_reason"]


def test_the_envelope_is_the_same_in_all_chunks():
    for chunk in chunks(turn(HELLO), asked(stream_options={"include_usage": True})):
        assert {
            key: chunk[key] for key in ("id", "object", "created", "model", "service_tier", "system_fingerprint")
        } == {
            "id": "chatcmpl-0123456789ABCDEFGHIJKLMNOPQRS",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "gpt-4o-2024-08-06",
            "service_tier": "default",
            "system_fingerprint": "fp_44709d6fcb",
        }


def test_a_turn_without_a_tier_has_no_such_key_and_one_without_a_fingerprint_has_null():
    for chunk in chunks(turn(HELLO, service_tier=None, system_fingerprint=None)):
        assert "service_tier" not in chunk
        assert chunk["system_fingerprint"] is None


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"include_usage": None}])
def test_without_include_usage_no_chunk_has_the_key(options):
    assert all("usage" not in chunk for chunk in chunks(turn(HELLO), asked(stream_options=options)))


def test_with_include_usage_it_is_null_in_all_chunks_but_the_last_which_has_no_choices():
    usage = Usage(input_tokens=9, output_tokens=6, reasoning_tokens=2, cached_tokens=4, audio_tokens=1)
    *before, last = chunks(turn(HELLO, usage=usage), asked(stream_options={"include_usage": True}))
    assert [chunk["usage"] for chunk in before] == [None] * 4
    assert last["choices"] == []
    assert last["usage"] == {
        "prompt_tokens": 9,
        "completion_tokens": 6,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 2,
            "audio_tokens": 1,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


LONG = turn(said(Text(pieces(*("x" * size for size in range(40)), "é", "—", "漢字", "🌞", '"', "\n", "\u2028"))))


def test_padding_makes_the_payload_one_more_than_a_multiple_of_sixteen_characters():
    asking = asked(stream_options={"include_usage": True}, moderation={"model": "m"})
    paddings = set()
    for chunk in chunks(LONG, asking):
        assert len(compact(chunk)) % 16 == 1
        assert chunk["obfuscation"].isascii()
        assert chunk["obfuscation"].isalnum() or not chunk["obfuscation"]
        paddings.add(len(chunk["obfuscation"]))
    # All lengths occur, also none at all, where the key still is.
    assert paddings == set(range(16))


def test_padding_counts_the_characters_that_are_sent_and_not_the_bytes():
    payloads = [event_bytes(frame)[len(b"data: ") : -2] for frame in frames(LONG)[:-1]]
    assert all(len(payload.decode()) % 16 == 1 for payload in payloads)
    assert any(len(payload) % 16 != 1 for payload in payloads)


def test_padding_is_drawn_from_the_seed_and_differs_from_chunk_to_chunk():
    assert chunks(LONG) == chunks(LONG)
    other = [frame.data for frame in stream.stream(LONG, asked(), SEED.child("other"))][:-1]
    assert other != chunks(LONG)
    fifteen = [chunk["obfuscation"] for chunk in chunks(LONG) if len(chunk["obfuscation"]) == 15]
    assert len(set(fifteen)) == len(fifteen)


def test_padding_can_be_refused():
    asking = asked(stream_options={"include_obfuscation": False, "include_usage": True}, moderation={"model": "m"})
    assert all("obfuscation" not in chunk for chunk in chunks(LONG, asking))
    assert all("obfuscation" in chunk for chunk in chunks(LONG, asked(stream_options={"include_obfuscation": True})))


# Moderation (§5.3).


def test_moderation_is_one_more_chunk_after_usage_in_which_usage_is_null():
    asking = asked(stream_options={"include_usage": True}, moderation={"model": "omni-moderation-latest"})
    *_, usage, last = chunks(turn(HELLO), asking)
    assert usage["usage"]["total_tokens"] == 12
    assert "moderation" not in usage
    assert list(last) == [
        "id",
        "object",
        "created",
        "model",
        "service_tier",
        "system_fingerprint",
        "choices",
        "moderation",
        "usage",
        "obfuscation",
    ]
    assert (last["choices"], last["usage"]) == ([], None)
    assert list(last["moderation"]) == ["input", "output"]


def test_moderation_without_usage_follows_the_finish():
    finish, last = chunks(turn(HELLO), asked(moderation={"model": "m"}))[-2:]
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert "moderation" in last
    assert "usage" not in last


# What frames tell the pace, the faults and the timeline.


def test_frames_know_their_kind_their_tokens_and_their_choice():
    told = turn(said(Text((*pieces("a"), Piece("é", 2, (b"\xc3", b"\xa9"))))), said(CALL))
    asking = asked(tools=[TOOL], stream_options={"include_usage": True}, moderation={"model": "m"})
    assert [(frame.kind, frame.tokens, frame.choice) for frame in frames(told, asking)] == [
        ("role", 0, 0),
        ("role", 0, 1),
        ("token", 1, 0),
        ("token", 1, 1),
        ("token", 1, 1),
        ("finish", 0, 1),
        ("token", 2, 0),
        ("finish", 0, 0),
        ("usage", 0, 0),
        ("event", 0, 0),
        ("done", 0, 0),
    ]


def test_frames_of_reasoning_say_so():
    told = turn(said(Reasoning(pieces("So", ".")), Text(pieces("a"))))
    assert [frame.thought for frame in frames(told) if frame.tokens] == [True, True, False]


def test_labels_say_what_a_frame_shows_and_which_choice_if_there_are_several():
    audio = Audio("audio_1", pieces("Hi"), ("AAAA",), 5)
    told = turn(said(Reasoning(pieces("So")), Text(pieces('"a"'), ({},)), audio, CALL))
    asking = asked(tools=[TOOL], stream_options={"include_usage": True}, moderation={"model": "m"})
    assert [frame.label for frame in frames(told, asking)] == [
        "role",
        '~"So"',
        r'"\"a\""',
        'audio "Hi"',
        "audio 4 base64 characters",
        "audio expiry",
        "call 0 f",
        r'call 0 "{\""',
        r'call 0 "x\":1}"',
        "annotations",
        "finish stop",
        "usage",
        "moderation",
        "[DONE]",
    ]
    assert frames(turn(said(CALL)), asking)[0].label == "role, call 0 f"
    assert [frame.label for frame in frames(turn(said(), said()))][:2] == ["[0] role", "[1] role"]
    legacy = [frame.label for frame in frames(turn(said(OTHER_CALL, stop=None)), asked(functions=[FUNCTION]))]
    assert legacy == ["role, function g", 'function "{}"', "[DONE]"]


def test_the_end_marker_is_text_and_not_json():
    assert event_bytes(frames(turn(HELLO))[-1]) == b"data: [DONE]\n\n"


@pytest.mark.parametrize("part", [Text(pieces("Hi")), ToolCall("call_1", "f", pieces("{}"))])
def test_what_the_service_did_is_not_in_the_stream(part):
    searched = Hosted("web_search_call", {"action": {}})
    assert chunks(turn(said(searched, part))) == chunks(turn(said(part)))


def test_what_a_message_has_no_room_for_is_refused_before_a_long_stream_begins():
    long = LongText("x" * 1_000, iter(pieces(*"x" * 1_000)))
    calls = said(ToolCall("call_a", "f", long), OTHER_CALL)
    with pytest.raises(NoRoomError, match="one call of one function"):
        stream.stream(turn(calls), asked(functions=[FUNCTION]), SEED)
