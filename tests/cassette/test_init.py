import pytest

from mockllm.cassette import CassetteError, Chunk, Recorded, Tape, line_of, tapes_of
from mockllm.request import Call

TAPE = Tape(
    Call("POST", "/v1/chat/completions", "a=b", body=b'{"x":1}'),
    Recorded(
        200,
        (("Content-Type", "text/event-stream"), ("x-a", "1"), ("x-a", "2")),
        300_000,
        (Chunk(300_001, b"data: 1\n\n"), Chunk(400_000, b"\xff\xfe", b"02\r\n\xff\xfe\r\n")),
        "chunked",
        "1.0",
        "reset",
        500_000,
        b"0\r\nx: y\r\n\r\n",
    ),
)
PLAIN = Tape(Call("GET", "/v1/models", body=b"\xff"), Recorded(0, ending="close", framing="close"))


def test_what_is_written_is_read_again():
    data = line_of(TAPE) + line_of(PLAIN)
    assert data.count(b"\n") == 2
    assert tapes_of(data, "x.jsonl") == (TAPE, PLAIN)


def test_a_line_that_was_interrupted_is_no_part_of_it():
    assert tapes_of(line_of(TAPE) + line_of(PLAIN)[:-1], "x.jsonl") == (TAPE,)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"nonsense\n", "x.jsonl:1: this is no exchange"),
        (b'{"format": 2}\n', "the format is 2, 1 is read"),
        (line_of(TAPE).replace(b'"reset"', b'"bang"'), "expected one of end, close, reset, found 'bang'"),
        (line_of(TAPE).replace(b'"status":200', b'"state":200'), "KeyError: 'status'"),
        (b"[]\n", "TypeError"),
    ],
)
def test_a_line_that_is_no_exchange_is_told_with_its_place(line, told):
    with pytest.raises(CassetteError, match="record it again") as error:
        tapes_of(line, "x.jsonl")
    assert told in str(error.value)


def test_a_header_is_found_in_any_case():
    assert TAPE.answer.header("content-type") == "text/event-stream"
    assert TAPE.answer.header("x-a") == "1"
    assert TAPE.answer.header("x-b") is None


def test_the_body_is_all_that_came():
    assert TAPE.answer.body == b"data: 1\n\n\xff\xfe"
