"""The events of a Realtime answer, from `response.created` to `response.done`.

Here: the sequence of each kind of item. Its pieces are those of the examples in OpenAI's API description. Not here: the
objects (`write.py`), and what the events of a client lead to (`dialogue.py`).

Decided where the description says nothing of the order: an item is in the conversation (`conversation.item.added`)
right after it is in the output, and done there right before it is done in the output. An answer outside the
conversation has neither event. A spoken word comes as its transcript and then as its sound.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import count, zip_longest

from mockllm.dialects.realtime.event import event, frame, named
from mockllm.dialects.realtime.sound import format_of, silence
from mockllm.dialects.realtime.write import Output, finished, outputs, response, response_id, speaks
from mockllm.dialects.sse import compact
from mockllm.plan import Frame, FrameKind
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.tokens import Piece
from mockllm.turn import Audio, ToolCall, Turn, part_text

_Fields = Mapping[str, JSON]


class _Voice:
    """Makes the frames of one answer: each event gets the next id, and the id of the response where it has one."""

    def __init__(self, key: str) -> None:
        self._seed = Seed.of("event", key)
        self._numbers = count()

    def say(
        self, kind: str, fields: _Fields, frame_kind: FrameKind = "event", tokens: int = 0, label: str = ""
    ) -> Frame:
        data = event(kind, named("event", self._seed, next(self._numbers)), fields)
        return frame(data, frame_kind, tokens, label)


def stream(turn: Turn, request: Request) -> Iterator[Frame]:
    """The turn as frames."""
    key = response_id(turn)
    voice = _Voice(key)
    yield voice.say("response.created", {"response": response(request, key)}, "opening")
    listed = request.json.get("conversation") != "none"
    previous = _last_item(request)
    for index, output in enumerate(outputs(turn, request)):
        place: dict[str, JSON] = {"response_id": key, "output_index": index}
        yield voice.say("response.output_item.added", {**place, "item": output.added})
        if listed:
            yield voice.say("conversation.item.added", {"previous_item_id": previous, "item": output.added})
        yield from _inside(voice, output, request, {"response_id": key, "item_id": output.id, "output_index": index})
        if listed:
            yield voice.say("conversation.item.done", {"previous_item_id": previous, "item": output.done})
        yield voice.say("response.output_item.done", {**place, "item": output.done})
        previous = output.id
    yield voice.say("response.done", {"response": finished(turn, request)}, "finish")


def _last_item(request: Request) -> JSON:
    items = request.json.get("input")
    last = items[-1] if isinstance(items, list) and items else {}
    return last.get("id") if isinstance(last, Mapping) else None


def _inside(voice: _Voice, output: Output, request: Request, place: _Fields) -> Iterator[Frame]:
    """The events between an item's `added` and its `done`."""
    part = output.part
    if isinstance(part, ToolCall):
        yield from _call(voice, part, place)
    elif speaks(request):
        yield from _spoken(voice, part.pieces, _sounds(output, request), {**place, "content_index": 0})
    else:
        yield from _written(voice, part.pieces, {**place, "content_index": 0})


def _call(voice: _Voice, part: ToolCall, place: _Fields) -> Iterator[Frame]:
    place = {**place, "call_id": part.id}
    for piece in part.pieces:
        fields = {**place, "delta": piece.text}
        label = compact(piece.text)
        yield voice.say("response.function_call_arguments.delta", fields, "token", piece.tokens, label)
    done = {**place, "name": part.name, "arguments": part_text(part)}
    yield voice.say("response.function_call_arguments.done", done)


def _written(voice: _Voice, pieces: Sequence[Piece], place: _Fields) -> Iterator[Frame]:
    yield voice.say("response.content_part.added", {**place, "part": {"type": "text", "text": ""}})
    for piece in pieces:
        fields = {**place, "delta": piece.text}
        yield voice.say("response.output_text.delta", fields, "token", piece.tokens, compact(piece.text))
    text = "".join(piece.text for piece in pieces)
    yield voice.say("response.output_text.done", {**place, "text": text})
    yield voice.say("response.content_part.done", {**place, "part": {"type": "text", "text": text}})


def _spoken(voice: _Voice, pieces: Sequence[Piece], sounds: Iterator[str], place: _Fields) -> Iterator[Frame]:
    yield voice.say("response.content_part.added", {**place, "part": {"type": "audio", "transcript": ""}})
    for piece, sound in zip_longest(pieces, sounds):
        if piece is not None:
            fields = {**place, "delta": piece.text}
            label = compact(piece.text)
            yield voice.say("response.output_audio_transcript.delta", fields, "token", piece.tokens, label)
        if sound:
            label = f"audio, {len(sound)} characters"
            yield voice.say("response.output_audio.delta", {**place, "delta": sound}, label=label)
    text = "".join(piece.text for piece in pieces)
    yield voice.say("response.output_audio.done", place)
    yield voice.say("response.output_audio_transcript.done", {**place, "transcript": text})
    yield voice.say("response.content_part.done", {**place, "part": {"type": "audio", "transcript": text}})


def _sounds(output: Output, request: Request) -> Iterator[str]:
    """The sound of each piece: what the author gave, or silence for as long as it takes to say it."""
    part = output.part
    if isinstance(part, Audio):
        return iter(part.data)
    audio = request.json.get("audio")
    kind = format_of(audio.get("output") if isinstance(audio, Mapping) else None)
    return (silence(piece.tokens, kind) for piece in part.pieces)
