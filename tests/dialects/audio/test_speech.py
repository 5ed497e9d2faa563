import base64
import io
import wave

import orjson
import pytest

from tests.calls import call, engine, error, header, sent
from tests.openapi_schema import violations
from tests.sse_decoder import decode

SAY = {"model": "gpt-4o-mini-tts", "input": "Hello there my friend", "voice": "alloy"}


def events(exchange_bytes):
    return [orjson.loads(event.data) for event in decode(exchange_bytes).events]


def ask(**fields):
    return engine("rules: []").handle(call("POST", "/v1/audio/speech", {**SAY, **fields}))


def length(data):
    with wave.open(io.BytesIO(data)) as file:
        return file.getnframes() / file.getframerate()


def test_a_text_takes_as_long_as_its_words_and_speed_shortens_it():
    # Four words at 0.4 s each.
    assert length(sent(ask(response_format="wav"))) == 1.6
    assert length(sent(ask(response_format="wav", speed=2))) == 0.8
    assert length(sent(ask(response_format="wav", input="!", speed=4.0))) == 0.25


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({}, "audio/mpeg"),
        ({"response_format": "pcm"}, "audio/pcm"),
        ({"response_format": "opus"}, "audio/opus"),
        ({"response_format": "aac"}, "audio/aac"),
        ({"voice": {"id": "v"}}, "audio/mpeg"),
    ],
)
def test_the_sound_comes_in_chunks_of_a_quarter_second(asked, kind):
    exchange = ask(**asked)
    assert header(exchange, "content-type") == kind
    assert header(exchange, "content-length") is None
    assert len([step for step in exchange.plan if type(step).__name__ == "Send"]) == 7


def test_as_events_the_sound_is_the_same():
    exchange = ask(stream_format="sse")
    *deltas, done = events(sent(exchange))
    assert b"".join(base64.b64decode(event["audio"]) for event in deltas) == sent(ask())
    assert done == {"type": "speech.audio.done", "usage": {"input_tokens": 10, "output_tokens": 35, "total_tokens": 45}}
    assert [violations("CreateSpeechResponseStreamEvent", event) for event in (*deltas, done)] == [[]] * 8


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": None}, "you must provide a model parameter"),
        ({"input": ""}, "Invalid 'input': empty string."),
        ({"voice": None}, "Invalid type for 'voice'"),
        ({"speed": 5}, "Invalid 'speed': expected a value between 0.25 and 4.0, but got 5 instead."),
        ({"response_format": "ogg"}, "Supported values are: 'mp3', 'opus', 'aac', 'flac', 'wav', and 'pcm'."),
    ],
)
def test_what_is_refused(fields, message):
    refused = error(ask(**fields))
    assert refused["status"] == 400
    assert message in refused["message"]
