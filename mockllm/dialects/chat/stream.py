"""Chat Completions, writing a turn as a stream: `chat.completion.chunk` objects and `[DONE]`.

Here: the sequences of wire-contract §5.3 (role, content, tool header and fragments, finish, usage, end). Not here:
their envelope (`form.py`) and its padding (`mould.py`), the plain body (`write.py`) and time.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import count
from typing import NamedTuple, assert_never

import orjson

from mockllm.bounded import Same
from mockllm.dialects.chat import write
from mockllm.dialects.chat.form import HOLE, Chunk
from mockllm.dialects.chat.moderation import moderation
from mockllm.dialects.chat.mould import PADDING_LENGTH, Chunks, Mould
from mockllm.dialects.lanes import side_by_side
from mockllm.dialects.sse import compact
from mockllm.plan import FrameKind
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.tokens import LongText, Piece
from mockllm.turn import Audio, Choice, Hosted, Logprob, Part, Reasoning, Refusal, Text, ToolCall, Turn, Usage

_NOTHING = Piece("", 0, ())
_MOST_MOULDS = 64
_MOST_PIECES = 512
_MOST_LONG_MOULDS = 2


class _Delta(NamedTuple):
    """One delta of one choice, before its envelope. One that says a piece has a hole for it, and is the same object for
    all pieces of a text; the piece is added to the label.
    """

    delta: Mapping[str, JSON]
    kind: FrameKind = "token"
    tokens: int = 0
    label: str = ""
    logprobs: JSON = None
    finish: str | None = None
    thought: bool = False
    piece: str | None = None


class _Manner(NamedTuple):
    """What shapes all chunks of an answer beside what it says."""

    created: int
    model: str
    service_tier: str | None
    system_fingerprint: str | None
    id_length: int
    padded: bool
    logprobs: bool
    legacy: bool
    usage: Usage | None
    moderation: str | None


def stream(turn: Turn, request: Request, seed: Seed) -> Chunks:
    """The turn as chunks: the deltas of all choices side by side, then usage if asked for, then the end marker."""
    options = request.json.get("stream_options")
    wanted = options if isinstance(options, Mapping) else {}
    padded = wanted.get("include_obfuscation") is not False
    key = write.completion_id(turn, request)
    checked = moderation(turn, request)
    manner = _Manner(
        turn.created,
        turn.model,
        turn.service_tier,
        turn.system_fingerprint,
        len(key),
        padded,
        write.shows_logprobs(request),
        write.is_legacy(request),
        turn.usage if wanted.get("include_usage") is True else None,
        None if checked is None else compact(checked),
    )
    choices = Same(turn.choices)
    mould = (_long_mould if _length(choices) else _known_mould)(choices, manner)
    # One random text; each chunk takes the padding it needs from another place in it.
    return Chunks(mould, key, seed.child("obfuscation").alphanumeric(PADDING_LENGTH) if padded else "")


def _mould(choices: Same[tuple[Choice, ...]], manner: _Manner) -> Mould:
    # At once: of a long stream the chunks are made when the head is on its way.
    for choice in choices.value:
        write.check_room(choice, legacy=manner.legacy)
    head: dict[str, JSON] = {"object": "chat.completion.chunk", "created": manner.created, "model": manner.model}
    if manner.service_tier is not None:
        head["service_tier"] = manner.service_tier
    head["system_fingerprint"] = manner.system_fingerprint
    chunks, long = _chunks(choices.value, manner), _length(choices)
    return Mould(chunks, head, manner.id_length, padded=manner.padded, long=long)


@lru_cache(_MOST_MOULDS)
def _length(choices: Same[tuple[Choice, ...]]) -> int:
    """As many pieces as the choices can have, or more, if that is many; else 0."""
    pieces = [part.pieces for choice in choices.value for part in choice.parts]
    most = sum(said.most if isinstance(said, LongText) else len(said) for said in pieces)
    return most if most > _MOST_PIECES else 0


# Most turns are those of a reply that says the same to every request.
_known_mould = lru_cache(_MOST_MOULDS)(_mould)
# Of those that take much room, and long to make, only those that were asked for last.
_long_mould = lru_cache(_MOST_LONG_MOULDS)(_mould)


def _chunks(choices: tuple[Choice, ...], manner: _Manner) -> Iterator[Chunk]:
    """The chunks before their envelope. Usage and moderation have chunks without a choice; the usage is null in all
    others.
    """
    tail: dict[str, JSON] = {} if manner.usage is None else {"usage": None}
    lanes = [_choice(choice, legacy=manner.legacy) for choice in choices]
    shared: dict[int, tuple[_Delta, JSON, str]] = {}  # with a delta that holds the object whose identity is the key
    for index, delta in side_by_side(lanes, lambda delta: delta.tokens):
        if delta.piece is None or (known := shared.get(id(delta.delta))) is None:
            choice: dict[str, JSON] = {"index": index, "delta": delta.delta}
            if manner.logprobs:
                choice["logprobs"] = delta.logprobs
            choice["finish_reason"] = delta.finish
            known = delta, choice, f"[{index}] {delta.label}" if len(choices) > 1 else delta.label
            if delta.piece is not None:
                shared[id(delta.delta)] = known
        yield Chunk(known[1], tail, delta.kind, delta.tokens, known[2], index, delta.thought, delta.piece)
    if manner.usage is not None:
        yield Chunk(rest={"usage": write.usage_json(manner.usage)}, kind="usage", label="usage")
    if manner.moderation is not None:
        checked: dict[str, JSON] = {"moderation": orjson.loads(manner.moderation)}
        yield Chunk(rest=checked | tail, kind="event", label="moderation")


def _choice(choice: Choice, *, legacy: bool) -> Iterator[_Delta]:
    """The deltas of one choice, from its role to its finish. It fits into a message of this API."""
    told = [part for part in choice.parts if not isinstance(part, Hosted)]
    alone = len(told) == 1 and isinstance(told[0], ToolCall)
    if not alone:
        yield _role(choice)
    numbers = count()
    for part in choice.parts:
        yield from _part(part, numbers, legacy=legacy, with_role=alone)
    if annotations := write.annotations(choice):
        yield _Delta({"annotations": annotations}, label="annotations")
    if choice.stop is not None:
        finish = write.finish_reason(choice, legacy=legacy)
        yield _Delta({}, "finish", label=f"finish {finish}", finish=finish)


def _part(part: Part, numbers: Iterator[int], *, legacy: bool, with_role: bool) -> Iterator[_Delta]:
    """The deltas of one part; `numbers` counts the tool calls."""
    match part:
        case Text(pieces=pieces, logprobs=logprobs):
            yield from _pieces("content", pieces, logprobs)
        case Refusal(pieces=pieces, logprobs=logprobs):
            yield from _pieces("refusal", pieces, logprobs)
        case Reasoning(pieces=pieces, field=field):
            yield from _spoken({field: HOLE}, pieces, "~", thought=True)
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


def _pieces(key: str, pieces: Sequence[Piece], logprobs: tuple[Logprob, ...]) -> Iterator[_Delta]:
    if not logprobs:
        yield from _spoken({key: HOLE}, pieces)
        return
    start = 0
    for piece in pieces:
        shown = [write.logprob_json(entry) for entry in logprobs[start : start + piece.tokens]]
        entries: JSON = {"content": None, "refusal": None, key: shown}
        start += piece.tokens
        yield _Delta({key: piece.text}, "token", piece.tokens, _quote(piece), entries)


def _spoken(
    delta: Mapping[str, JSON], pieces: Sequence[Piece], label: str = "", *, thought: bool = False
) -> Iterator[_Delta]:
    """The same delta for each of the pieces."""
    for piece in pieces:
        yield _Delta(delta, "token", piece.tokens, label, None, None, thought, piece.text)


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
    fragment: JSON = {"index": number, call.kind: {key: HOLE}}
    yield from _spoken({"tool_calls": [fragment]}, call.pieces, f"call {number} ")


def _function_call(call: ToolCall, *, with_role: bool) -> Iterator[_Delta]:
    """The deprecated form of a call."""
    header: dict[str, JSON] = {"function_call": {"name": call.name, "arguments": ""}}
    if with_role:
        full = {"role": "assistant", "content": None, **header, "refusal": None}
        yield _Delta(full, "role", label=f"role, function {call.name}")
    else:
        yield _Delta(header, label=f"function {call.name}")
    yield from _spoken({"function_call": {"arguments": HOLE}}, call.pieces, "function ")


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
