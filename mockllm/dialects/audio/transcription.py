"""Transcriptions and translations, `POST /audio/transcriptions` and `/audio/translations` (wire-contract §6).

What is heard is what the scenario says: the text of the turn. Here: the two dialects, in every format that a request
can ask for, and the stream of events, which has no end marker. Not here: sounds (`sound.py`) and forms (`../form.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate, pairwise
from typing import Any

from mockllm.dialects.audio.sound import seconds
from mockllm.dialects.base import Layout, Media, Result
from mockllm.dialects.form import files
from mockllm.dialects.rules import Choice, Fields, Row, Text, check_rows, refusal
from mockllm.plan import Frame
from mockllm.request import JSON, Call, Request, fingerprint
from mockllm.seeds import Seed
from mockllm.store import Store, Stored
from mockllm.tokens import Piece
from mockllm.turn import Logprob, Refusal, Turn, token_text
from mockllm.turn import Text as Said

_FORMATS = ("json", "text", "srt", "verbose_json", "vtt", "diarized_json")
_WITHOUT_STREAM = "whisper-1"
_TOKENS_PER_S = 10
_FIRST_TOKEN = 50_364


class Transcriptions:
    """The dialect of both endpoints; `task` is `transcribe` or `translate`."""

    layout = Layout(indent=0, newline=False)

    def __init__(self, api: str, task: str) -> None:
        self.api = api
        self._task = task

    def read(self, call: Call, json: JSON, *, strict: bool, store: Store) -> Request:
        """What the call asks for. Raises ApiError 400 for a form without what is needed."""
        del strict, store
        body: Mapping[str, Any] = json if isinstance(json, Mapping) else {}
        model = body.get("model")
        if not isinstance(model, str) or not model:
            raise refusal("you must provide a model parameter")
        check_rows((Row("file", Fields(), required=True), Row("response_format", Choice(_FORMATS))), body)
        check_rows((Row("language", Text()), Row("prompt", Text())), body)
        return Request(
            api=self.api,
            call=call,
            json=body,
            model=model,
            stream=body.get("stream") == "true" and model != _WITHOUT_STREAM and self._task == "transcribe",
            logprobs="logprobs" in (body.get("include") or ()),
            fingerprint=fingerprint(self.api, call, body),
        )

    def stream(self, turn: Turn, request: Request, seed: Seed) -> Iterator[Frame]:
        """A delta for each token, and the whole text at the end."""
        del seed
        pieces, logprobs = _said(turn)
        for piece, entries in _with_logprobs(pieces, logprobs):
            event: dict[str, JSON] = {"type": "transcript.text.delta", "delta": piece.text}
            if request.logprobs:
                event["logprobs"] = entries
            yield Frame(event, "token", piece.tokens, f'"{piece.text}"')
        done: dict[str, JSON] = {"type": "transcript.text.done", "text": _text(pieces)}
        if request.logprobs:
            done["logprobs"] = [_logprob(entry) for entry in logprobs]
        yield Frame({**done, "usage": _tokens(turn, _length(request))}, "finish", label="done")

    def body(self, turn: Turn, request: Request) -> Result:
        """The text in the format that was asked for."""
        heard = _Heard(turn, request, self._task)
        return _WRITERS[str(request.json.get("response_format") or "json")](heard)

    def stored(self, turn: Turn, request: Request, request_id: str) -> tuple[Stored, ...]:
        """Nothing: this API keeps no answers."""
        del turn, request, request_id
        return ()


class _Heard:
    """What was heard in the sound of a request, and how long it is."""

    def __init__(self, turn: Turn, request: Request, task: str) -> None:
        self.turn = turn
        self.request = request
        self.task = task
        self.pieces, self.logprobs = _said(turn)
        self.text = _text(self.pieces)
        self.length = _length(request)
        language = request.json.get("language")
        self.language = "english" if task == "translate" or not isinstance(language, str) else language

    @property
    def usage(self) -> JSON:
        """By the minute for the older model, by the token for the newer ones; a translation tells none."""
        if self.request.model == _WITHOUT_STREAM:
            return {"type": "duration", "seconds": max(1, round(self.length))}
        return _tokens(self.turn, self.length)

    def spread(self, count: int) -> Iterator[tuple[float, float]]:
        """The times of so many equal parts of the sound."""
        ends = accumulate([self.length / count] * count, initial=0.0) if count else ()
        return pairwise(round(end, 2) for end in ends)


def _json(heard: _Heard) -> Result:
    full: dict[str, JSON] = {"text": heard.text}
    if heard.request.logprobs:
        full["logprobs"] = [_logprob(entry) for entry in heard.logprobs]
    return full if heard.task == "translate" else {**full, "usage": heard.usage}


def _verbose(heard: _Heard) -> Result:
    segment: JSON = {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": heard.length,
        "text": heard.text,
        "tokens": [_FIRST_TOKEN + place for place in range(sum(piece.tokens for piece in heard.pieces))],
        "temperature": 0.0,
        "avg_logprob": -0.25,
        "compression_ratio": 1.0,
        "no_speech_prob": 0.01,
    }
    full: dict[str, JSON] = {
        "task": heard.task,
        "language": heard.language,
        "duration": heard.length,
        "text": heard.text,
    }
    asked = heard.request.json.get("timestamp_granularities") or ["segment"]
    kinds = asked if isinstance(asked, list) else [asked]
    if "segment" in kinds:
        full["segments"] = [segment]
    if "word" in kinds:
        words = heard.text.split()
        times = heard.spread(len(words))
        full["words"] = [
            {"word": word, "start": start, "end": end} for word, (start, end) in zip(words, times, strict=True)
        ]
    return full if heard.task == "translate" else {**full, "usage": heard.usage}


def _diarized(heard: _Heard) -> Result:
    segment: JSON = {
        "type": "transcript.text.segment",
        "id": "seg_001",
        "start": 0.0,
        "end": heard.length,
        "text": heard.text,
        "speaker": "A",
    }
    return {
        "task": heard.task,
        "duration": heard.length,
        "text": heard.text,
        "segments": [segment],
        "usage": heard.usage,
    }


def _plain(heard: _Heard) -> Result:
    return Media((f"{heard.text}\n".encode(errors="surrogatepass"),), "text/plain; charset=utf-8")


def _srt(heard: _Heard) -> Result:
    text = f"1\n{_clock(0, ',')} --> {_clock(heard.length, ',')}\n{heard.text}\n\n"
    return Media((text.encode(errors="surrogatepass"),), "text/plain; charset=utf-8")


def _vtt(heard: _Heard) -> Result:
    text = f"WEBVTT\n\n{_clock(0, '.')} --> {_clock(heard.length, '.')}\n{heard.text}\n\n"
    return Media((text.encode(errors="surrogatepass"),), "text/vtt; charset=utf-8")


_WRITERS: Mapping[str, Callable[[_Heard], Result]] = {
    "json": _json,
    "verbose_json": _verbose,
    "diarized_json": _diarized,
    "text": _plain,
    "srt": _srt,
    "vtt": _vtt,
}


def _clock(at_s: float, mark: str) -> str:
    """Hours, minutes, seconds and milliseconds, as subtitles have them."""
    ms = round(at_s * 1_000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1_000 % 60:02}{mark}{ms % 1_000:03}"


def _said(turn: Turn) -> tuple[tuple[Piece, ...], tuple[Logprob, ...]]:
    """All that is text in the first choice."""
    parts = [part for part in turn.choices[0].parts if isinstance(part, (Said, Refusal))]
    pieces = tuple(piece for part in parts for piece in part.pieces)
    return pieces, tuple(entry for part in parts for entry in part.logprobs)


def _text(pieces: tuple[Piece, ...]) -> str:
    return "".join(piece.text for piece in pieces)


def _with_logprobs(pieces: tuple[Piece, ...], logprobs: tuple[Logprob, ...]) -> Iterator[tuple[Piece, list[JSON]]]:
    start = 0
    for piece in pieces:
        yield piece, [_logprob(entry) for entry in logprobs[start : start + piece.tokens]]
        start += piece.tokens


def _logprob(entry: Logprob) -> JSON:
    return {"token": token_text(entry.token), "logprob": entry.logprob, "bytes": list(entry.token)}


def _length(request: Request) -> float:
    return seconds(files(request.call)[0].data)


def _tokens(turn: Turn, length: float) -> JSON:
    """Ten tokens for each second of sound, and those of the text."""
    heard, said = max(1, round(length * _TOKENS_PER_S)), turn.usage.output_tokens
    return {
        "type": "tokens",
        "input_tokens": heard,
        "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": said,
        "total_tokens": heard + said,
    }


TRANSCRIPTIONS = Transcriptions("audio.transcriptions", "transcribe")
TRANSLATIONS = Transcriptions("audio.translations", "translate")
