"""What a client may say, event by event, and the conversation that comes of it."""

import base64

import pytest

from mockllm.dialects.realtime import dialogue as dialogue_module
from mockllm.dialects.realtime.dialogue import MOST_AUDIO_BYTES, RealtimeDialogue
from mockllm.dialects.realtime.session import opened
from mockllm.turn import Text, ToolCall
from tests.dialects.realtime.test_stream import events as answer_events
from tests.realtime_wire import wrong
from tests.turns import pieces

SESSION = opened("sess_1", "gpt-realtime", 1_700_000_000)
NEW = RealtimeDialogue(SESSION)
HELLO = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]}
TEXT = Text(pieces("Hi", " you"))


def hear(dialogue, kind, **fields):
    """The reaction to an event, all of whose own events are what the types and the description say."""
    reaction = dialogue.hear({"type": kind, **fields})
    for event in reaction.says:
        assert wrong(event) == [], event
    return reaction


def after(*events, dialogue=NEW):
    for kind, fields in events:
        reaction = hear(dialogue, kind, **fields)
        assert reaction.refuses is None, reaction.refuses
        dialogue = reaction.dialogue
    return dialogue


def said(reaction):
    return [event["type"] for event in reaction.says]


def refusal(dialogue, kind, **fields):
    reaction = hear(dialogue, kind, **fields)
    assert reaction.refuses is not None
    assert reaction.dialogue is dialogue
    return reaction.refuses.code, reaction.refuses.param


def item(key, text="Hi"):
    return {**HELLO, "id": key, "content": [{"type": "input_text", "text": text}]}


# --- the session ---------------------------------------------------------------------------------------------------


def test_the_session_is_the_one_that_the_client_was_told():
    created = {"type": "session.created", "event_id": "e", "session": SESSION}
    assert RealtimeDialogue.opened([created]).session == SESSION
    assert RealtimeDialogue.opened([]).session["type"] == "realtime"


def test_an_update_is_told_whole():
    reaction = hear(NEW, "session.update", session={"type": "realtime", "output_modalities": ["text"]})
    assert said(reaction) == ["session.updated"]
    assert reaction.says[0]["session"] == {**SESSION, "output_modalities": ["text"]}
    assert reaction.dialogue.session["output_modalities"] == ["text"]


def test_what_is_no_event_of_a_client_is_refused():
    assert refusal(NEW, None) == ("missing_required_parameter", "type")
    assert refusal(NEW, "response.say") == ("invalid_value", "type")
    assert refusal(NEW, ["session.update"]) == ("invalid_value", "type")
    assert refusal(NEW, "output_audio_buffer.clear") == ("invalid_value", "type")
    assert refusal(NEW, "session.update") == ("missing_required_parameter", "session")


# --- the conversation ----------------------------------------------------------------------------------------------


def test_an_item_is_added_and_done():
    reaction = hear(NEW, "conversation.item.create", item=HELLO)
    assert said(reaction) == ["conversation.item.added", "conversation.item.done"]
    (kept,) = reaction.dialogue.items
    assert reaction.says[1]["item"] == kept
    assert reaction.says[0]["previous_item_id"] is None


def test_items_have_ids_of_their_own():
    dialogue = after(*[("conversation.item.create", {"item": HELLO})] * 3)
    assert len({it["id"] for it in dialogue.items}) == 3


def test_an_item_goes_where_it_is_put():
    dialogue = after(
        ("conversation.item.create", {"item": item("a")}),
        ("conversation.item.create", {"item": item("b")}),
        ("conversation.item.create", {"item": item("c"), "previous_item_id": "a"}),
        ("conversation.item.create", {"item": item("d"), "previous_item_id": "root"}),
    )
    assert [it["id"] for it in dialogue.items] == ["d", "a", "c", "b"]


def test_an_item_can_be_had_again_and_be_deleted():
    dialogue = after(("conversation.item.create", {"item": item("a")}))
    (told,) = hear(dialogue, "conversation.item.retrieve", item_id="a").says
    assert told["item"] == dialogue.items[0]
    deleted = hear(dialogue, "conversation.item.delete", item_id="a")
    assert [(event["type"], event["item_id"]) for event in deleted.says] == [("conversation.item.deleted", "a")]
    assert deleted.dialogue.items == ()
    assert refusal(dialogue, "conversation.item.retrieve", item_id="b")[0] == "item_retrieve_invalid_item_id"
    assert refusal(dialogue, "conversation.item.delete")[0] == "item_delete_invalid_item_id"


def test_a_conversation_has_so_many_items_at_most(monkeypatch):
    monkeypatch.setattr(dialogue_module, "MOST_ITEMS", 1)
    dialogue = after(("conversation.item.create", {"item": HELLO}))
    assert refusal(dialogue, "conversation.item.create", item=HELLO)[0] == "conversation_too_long"


def test_what_was_spoken_can_be_cut_and_its_transcript_goes():
    spoken = {"type": "message", "role": "assistant", "content": [{"type": "output_audio", "transcript": "Hi you"}]}
    dialogue = after(
        ("conversation.item.create", {"item": {**spoken, "id": "a"}}),
        ("conversation.item.create", {"item": item("b")}),
    )
    reaction = hear(dialogue, "conversation.item.truncate", item_id="a", content_index=0, audio_end_ms=500)
    assert said(reaction) == ["conversation.item.truncated"]
    assert reaction.dialogue.items[0]["content"] == [{"type": "output_audio"}]
    truncate = "conversation.item.truncate"
    assert refusal(dialogue, truncate, item_id="c")[0] == "item_truncate_invalid_item_id"
    for fields in ({"item_id": "b", "content_index": 0}, {"item_id": "a", "content_index": 1}):
        assert refusal(dialogue, truncate, audio_end_ms=1, **fields)[0] == "item_truncate_invalid_item"
    for end_ms in (-1, None, "1"):
        found = refusal(dialogue, truncate, item_id="a", content_index=0, audio_end_ms=end_ms)
        assert found == ("invalid_value", "audio_end_ms")


# --- sound of the client -------------------------------------------------------------------------------------------


def sound(ms):
    return base64.b64encode(bytes(48 * ms)).decode()


def test_sound_is_taken_without_a_word_and_committed_as_an_item():
    dialogue = after(("input_audio_buffer.append", {"audio": sound(60)}))
    dialogue = after(("input_audio_buffer.append", {"audio": sound(40)}), dialogue=dialogue)
    assert hear(NEW, "input_audio_buffer.append", audio=sound(60)).says == ()
    reaction = hear(dialogue, "input_audio_buffer.commit")
    assert said(reaction) == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    committed, added, _ = reaction.says
    assert committed["item_id"] == added["item"]["id"]
    assert added["item"]["content"] == [{"type": "input_audio"}]
    assert reaction.dialogue.heard_bytes == 0


def test_too_little_sound_cannot_be_committed():
    dialogue = after(("input_audio_buffer.append", {"audio": sound(99)}))
    reaction = hear(dialogue, "input_audio_buffer.commit")
    assert reaction.refuses.code == "input_audio_buffer_commit_empty"
    assert "only has 99.00ms" in reaction.refuses.message
    phone = {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcmu"}}}}
    assert hear(after(("session.update", {"session": phone}), dialogue=dialogue), "input_audio_buffer.commit").says


def test_sound_can_be_forgotten():
    dialogue = after(("input_audio_buffer.append", {"audio": sound(200)}))
    reaction = hear(dialogue, "input_audio_buffer.clear")
    assert said(reaction) == ["input_audio_buffer.cleared"]
    assert reaction.dialogue.heard_bytes == 0


@pytest.mark.parametrize("audio", [None, 7, "not base64", "AAA"])
def test_what_is_no_sound_is_refused(audio):
    assert refusal(NEW, "input_audio_buffer.append", audio=audio) == ("invalid_value", "audio")


def test_so_much_sound_waits_at_most():
    dialogue = RealtimeDialogue(SESSION, heard_bytes=MOST_AUDIO_BYTES)
    assert refusal(dialogue, "input_audio_buffer.append", audio="AAAA")[0] == "input_audio_buffer_full"
    assert hear(dialogue, "input_audio_buffer.append", audio="").refuses is None


# --- answers -------------------------------------------------------------------------------------------------------


def test_an_answer_is_asked_for_with_what_the_session_says_and_the_event_over_it():
    dialogue = after(
        ("session.update", {"session": {"type": "realtime", "instructions": "Be kind.", "tools": [{"name": "f"}]}}),
        ("conversation.item.create", {"item": item("a")}),
    )
    own = {"instructions": "Be brief.", "metadata": {"a": "b"}, "output_modalities": None}
    (ask,) = hear(dialogue, "response.create", event_id="mine", response=own).asks
    conversation = ask.body["session"]["conversation_id"]
    output = {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "marin", "speed": 1.0}
    assert ask.body == {
        "model": "gpt-realtime",
        "instructions": "Be brief.",
        "tools": [{"name": "f"}],
        "tool_choice": "auto",
        "output_modalities": ["audio"],
        "max_output_tokens": "inf",
        "audio": {"output": output},
        "metadata": {"a": "b"},
        "conversation": "auto",
        "input": [dialogue.items[0]],
        "session": {"id": "sess_1", "conversation_id": conversation},
        "event_id": "mine",
    }
    assert conversation.startswith("conv_")


def test_the_voice_of_one_answer():
    own = {"audio": {"output": {"voice": "cedar"}}}
    (ask,) = hear(NEW, "response.create", response=own).asks
    assert ask.body["audio"]["output"]["voice"] == "cedar"
    assert ask.body["audio"]["output"]["speed"] == 1.0


def test_an_answer_may_see_other_items_than_the_conversation():
    dialogue = after(("conversation.item.create", {"item": item("a")}))
    given = [{"type": "item_reference", "id": "a"}, HELLO]
    (ask,) = hear(dialogue, "response.create", response={"input": given}).asks
    first, second = ask.body["input"]
    assert first == dialogue.items[0]
    assert second["id"].startswith("item_")
    wrong = [{"type": "item_reference", "id": "b"}]
    assert refusal(dialogue, "response.create", response={"input": wrong})[1] == "response.input[0].id"
    assert refusal(dialogue, "response.create", response={"input": [{}]})[1] == "response.input[0].type"
    assert refusal(dialogue, "response.create", response={"input": "Hi"}) == ("invalid_type", "response.input")


def test_what_is_no_response_is_refused():
    assert refusal(NEW, "response.create", response=[]) == ("invalid_type", "response")
    assert refusal(NEW, "response.create", response={"modalities": []}) == ("unknown_parameter", "response.modalities")


def begun(*parts, dialogue=NEW, **response):
    """A dialogue with an answer on the way, what was asked, and the events of the answer."""
    reaction = hear(dialogue, "response.create", response=response)
    (ask,) = reaction.asks
    told = answer_events(*parts, **{**ask.body, "output_modalities": ["text"]})
    return reaction.dialogue.begin(ask, told), ask, told


def test_one_answer_at_a_time_is_made_in_the_conversation():
    dialogue, ask, told = begun(TEXT)
    reaction = dialogue.hear({"type": "response.create"})
    assert reaction.refuses.code == "conversation_already_has_active_response"
    assert told[0]["response"]["id"] in reaction.refuses.message
    ended = dialogue.end(ask, told, stopped=False).dialogue
    assert hear(ended, "response.create").refuses is None


def test_answers_outside_the_conversation_are_made_beside_it():
    dialogue, _, _ = begun(TEXT)
    first = hear(dialogue, "response.create", response={"conversation": "none"})
    second = hear(first.dialogue, "response.create", response={"conversation": "none"})
    lanes = [*first.asks, *second.asks]
    assert len({ask.lane for ask in lanes}) == 2
    assert all(ask.body["conversation"] == "none" for ask in lanes)


def test_what_was_answered_is_in_the_conversation():
    dialogue = after(("conversation.item.create", {"item": item("a")}))
    dialogue, ask, told = begun(TEXT, ToolCall("call_1", "f", pieces("{}")), dialogue=dialogue)
    dialogue = after(("conversation.item.create", {"item": item("late")}), dialogue=dialogue)
    end = dialogue.end(ask, told, stopped=False)
    assert end.says == ()
    kinds = [(it["type"], it.get("role")) for it in end.dialogue.items]
    assert kinds == [("message", "user"), ("message", "assistant"), ("function_call", None), ("message", "user")]


def test_an_answer_outside_the_conversation_is_not_in_it():
    dialogue, ask, told = begun(TEXT, conversation="none")
    assert dialogue.end(ask, told, stopped=False).dialogue.items == ()


def test_a_cancelled_answer_is_ended_and_stays_as_far_as_it_was_said():
    dialogue, ask, told = begun(TEXT)
    assert hear(dialogue, "response.cancel").stops == ask.lane
    key = told[0]["response"]["id"]
    assert hear(dialogue, "response.cancel", response_id=key).stops == ask.lane
    end = dialogue.end(ask, told[:5], stopped=True)
    assert end.says[-1]["response"]["status"] == "cancelled"
    (kept,) = end.dialogue.items
    assert kept["content"] == [{"type": "output_text", "text": "Hi"}]
    assert hear(end.dialogue, "response.create").refuses is None


def test_what_is_not_being_made_cannot_be_cancelled():
    assert refusal(NEW, "response.cancel")[0] == "response_cancel_not_active"
    dialogue, _, _ = begun(TEXT)
    assert refusal(dialogue, "response.cancel", response_id="resp_other")[0] == "response_cancel_not_active"
    loose, ask, _ = begun(TEXT, conversation="none")
    assert refusal(loose, "response.cancel")[0] == "response_cancel_not_active"
    assert ask.lane != "conversation"


def test_an_answer_that_was_refused_is_over():
    dialogue, ask, _ = begun()
    refused = [{"type": "error", "event_id": "e", "error": {}}]
    assert hear(dialogue.end(ask, refused, stopped=False).dialogue, "response.create").refuses is None
