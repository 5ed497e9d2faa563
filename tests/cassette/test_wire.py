import pytest

from mockllm.cassette import Chunk
from mockllm.cassette.wire import Decoder

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"


def decoded(*arrivals, ending="end", end_us=99):
    decoder = Decoder()
    for at_us, data in arrivals:
        decoder.feed(at_us, data)
    return decoder.result(end_us, ending)


def test_chunks_keep_their_bounds_and_the_time_of_their_last_byte():
    answer = decoded((1, HEAD[:20]), (5, HEAD[20:] + b"2\r\nab\r\n3\r\nc"), (7, b"de\r\n0\r"), (9, b"\n\r\n"))
    assert answer.status == 200
    assert answer.head_us == 5
    assert answer.chunks == (Chunk(5, b"ab"), Chunk(7, b"cde"))
    assert (answer.framing, answer.ending, answer.end_us, answer.tail) == ("chunked", "end", 99, b"")


def test_a_chunk_and_an_end_that_come_in_pieces_are_read_when_they_are_whole():
    answer = decoded((1, HEAD), (2, b"3\r\na"), (3, b"bc"), (4, b"\r\n0\r\n"), (5, b"\r\n"))
    assert answer.chunks == (Chunk(4, b"abc"),)
    assert (answer.ending, answer.tail) == ("end", b"")


def test_framing_that_is_odd_and_right_is_kept_as_it_is():
    answer = decoded((1, HEAD + b"02;x=y\r\nab\r\n0\r\nx-sum: 1\r\n\r\n"))
    assert answer.chunks == (Chunk(1, b"ab", b"02;x=y\r\nab\r\n"),)
    assert answer.tail == b"0\r\nx-sum: 1\r\n\r\n"
    assert answer.ending == "end"


@pytest.mark.parametrize("odd", [b"zz\r\nab\r\n", b"2\r\nabXX", b"\r\nab"])
def test_from_what_is_no_chunk_all_is_kept_as_it_comes(odd):
    answer = decoded((1, HEAD + b"2\r\nab\r\n"), (2, odd), (3, b"more"), ending="close")
    assert answer.chunks[0] == Chunk(1, b"ab")
    assert b"".join(chunk.wire for chunk in answer.chunks[1:]) == odd + b"more"
    assert all(not chunk.data for chunk in answer.chunks[1:])
    assert answer.ending == "close"


def test_a_chunk_that_was_cut_is_kept_as_far_as_it_came():
    answer = decoded((1, HEAD + b"5\r\nab"), ending="reset", end_us=4)
    assert answer.chunks == (Chunk(4, b"", b"5\r\nab"),)
    assert answer.ending == "reset"


def test_a_body_with_a_length_ends_with_it():
    decoder = Decoder()
    decoder.feed(1, b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nab")
    assert not decoder.done
    decoder.feed(2, b"cde")
    assert decoder.done
    assert not decoder.keeps_open
    answer = decoder.result(2, "end")
    assert answer.chunks == (Chunk(1, b"ab"), Chunk(2, b"cde"))
    assert answer.headers == (("content-length", "5"),)


def test_a_body_that_ends_too_soon_did_not_end_well():
    assert decoded((1, b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab")).ending == "close"


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"])
def test_an_answer_without_a_body_is_over_with_its_head(head):
    decoder = Decoder()
    decoder.feed(1, head)
    assert decoder.done
    assert decoder.keeps_open
    assert decoder.result(1, "end").chunks == ()


def test_the_end_of_the_connection_ends_a_body_without_framing():
    answer = decoded((1, b"HTTP/1.0 200 OK\r\n\r\nab"), (2, b"c"))
    assert (answer.framing, answer.version, answer.ending, answer.body) == ("close", "1.0", "end", b"abc")
    assert decoded((1, b"HTTP/1.1 200 OK\r\n\r\nab"), ending="reset").ending == "reset"


def test_interim_responses_are_passed_over():
    assert decoded((1, b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"), (4, HEAD)).head_us == 4


def test_an_answer_without_a_head_has_no_status():
    assert decoded(ending="reset").status == 0
    answer = decoded((1, b"nonsense\r\n\r\n"), (2, b"more"))
    assert answer.status == 0
    assert answer.chunks == (Chunk(99, b"", b"nonsense\r\n\r\nmore"),)
    assert answer.ending == "close"
