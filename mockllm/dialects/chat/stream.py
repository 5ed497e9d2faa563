"""Chat Completions, writing a turn as a stream: `chat.completion.chunk` objects and `[DONE]`.

Here: the sequences of wire-contract §5.3 (role, content, tool header and fragments, finish, usage, end) and the
envelope of §5.2 with its padding. Not here: the plain body (`write.py`), bytes (`../sse.py`) and time.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import NamedTuple, assert_never

from mockllm.dialects.chat import write
from mockllm.dialects.chat.moderation import moderation
from mockllm.dialects.lanes import side_by_side
from mockllm.dialects.sse import compact
from mockllm.plan import Frame, FrameKind
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.tokens import Piece
from mockllm.turn import Audio, Choice, Hosted, Logprob, Part, Reasoning, Refusal, Text, ToolCall, Turn

_PADDED_TO = 16
# Prime, so that so many chunks pass before the same padding comes again.
_PLACES = 251
_NOTHING = Piece("", 0, ())
_DONE = Frame(data="[DONE]", kind="done", label="[DONE]")


class _Delta(NamedTuple):
    """One delta of one choice, before its envelope."""

    delta: Mapping[str, JSON]
    kind: FrameKind = "token"
    tokens: int = 0
    label: str = ""
    logprobs: JSON = None
    finish: str | None = None
    thought: bool = False


def stream(turn: Turn, request: Request, seed: Seed) -> Iterator[Frame]:
    """The turn as frames: the deltas of all choices side by side, then usage if asked for, then the end marker."""
    envelope = _Envelope(turn, request, seed)
    lanes = [_choice(choice, request) for choice in turn.choices]
    for index, delta in side_by_side(lanes, lambda delta: delta.tokens):
        yield envelope.frame(index, delta)
    if envelope.shows_usage:
        yield envelope.usage_frame()
    if (checked := moderation(turn, request)) is not None:
        yield envelope.moderation_frame(checked)
    yield _DONE


class _Envelope:
    """What is the same in all chunks of a stream, and the padding of each."""

    def __init__(self, turn: Turn, request: Request, seed: Seed) -> None:
        options = request.json.get("stream_options")
        wanted = options if isinstance(options, Mapping) else {}
        self.shows_usage = wanted.get("include_usage") is True
        self._pads = wanted.get("include_obfuscation") is not False
        self._usage = write.usage_json(turn.usage)
        self._shows_logprobs = write.shows_logprobs(request)
        self._many = len(turn.choices) > 1
        # One random text; each chunk takes the padding it needs from another place in it.
        self._padding = seed.child("obfuscation").alphanumeric(_PLACES + _PADDED_TO) if self._pads else ""
        self._count = 0
        self._head: dict[str, JSON] = {
            "id": write.completion_id(turn, request),
            "object": "chat.completion.chunk",
            "created": turn.created,
            "model": turn.model,
        }
        if turn.service_tier is not None:
            self._head["service_tier"] = turn.service_tier
        self._head["system_fingerprint"] = turn.system_fingerprint
        self._tail: dict[str, JSON] = {"usage": None} if self.shows_usage else {}
        # The length of a chunk without choice and padding: only the choice is left to be measured for each.
        self._bare_length = len(compact({**self._head, "choices": [], **self._tail, "obfuscation": ""}))

    def frame(self, index: int, delta: _Delta) -> Frame:
        """The chunk of one delta."""
        choice: dict[str, JSON] = {"index": index, "delta": delta.delta}
        if self._shows_logprobs:
            choice["logprobs"] = delta.logprobs
        choice["finish_reason"] = delta.finish
        chunk: dict[str, JSON] = {**self._head, "choices": [choice], **self._tail}
        if self._pads:
            chunk["obfuscation"] = self._next_padding(self._bare_length + len(compact(choice)))
        label = f"[{index}] {delta.label}" if self._many else delta.label
        return Frame(chunk, delta.kind, delta.tokens, label, choice=index, thought=delta.thought)

    def usage_frame(self) -> Frame:
        """The chunk without choices that carries the usage of the whole stream."""
        return Frame(self._padded({**self._head, "choices": [], "usage": self._usage}), "usage", label="usage")

    def moderation_frame(self, checked: JSON) -> Frame:
        """The chunk without choices that carries the moderation; it comes after the usage, which is null in it."""
        chunk: dict[str, JSON] = {**self._head, "choices": [], "moderation": checked, **self._tail}
        return Frame(self._padded(chunk), "event", label="moderation")

    def _padded(self, chunk: dict[str, JSON]) -> dict[str, JSON]:
        if self._pads:
            chunk["obfuscation"] = ""
            chunk["obfuscation"] = self._next_padding(len(compact(chunk)))
        return chunk

    def _next_padding(self, length: int) -> str:
        """What makes the length of a payload, in characters, 1 modulo 16 (wire-contract §5.2)."""
        start = self._count * (_PADDED_TO + 1) % _PLACES
        self._count += 1
        return self._padding[start : start + (1 - length) % _PADDED_TO]


def _choice(choice: Choice, request: Request) -> Iterator[_Delta]:
    """The deltas of one choice, from its role to its finish."""
    write.check_room(choice, request)
    told = [part for part in choice.parts if not isinstance(part, Hosted)]
    alone = len(told) == 1 and isinstance(told[0], ToolCall)
    if not alone:
        yield _role(choice)
    numbers = count()
    for part in choice.parts:
        yield from _part(part, numbers, legacy=write.is_legacy(request), with_role=alone)
    if annotations := write.annotations(choice):
        yield _Delta({"annotations": annotations}, label="annotations")
    if choice.stop is not None:
        finish = write.finish_reason(choice, request)
        yield _Delta({}, "finish", label=f"finish {finish}", finish=finish)


def _part(part: Part, numbers: Iterator[int], *, legacy: bool, with_role: bool) -> Iterator[_Delta]:
    """The deltas of one part; `numbers` counts the tool calls."""
    match part:
        case Text(pieces=pieces, logprobs=logprobs):
            yield from _pieces("content", pieces, logprobs)
        case Refusal(pieces=pieces, logprobs=logprobs):
            yield from _pieces("refusal", pieces, logprobs)
        case Reasoning(pieces=pieces, field=field):
            for piece in pieces:
                yield _Delta({field: piece.text}, "token", piece.tokens, f"~{_quote(piece)}", thought=True)
        case Audio():
            yield from _audio(part)
        case ToolCall() if legacy:
            yield from _function_call(part, with_role=with_role)
        case ToolCall():
            yield from _tool_call(part, next(numbers), with_role=with_role)
        case Hosted():
            pass  # What the service did shows in the text alone.
        case _:
            assert_never(part)


def _role(choice: Choice) -> _Delta:
    """The first delta when it is alone: what it holds depends on what follows."""
    kinds = {type(part) for part in choice.parts}
    delta: dict[str, JSON] = {"role": "assistant", "content": None}
    if Text in kinds or not write.has_content(choice):
        delta |= {"content": "", "refusal": None}
    if Refusal in kinds:
        delta["refusal"] = ""
    scored = {type(part) for part in choice.parts if isinstance(part, (Text, Refusal)) and part.logprobs}
    empty: JSON = {"content": [] if Text in scored else None, "refusal": [] if Refusal in scored else None}
    return _Delta(delta, "role", label="role", logprobs=empty if scored else None)


def _pieces(key: str, pieces: tuple[Piece, ...], logprobs: tuple[Logprob, ...]) -> Iterator[_Delta]:
    start = 0
    for piece in pieces:
        entries: JSON = None
        if logprobs:
            shown = [write.logprob_json(entry) for entry in logprobs[start : start + piece.tokens]]
            entries = {"content": None, "refusal": None, key: shown}
        start += piece.tokens
        yield _Delta({key: piece.text}, "token", piece.tokens, _quote(piece), entries)


def _tool_call(call: ToolCall, number: int, *, with_role: bool) -> Iterator[_Delta]:
    """The header and the fragments of one call; a call that is the whole answer shares its header's chunk with the
    role.
    """
    key = write.call_text_key(call)
    header: JSON = {"index": number, **write.call_header(call), call.kind: {"name": call.name, key: ""}}
    label = f"call {number} {call.name}"
    if with_role:
        yield _Delta(
            {"role": "assistant", "content": None, "tool_calls": [header], "refusal": None},
            "role",
            label=f"role, {label}",
        )
    else:
        yield _Delta({"tool_calls": [header]}, label=label)
    for piece in call.pieces:
        fragment: JSON = {"index": number, call.kind: {key: piece.text}}
        yield _Delta({"tool_calls": [fragment]}, "token", piece.tokens, f"call {number} {_quote(piece)}")


def _function_call(call: ToolCall, *, with_role: bool) -> Iterator[_Delta]:
    """The deprecated form of a call."""
    header: dict[str, JSON] = {"function_call": {"name": call.name, "arguments": ""}}
    if with_role:
        full = {"role": "assistant", "content": None, **header, "refusal": None}
        yield _Delta(full, "role", label=f"role, function {call.name}")
    else:
        yield _Delta(header, label=f"function {call.name}")
    for piece in call.pieces:
        yield _Delta({"function_call": {"arguments": piece.text}}, "token", piece.tokens, f"function {_quote(piece)}")


def _audio(audio: Audio) -> Iterator[_Delta]:
    """Transcript pieces, then sound, then the expiry (wire-contract §5.3).

    The id comes once, with the first of them, because clients join its repetitions (§10.1). What there is none of
    comes once as an empty text, so that the pieces add up to the whole object.
    """
    for place, piece in enumerate(audio.pieces or (_NOTHING,)):
        told: dict[str, JSON] = {"id": audio.id} if place == 0 else {}
        label = f"audio {_quote(piece)}"
        yield _Delta({"audio": {**told, "transcript": piece.text}}, "token", piece.tokens, label)
    for data in audio.data or ("",):
        yield _Delta({"audio": {"data": data}}, label=f"audio {len(data)} base64 characters")
    yield _Delta({"audio": {"expires_at": audio.expires_at}}, label="audio expiry")


def _quote(piece: Piece) -> str:
    return compact(piece.text)
