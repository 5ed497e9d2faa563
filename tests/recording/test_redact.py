"""No secret of a call is in what is kept, wherever it was planted."""

import base64

import pytest

from mockllm.cassette import Chunk, Recorded, Tape, line_of
from mockllm.recording.redact import NOTHING_MORE, Redaction, filler, redacted, secrets_of
from mockllm.request import Call, Headers

KEY = "sk/Planted+key=42"
CALL = Call("POST", "/v1/chat/completions", headers=Headers((("Authorization", f"Bearer {KEY}"),)), body=b"{}")


def answer(*chunks, headers=()):
    return Recorded(200, headers, 0, tuple(Chunk(0, chunk) for chunk in chunks))


def kept(*chunks, call=CALL, redaction=NOTHING_MORE, headers=()):
    return redacted(Tape(call, answer(*chunks, headers=headers)), redaction)


def event(text, index=0):
    return b'data: {"choices":[{"index":%d,"delta":{"content":"%b"}}]}\n\n' % (index, text.encode())


def test_only_the_content_type_of_the_call_is_kept():
    call = Call("POST", "/", headers=Headers((("content-type", "application/json"), ("api-key", KEY), ("x", "y"))))
    assert kept(call=call).call.headers.pairs == (("content-type", "application/json"),)


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        (("authorization", "Bearer " + KEY), KEY),
        (("Authorization", KEY), KEY),
        (("authorization", "Basic " + base64.b64encode(b"user-name:pass-word").decode()), "pass-word"),
        (("authorization", "Basic nonsense!"), "nonsense!"),
        (("api-key", KEY), KEY),
        (("x-goog-api-key", KEY), KEY),
        (("cookie", f"a=b; session={KEY}"), KEY),
        (("x-session-token", KEY), KEY),
        (("openai-organization", "org-secret"), "org-secret"),
    ],
)
def test_the_values_of_headers_that_carry_keys_are_secret(header, secret):
    assert secret in secrets_of(Call("POST", "/", headers=Headers((header,))), Redaction())


@pytest.mark.parametrize(
    "chunks",
    [
        [KEY.encode()],
        [b"before " + KEY[:5].encode(), KEY[5:].encode() + b" after"],
        [bytes([byte]) for byte in KEY.encode()],
        [b'{"error": {"message": "Incorrect API key provided: ' + KEY.encode() + b'"}}'],
        [b"x%2Fy=sk%2FPlanted%2Bkey%3D42"],
        [b'{"a": "sk\\/Planted+key=42"}'],
        [b'{"a": "sk\\u002fPlanted\\u002Bkey=42"}'],
        [event("sk/Pla"), event("nted+key"), event("=42")],
        [event("sk/Pla"), event("nothing", 1), event("nted+key"), event("=4", 1), event("=42")],
        [b'data: {"index": 2, "delta": "sk/Planted', b'+"}\n\ndata: {"index": 2, "delta": "key=42"}\n\n'],
    ],
    ids=str,
)
def test_a_key_is_found_wherever_it_is_written_and_however_it_is_cut(chunks):
    clean = kept(*chunks).answer
    assert [len(chunk.data) for chunk in clean.chunks] == list(map(len, chunks))
    for part in (b"Planted", b"nted", b"=42", b"key=", b"Pla"):
        assert part not in clean.body


def test_what_is_no_secret_stays_to_the_byte():
    chunks = [event("Hello *** world"), b"\xff\x00 sk- \xf0\x9f\x8c\x9e", b"data: [DONE]\n\n"]
    assert [chunk.data for chunk in kept(*chunks).answer.chunks] == chunks


@pytest.mark.parametrize("masked", ["sk/Pl******", "****=42", "sk/P***********y=42"])
def test_a_masked_key_is_a_key(masked):
    call = Call("POST", "/", headers=Headers((("api-key", "skPlanted_42"),)))
    text = masked.replace("/", "").replace("=", "_")
    assert kept(text.encode(), call=call).answer.body == filler(len(text)).encode()


def test_what_looks_like_a_key_is_taken_out_whoever_sent_it():
    clean = kept(b"use sk-abcdefghijklmnop1234 or Bearer abc.def.ghi-jkl")
    assert clean.answer.body == b"use redactedxxxxxxxxxxxxxxx or redactedxxxxxxxxxxxxxx"


def test_the_head_of_an_answer_has_neither_cookies_nor_accounts_nor_keys():
    headers = (("Set-Cookie", "a=b"), ("openai-organization", "org-me"), ("x-echo", f"got {KEY}"), ("x-own", "y"))
    clean = kept(headers=headers, redaction=Redaction(headers=("X-Own",))).answer
    assert clean.headers == (
        ("Set-Cookie", "redacted"),
        ("openai-organization", "redacted"),
        ("x-echo", "got redactedxxxxxxxxx"),
        ("x-own", "redacted"),
    )


def test_query_and_path_lose_their_keys():
    call = Call("GET", f"/v1/{KEY}", "api-key=sk%2FQuery%2Bkey&a=sk%2FQuery%2Bkey&b=c&flag", CALL.headers)
    clean = redacted(Tape(call, answer(b"sk/Query+key")), Redaction())
    assert clean.call.path == "/v1/redactedxxxxxxxxx"
    assert clean.call.query == "api-key=redacted&a=redactedxxxxxxxx&b=c&flag"
    assert clean.answer.body == b"redactedxxxx"


def test_the_fields_that_are_named_are_taken_out_of_requests_and_answers():
    call = Call("POST", "/", body=b'{"user": "jane.doe", "n": 12, "on": true, "m": {"a": ["deep", 7]}}')
    redaction = Redaction(fields=("$.user", "$.n", "$.on", "$.m", "$.choices[*].text"))
    body = b'{"choices": [{"text": "Hi"}, {"text": "jane.doe"}], "other": "jane.doe", "n": -3.5}'
    clean = redacted(Tape(call, answer(body, b"")), redaction)
    assert clean.call.body == b'{"user": "redacted", "n": 11, "on": true, "m": {"a": ["reda", 1]}}'
    assert clean.answer.body == (b'{"choices": [{"text": "re"}, {"text": "redacted"}], "other": "redacted", "n": -1.1}')


def test_a_field_of_each_event_is_taken_out_and_what_is_no_json_is_passed_over():
    redaction = Redaction(fields=("$.text",))
    clean = kept(b'data: {"text": "ab"}\n\ndata: [DONE]\n\ndata: {"text": "abc"}\n\n', redaction=redaction)
    assert clean.answer.body == b'data: {"text": "re"}\n\ndata: [DONE]\n\ndata: {"text": "red"}\n\n'


def test_a_short_value_is_taken_out_of_its_own_place_only():
    call = Call("POST", "/", "key=any", Headers((("authorization", "Bearer any"),)), b'{"a": "many"}')
    clean = kept(b"any", call=call)
    assert clean.call.query == "key=redacted"
    assert clean.answer.body == b"any"


def test_a_value_that_the_caller_adds_is_secret_everywhere():
    assert kept(b"my-own-value", redaction=Redaction(values=("my-own-value",))).answer.body == b"redactedxxxx"


def test_odd_framing_keeps_no_key_either():
    secret = KEY.encode()
    chunks = (Chunk(0, secret, b"0011;a\r\n" + secret + b"\r\n"), Chunk(0, b"", b"zz " + secret))
    clean = redacted(Tape(CALL, Recorded(200, (), 0, chunks, tail=b"0\r\nx: " + secret + b"\r\n\r\n")), Redaction())
    assert secret not in line_of(clean)
    first, second = clean.answer.chunks
    assert first.wire == b"0011;a\r\nredactedxxxxxxxxx\r\n"
    assert second.wire == b"zz redactedxxxxxxxxx"
    assert clean.answer.tail == b"0\r\nx: redactedxxxxxxxxx\r\n\r\n"
