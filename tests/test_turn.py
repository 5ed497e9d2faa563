import pytest

from mockllm.tokens import Piece
from mockllm.turn import (
    Audio,
    Choice,
    CountedLater,
    Reasoning,
    Refusal,
    StopReason,
    Text,
    ToolCall,
    Turn,
    Usage,
    chunked,
    part_text,
    part_tokens,
    token_text,
)

PIECES = (Piece("Hé", 2, (b"H\xc3", b"\xa9")), Piece("llo", 1, (b"llo",)))


def test_every_part_has_its_text_and_its_tokens():
    for part in (
        Text(PIECES),
        Reasoning(PIECES),
        Refusal(PIECES),
        ToolCall("call_1", "f", PIECES),
        Audio("audio_1", PIECES, (), 0),
    ):
        assert (part_text(part), part_tokens(part)) == ("Héllo", 3)


def test_a_part_may_say_nothing():
    assert (part_text(Text(())), part_tokens(Text(()))) == ("", 0)


def test_stop_reasons_are_the_words_of_the_wire():
    assert [str(reason) for reason in StopReason] == ["stop", "length", "tool_calls", "function_call", "content_filter"]
    assert StopReason.TOOL_CALLS == "tool_calls"


def test_turns_are_values():
    def made():
        return Turn("k", "gpt-4o", 0, (Choice((Text(PIECES),), "stop"),), Usage(1, 2))

    assert made() == made()
    assert hash(made()) == hash(made())


def test_a_token_is_shown_as_its_text_or_else_as_its_bytes():
    assert token_text("é".encode()) == "é"
    assert token_text(b"\xf0\x9f") == "bytes:\\xf0\\x9f"


def test_a_turn_in_larger_pieces_says_the_same():
    parts = (Reasoning(PIECES), Text(PIECES), ToolCall("call_1", "f", PIECES))
    turn = Turn("k", "gpt-4o", 0, (Choice(parts, "stop"), Choice((Text(()),), None)), Usage(1, 2))
    larger = chunked(turn, 2)
    assert [part_text(part) for part in larger.choices[0].parts] == ["Héllo"] * 3
    assert [len(part.pieces) for part in larger.choices[0].parts] == [2, 2, 2]
    assert (larger.choices[1], larger.usage) == (turn.choices[1], turn.usage)
    assert chunked(turn, 1) is turn


def test_what_is_counted_later_is_counted_once_and_nothing_else_is_known_of_it():
    counted = []
    usage = CountedLater(3, 1, lambda: counted.append(1) or (7, 2, 4))
    assert (usage.input_tokens, usage.cached_tokens, counted) == (3, 1, [])
    assert (usage.audio_tokens, usage.reasoning_tokens, usage.output_tokens) == (4, 2, 7)
    assert usage.with_output(9) == Usage(3, 9, 2, 1, 4)
    assert counted == [1]
    with pytest.raises(AttributeError, match="price"):
        _ = usage.price


def test_turns_that_say_the_same_have_the_same_choices_in_larger_pieces():
    choices = (Choice((Text((*PIECES, *PIECES)),), "stop"),)
    one, other = (chunked(Turn(key, "m", 0, choices, Usage(1, 1)), 4) for key in "ab")
    assert one.choices is other.choices
    assert [piece.text for piece in one.choices[0].parts[0].pieces] == ["Héllo", "Héllo"]
