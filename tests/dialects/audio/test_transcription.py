import orjson
import pytest
from openai.types.audio import (
    Transcription,
    TranscriptionDiarized,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)

from mockllm.dialects.audio.sound import RATE, wav
from mockllm.request import Call, Headers
from tests.calls import body, engine, error, header, sent
from tests.sse_decoder import decode
from tests.strict import problems

SAYS = "rules: [{replies: [{text: [Hel, lo, ' you']}]}]"
TWO_SECONDS = wav(2 * RATE)


def form(path, *, sound=None, **fields):
    """The form as clients send it, written by hand after RFC 7578."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, values in fields.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    if sound is not None:
        head = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
        parts.append(head.encode() + sound + b"\r\n")
    headers = Headers((("content-type", "multipart/form-data; boundary=x"),))
    return Call("POST", f"/v1/audio/{path}", headers=headers, body=b"".join(parts) + b"--x--\r\n")


def events(exchange_bytes):
    return [orjson.loads(event.data) for event in decode(exchange_bytes).events]


def ask(scenario=SAYS, path="transcriptions", model="gpt-4o-transcribe", sound=TWO_SECONDS, **fields):
    return engine(scenario).handle(form(path, sound=sound, model=model, **fields))


def test_what_is_heard_is_what_the_scenario_says():
    answer = body(ask())
    assert answer == {
        "text": "Hello you",
        "usage": {
            "type": "tokens",
            "input_tokens": 20,
            "input_token_details": {"text_tokens": 0, "audio_tokens": 20},
            "output_tokens": 3,
            "total_tokens": 23,
        },
    }
    assert problems(answer, Transcription) == []


def test_the_older_model_is_paid_by_the_second():
    assert body(ask(model="whisper-1"))["usage"] == {"type": "duration", "seconds": 2}


def test_the_verbose_form_has_times():
    answer = body(ask(model="whisper-1", response_format="verbose_json", language="fr"))
    assert (answer["task"], answer["language"], answer["duration"]) == ("transcribe", "fr", 2.0)
    (segment,) = answer["segments"]
    assert (segment["start"], segment["end"], len(segment["tokens"])) == (0.0, 2.0, 3)
    assert "words" not in answer
    assert [it for it in problems(answer, TranscriptionVerbose) if not it.startswith("task")] == []


@pytest.mark.parametrize("asked", [["word"], ["word", "segment"]])
def test_words_share_the_time_evenly(asked):
    fields = {"timestamp_granularities[]": asked}
    answer = body(ask(model="whisper-1", response_format="verbose_json", **fields))
    assert answer["words"] == [
        {"word": "Hello", "start": 0.0, "end": 1.0},
        {"word": "you", "start": 1.0, "end": 2.0},
    ]
    assert ("segments" in answer) == ("segment" in asked)


def test_nothing_said_has_no_words():
    empty = "rules: [{replies: [{text: ''}]}]"
    answer = body(ask(empty, response_format="verbose_json", timestamp_granularities="word"))
    assert (answer["text"], answer["words"]) == ("", [])


def test_the_diarized_form_has_one_speaker():
    answer = body(ask(response_format="diarized_json"))
    assert answer["segments"][0]["speaker"] == "A"
    assert problems(answer, TranscriptionDiarized) == []


@pytest.mark.parametrize(
    ("format_", "kind", "text"),
    [
        ("text", "text/plain; charset=utf-8", "Hello you\n"),
        ("srt", "text/plain; charset=utf-8", "1\n00:00:00,000 --> 00:00:02,000\nHello you\n\n"),
        ("vtt", "text/vtt; charset=utf-8", "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHello you\n\n"),
    ],
)
def test_the_forms_that_are_no_json(format_, kind, text):
    exchange = ask(model="whisper-1", response_format=format_)
    assert (header(exchange, "content-type"), sent(exchange).decode()) == (kind, text)


def test_a_stream_has_a_delta_for_each_token_and_no_end_marker():
    *deltas, done = events(sent(ask(stream="true")))
    assert [event["delta"] for event in deltas] == ["Hel", "lo", " you"]
    assert (done["type"], done["text"], done["usage"]["total_tokens"]) == ("transcript.text.done", "Hello you", 23)
    assert [problems(event, TranscriptionTextDeltaEvent) for event in deltas] == [[]] * 3
    assert problems(done, TranscriptionTextDoneEvent) == []


def test_the_older_model_and_translations_do_not_stream():
    assert b"data:" not in sent(ask(stream="true", model="whisper-1"))
    assert b"data:" not in sent(ask(stream="true", path="translations"))


def test_log_probabilities_come_where_they_are_asked_for():
    answer = body(ask(**{"include[]": ["logprobs"]}))
    assert [entry["token"] for entry in answer["logprobs"]] == ["Hel", "lo", " you"]
    *deltas, done = events(sent(ask(stream="true", **{"include[]": ["logprobs"]})))
    assert [len(event["logprobs"]) for event in (*deltas, done)] == [1, 1, 1, 3]
    assert problems(answer, Transcription) == []


def test_a_translation_is_english_and_tells_no_usage():
    assert body(ask(path="translations", model="whisper-1")) == {"text": "Hello you"}
    verbose = body(ask(path="translations", model="whisper-1", response_format="verbose_json", language="fr"))
    assert verbose["language"] == "english"
    assert problems(body(ask(path="translations", model="whisper-1")), Translation) == []
    assert [it for it in problems(verbose, TranslationVerbose) if not it.startswith("task")] == []


def test_a_refusal_is_heard_too():
    assert body(ask("rules: [{replies: [{refusal: 'No.'}]}]"))["text"] == "No."


def test_the_same_form_with_another_boundary_is_the_same_request():
    one = form("transcriptions", sound=b"1", model="m")
    other = Call(
        "POST",
        one.path,
        headers=Headers((("content-type", "multipart/form-data; boundary=yy"),)),
        body=one.body.replace(b"--x", b"--yy"),
    )
    served = engine(SAYS)
    assert served.handle(one).request.fingerprint == served.handle(other).request.fingerprint


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": ""}, "you must provide a model parameter"),
        ({"sound": None}, "Missing required parameter: 'file'."),
        ({"response_format": "doc"}, "Invalid value: 'doc'. Supported values are"),
    ],
)
def test_what_is_refused(fields, message):
    refused = error(ask(**fields))
    assert refused["status"] == 400
    assert message in refused["message"]


def test_a_text_that_is_called_file_is_none():
    refused = error(ask(sound=None, file="a.wav"))
    assert refused["message"] == "Invalid type for 'file': expected an object, but got a string instead."


def test_what_is_not_json_is_refused():
    call = Call(
        "POST",
        "/v1/audio/transcriptions",
        headers=Headers((("content-type", "application/json"),)),
        body=orjson.dumps({}),
    )
    assert error(engine(SAYS).handle(call))["status"] == 415
