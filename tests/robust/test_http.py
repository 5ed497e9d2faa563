"""Responses in pieces, with every framing, and with what servers get wrong about it."""

import gzip
import zlib

import pytest

from tests.robust.http import ResponseReader

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"


def read(*pieces):
    reader = ResponseReader()
    return reader, b"".join(reader.feed(piece) for piece in pieces)


def test_status_and_headers_are_known_as_soon_as_the_head_is_whole():
    reader = ResponseReader()
    reader.feed(OK + b"Content-Type:text/plain\r\n\r")
    assert reader.status == 0
    reader.feed(b"\n")
    assert (reader.status, reader.headers["content-type"]) == (200, "text/plain")


def test_an_interim_answer_is_not_the_answer():
    reader, body = read(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK + b"content-length: 2\r\n\r\nHi")
    assert (reader.status, body, reader.whole) == (200, b"Hi", True)


def test_a_body_of_known_length_ends_by_itself_and_what_follows_is_left():
    reader, body = read(OK + b"content-length: 2\r\n\r\nHi, and more")
    assert (body, reader.whole) == (b"Hi", True)


def test_a_body_without_length_ends_with_the_connection():
    reader, body = read(OK + b"\r\nH", b"i")
    assert (body, reader.whole) == (b"Hi", False)
    reader.end()
    assert reader.whole


def test_a_body_of_known_length_does_not_end_with_the_connection():
    reader, _ = read(OK + b"content-length: 3\r\n\r\nHi")
    reader.end()
    assert not reader.whole


def test_no_content_has_no_body():
    reader, _ = read(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert reader.whole


def test_chunks_may_come_byte_by_byte_with_extensions_and_trailers():
    data = CHUNKED + b"2;a=b\r\nHi\r\n00a\r\n0123456789\r\n0\r\nx: y\r\n\r\n"
    reader, body = read(*(data[i : i + 1] for i in range(len(data))))
    assert (body, reader.whole, reader.broken) == (b"Hi0123456789", True, "")


@pytest.mark.parametrize(
    ("data", "why", "before"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", "no HTTP", b""),
        (b"HTTP/1.1 OK\r\n\r\n", "status line", b""),
        (CHUNKED + b"2\r\nHi\r\nxyz\r\n", "chunk size", b"Hi"),
        (CHUNKED + b"2\r\nHi there\r\n", "longer than its size", b"Hi"),
        (OK + b"content-encoding: zstd\r\n\r\n", "zstd", b""),
        (OK + b"content-encoding: gzip\r\n\r\nnot gzip at all", "content coding", b""),
    ],
)
def test_what_is_wrong_is_told_and_what_came_before_is_kept(data, why, before):
    reader, body = read(data)
    assert why in reader.broken
    assert body == before


@pytest.mark.parametrize(
    ("coding", "data"),
    [("gzip", gzip.compress(b"Hello", mtime=0)), ("deflate", zlib.compress(b"Hello"))],
)
def test_a_coded_body_is_decoded_as_it_comes(coding, data):
    reader, body = read(OK + b"content-encoding: %s\r\n\r\n" % coding.encode(), data[:-8], data[-8:])
    assert body == b"Hello"
    assert reader.broken == ""


def test_the_coding_is_left_on_the_body_if_asked():
    reader = ResponseReader(raw_coding=True)
    assert reader.feed(OK + b"content-encoding: gzip\r\n\r\nxyz") == b"xyz"
