from mockllm.tokens import Piece
from mockllm.turn import (
    Audio,
    Choice,
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
