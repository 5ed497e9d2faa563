import orjson
import pytest

from mockllm.dialects.chat import CHAT, write
from mockllm.dialects.plain import body_bytes
from mockllm.errors import MockLLMError
from mockllm.turn import Audio, Hosted, Logprob, Reasoning, Refusal, Text, ToolCall, Usage
from tests.turns import SEED, asked, pieces, said, turn

TOOL = {"type": "function", "function": {"name": "f"}}
FUNCTION = {"name": "f", "parameters": {"type": "object", "properties": {}}}
HELLO = said(Text(pieces("Hel", "lo")))
CALL = ToolCall("call_a", "f", pieces('{"', 'x":1}'))
OTHER_CALL = ToolCall("call_b", "g", pieces("{}"))


def message(*parts, request=None):
    return write.body(turn(said(*parts)), request or asked())["choices"][0]["message"]


def choice(told, request=None):
    return write.body(turn(told), request or asked())["choices"][0]


def test_the_body_is_the_object_of_the_wire_in_its_key_order():
    assert orjson.dumps(write.body(turn(HELLO), asked())) == orjson.dumps(
        {
            "id": "chatcmpl-0123456789ABCDEFGHIJKLMNOPQRS",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "gpt-4o-2024-08-06",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hello", "refusal": None, "annotations": []},
                    "logprobs": None,
                    "finish_reason": "stop",
                }
            ],
            "usage": {
                "prompt_tokens": 7,
                "completion_tokens": 5,
                "total_tokens": 12,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
                "completion_tokens_details": {
                    "reasoning_tokens": 0,
                    "audio_tokens": 0,
                    "accepted_prediction_tokens": 0,
                    "rejected_prediction_tokens": 0,
                },
            },
            "service_tier": "default",
            "system_fingerprint": "fp_44709d6fcb",
        }
    )


def test_the_body_is_printed_with_two_spaces_raw_utf_8_and_a_final_newline():
    printed = body_bytes(write.body(turn(said(Text(pieces("Grüße 🌞")))), asked()), CHAT.layout).decode()
    assert printed.startswith('{\n  "id": "chatcmpl-0123456789ABCDEFGHIJKLMNOPQRS",\n  "object": "chat.completion",\n')
    assert '\n        "content": "Grüße 🌞",\n' in printed
    assert printed.endswith('\n  "system_fingerprint": "fp_44709d6fcb"\n}\n')


def test_a_turn_without_a_tier_has_no_such_key_and_one_without_a_fingerprint_has_null():
    body = write.body(turn(HELLO, service_tier=None, system_fingerprint=None), asked())
    assert "service_tier" not in body
    assert body["system_fingerprint"] is None


def test_a_search_preview_has_a_uuid_in_its_id():
    ids = {write.body(turn(HELLO), asked(model=model))["id"] for model in ("gpt-4o-search-preview", "gpt-4o")}
    assert "chatcmpl-0123456789ABCDEFGHIJKLMNOPQRS" in ids
    (uuid,) = ids - {"chatcmpl-0123456789ABCDEFGHIJKLMNOPQRS"}
    assert [len(group) for group in uuid.removeprefix("chatcmpl-").split("-")] == [8, 4, 4, 4, 12]
    assert uuid[23] == "4"


def test_total_tokens_are_input_and_output_and_the_details_are_parts_of_them():
    usage = write.usage_json(Usage(100, 30, reasoning_tokens=20, cached_tokens=64, audio_tokens=3))
    assert usage == {
        "prompt_tokens": 100,
        "completion_tokens": 30,
        "total_tokens": 130,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 20,
            "audio_tokens": 3,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def test_tool_calls_come_before_the_refusal_and_without_index():
    told = message(CALL, OTHER_CALL, request=asked(tools=[TOOL]))
    assert list(told) == ["role", "content", "tool_calls", "refusal", "annotations"]
    assert told == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": "call_a", "type": "function", "function": {"name": "f", "arguments": '{"x":1}'}},
            {"id": "call_b", "type": "function", "function": {"name": "g", "arguments": "{}"}},
        ],
        "refusal": None,
        "annotations": [],
    }
    assert list(told["tool_calls"][0]) == ["id", "type", "function"]


def test_a_custom_call_has_an_input():
    call = ToolCall("call_c", "shell", pieces("ls", " -l"), "custom")
    assert message(call)["tool_calls"] == [
        {"id": "call_c", "type": "custom", "custom": {"name": "shell", "input": "ls -l"}}
    ]


def test_text_beside_a_call_stays_content():
    told = message(Text(pieces("Hm")), CALL)
    assert (told["content"], len(told["tool_calls"])) == ("Hm", 1)


def test_the_texts_of_a_message_are_joined_with_all_their_annotations():
    told = message(Text(pieces("a"), ({"n": 1},)), Text(pieces("b"), ({"n": 2},)))
    assert (told["content"], told["annotations"]) == ("ab", [{"n": 1}, {"n": 2}])


@pytest.mark.parametrize(
    ("parts", "content"),
    [
        ((), ""),
        ((Text(()),), ""),
        ((Reasoning(pieces("So")),), ""),
        ((Refusal(pieces("No")),), None),
        ((CALL,), None),
        ((Audio("audio_1", (), (), 5),), None),
        ((Reasoning(pieces("So")), CALL), None),
    ],
)
def test_content_is_null_only_where_something_else_answers(parts, content):
    assert message(*parts)["content"] == content


def test_a_refusal_is_in_place_of_content():
    told = message(Refusal(pieces("I'm", " sorry")))
    assert (told["content"], told["refusal"]) == (None, "I'm sorry")


def test_audio_has_all_its_pieces_joined():
    told = message(Audio("audio_1", pieces("Hel", "lo"), ("AAAA", "BBBB"), 5))
    assert told["audio"] == {"id": "audio_1", "data": "AAAABBBB", "expires_at": 5, "transcript": "Hello"}


def test_reasoning_that_says_nothing_is_not_told():
    assert "reasoning_content" not in message(Reasoning(()))


def test_reasoning_is_joined_under_its_own_field_at_the_end():
    parts = (
        Reasoning(pieces("So", ",")),
        Text(pieces("Hi")),
        Reasoning(pieces(" well")),
        Reasoning(pieces("x"), "reasoning"),
    )
    told = message(*parts)
    assert list(told) == ["role", "content", "refusal", "annotations", "reasoning_content", "reasoning"]
    assert (told["reasoning_content"], told["reasoning"]) == ("So, well", "x")


@pytest.mark.parametrize("stop", ["stop", "length", "tool_calls", "content_filter", None])
def test_the_finish_reason_is_the_turns(stop):
    assert choice(said(Text(pieces("a")), stop=stop))["finish_reason"] == stop


def test_a_legacy_call_is_a_function_call_and_finishes_so():
    told = choice(said(CALL, stop="tool_calls"), asked(functions=[FUNCTION]))
    assert told["message"] == {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "f", "arguments": '{"x":1}'},
        "refusal": None,
        "annotations": [],
    }
    assert told["finish_reason"] == "function_call"


def test_a_forced_legacy_call_finishes_with_stop():
    assert choice(said(CALL, stop="stop"), asked(functions=[FUNCTION]))["finish_reason"] == "stop"


def test_with_tools_beside_functions_a_call_is_a_tool_call():
    told = choice(said(CALL, stop="tool_calls"), asked(functions=[FUNCTION], tools=[TOOL]))
    assert "tool_calls" in told["message"]
    assert told["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    "parts", [(CALL, OTHER_CALL), (ToolCall("call_c", "shell", pieces("ls"), "custom"),)], ids=["two", "custom"]
)
def test_calls_that_a_function_call_cannot_tell_are_an_error_and_not_lost(parts):
    request = asked(functions=[FUNCTION])
    with pytest.raises(MockLLMError, match="one call of one function"):
        write.body(turn(said(*parts)), request)
    with pytest.raises(MockLLMError, match="one call of one function"):
        list(CHAT.stream(turn(said(*parts)), request, SEED))


def test_a_message_has_room_for_one_audio():
    audio = Audio("audio_1", (), (), 5)
    with pytest.raises(MockLLMError, match="2 audio parts, but a message has one"):
        message(audio, audio)


# Logprobs (§5.1).


@pytest.mark.parametrize(
    "model",
    [
        "gpt-5",
        "gpt-5.1",
        "gpt-5-mini-2025-08-07",
        "openai/gpt-5.1",
        "o1",
        "o3-mini",
        "o4-mini",
        "gpt-4.5-preview",
        "gpt-4o-search-preview",
        "gpt-4o-mini-search-preview",
        "gpt-4o-audio-preview",
        "gpt-4o-mini-audio-preview",
    ],
)
def test_these_families_omit_the_logprobs_key(model):
    assert list(choice(HELLO, asked(model=model))) == ["index", "message", "finish_reason"]
    assert choice(HELLO, asked(model=model, logprobs=True))["logprobs"] is None


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "openai/gpt-4.1", "deepseek-chat"])
def test_other_models_have_null_logprobs(model):
    assert choice(HELLO, asked(model=model))["logprobs"] is None


def entries(*tokens):
    return tuple(Logprob(token, -0.5, ((token, -0.5),)) for token in tokens)


def told_entry(text, *codes):
    one = {"token": text, "logprob": -0.5, "bytes": list(codes)}
    return {**one, "top_logprobs": [one]}


def test_logprobs_of_content_and_refusal_are_apart_and_what_there_is_none_of_is_null():
    content = choice(said(Text(pieces("a", "b"), logprobs=entries(b"a", b"b"))), asked(logprobs=True))["logprobs"]
    assert content == {"content": [told_entry("a", 97), told_entry("b", 98)], "refusal": None}
    refusal = choice(said(Refusal(pieces("n"), logprobs=entries(b"n"))), asked(logprobs=True))["logprobs"]
    assert refusal == {"content": None, "refusal": [told_entry("n", 110)]}


def test_a_token_that_is_part_of_a_character_is_shown_by_its_bytes():
    assert write.logprob_json(Logprob(b"\xf0\x9f", -1.0)) == {
        "token": r"bytes:\xf0\x9f",
        "logprob": -1.0,
        "bytes": [0xF0, 0x9F],
        "top_logprobs": [],
    }


# Moderation and what is kept.


def test_moderation_is_a_member_of_the_body_if_it_was_asked_for():
    assert "moderation" not in write.body(turn(HELLO), asked())
    asking = asked(moderation={"model": "m"})
    assert list(write.body(turn(HELLO), asking)).index("moderation") == 5


def test_metadata_is_not_in_the_answer_to_a_creation():
    assert "metadata" not in write.body(turn(HELLO), asked(store=True, metadata={"a": "b"}))


def test_what_the_service_did_is_left_out_and_what_awaits_the_client_has_no_room():
    searched = Hosted("web_search_call", {"action": {}})
    told = turn(said(searched, Text(pieces("Hi"))))
    assert write.body(told, asked()) == write.body(turn(said(Text(pieces("Hi")))), asked())
    with pytest.raises(write.NoRoomError, match="a shell_call for the client to act on"):
        write.body(turn(said(Hosted("shell_call", {}, awaits=True))), asked())
