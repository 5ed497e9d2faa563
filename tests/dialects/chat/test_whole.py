"""The bytes of a plain body: those that the object has when it is written as a whole."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from mockllm.dialects.chat import CHAT, whole, write
from mockllm.dialects.plain import body_bytes
from mockllm.tokens import LongText, Piece
from mockllm.turn import Text, ToolCall, Usage
from tests.dialects.chat.test_init import conversations
from tests.turns import asked, pieces, said, turn

PLAIN = asked(stream=None)


def by_itself(told, request):
    return body_bytes(write.body(told, request), CHAT.layout)


@given(conversations())
@settings(max_examples=200, deadline=None)
def test_it_is_the_object_in_the_layout_of_its_endpoint(conversation):
    told, request = conversation
    assert whole.written(told, request) == by_itself(told, request)


@pytest.mark.parametrize(
    "change",
    [
        {"key": "Z" * 32},
        {"model": "other"},
        {"created": 5},
        {"usage": Usage(1, 2, 3, 4, 5)},
        {"service_tier": None},
        {"service_tier": "flex"},
        {"system_fingerprint": None},
        {"choices": (said(Text(pieces("Bye"))),)},
    ],
)
def test_of_what_was_written_before_nothing_is_left_that_differs(change):
    first = turn(said(Text(pieces("Hello"))))
    second = replace(first, **change)
    assert whole.written(first, PLAIN) != whole.written(second, PLAIN)
    assert whole.written(second, PLAIN) == by_itself(second, PLAIN)


def test_the_same_turn_in_answer_to_requests_that_show_it_differently():
    told = turn(said(ToolCall("call_a", "f", pieces("{}"))))
    legacy = asked(stream=None, functions=[{"name": "f"}])
    without = asked(stream=None, model="gpt-5.1")
    moderated = asked(stream=None, moderation={"model": "omni-moderation-latest"})
    for request in (PLAIN, legacy, without, moderated):
        assert whole.written(told, request) == by_itself(told, request)
    assert len({whole.written(told, request) for request in (PLAIN, legacy, without, moderated)}) == 4


def test_half_of_a_character_is_written_too():
    told = turn(said(Text((Piece("\ud83d", 1, (b"\xed\xa0\xbd",)),))))
    assert whole.written(told, PLAIN) == by_itself(told, PLAIN)
    assert b'"content": "\xed\xa0\xbd"' in whole.written(told, PLAIN)


def test_a_long_text_is_written_without_its_pieces():
    taken = []
    long = LongText("Hello", (taken.append(piece) or piece for piece in pieces("Hel", "lo")))
    told = turn(said(Text(long)))
    assert whole.written(told, PLAIN) == by_itself(turn(said(Text(pieces("Hel", "lo")))), PLAIN)
    assert taken == []
