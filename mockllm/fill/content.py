"""The author's words become the parts of a turn.

Here: the parts of one choice. Look next at `words.py`, how words become pieces, and `hosted.py`, the parts of the
service's own tools. Not here: limits from the request (`bounds.py`) and words that the author did not write
(`auto.py`).
"""

from dataclasses import replace

from mockllm.fill.audio import silence
from mockllm.fill.hosted import hosted
from mockllm.fill.template import Template
from mockllm.fill.words import Words, call_id
from mockllm.scenario.content import (
    AudioPart,
    Content,
    PartSpec,
    ReasoningPart,
    RefusalPart,
    TextPart,
    ToolCallPart,
)
from mockllm.seeds import Seed
from mockllm.tokens import Tokenizer
from mockllm.turn import Audio, Hosted, Part, Reasoning, Refusal, Text, ToolCall

_DAY_S = 24 * 3600


def parts(said: Content, template: Template, tokenizer: Tokenizer, seed: Seed, created: int) -> tuple[Part, ...]:
    """The parts of one choice, in order; its annotations are on its last text. A message without words follows an image
    that nothing else follows (wire-contract §7.5).
    """
    specs = said.ordered()
    spaced = sum(isinstance(spec, ToolCallPart) for spec in specs) > 1
    seeds = [seed.child("part", index) for index in range(len(specs))]
    made = [
        part
        for spec, own in zip(specs, seeds, strict=True)
        for part in _parts(spec, Words(template.seeded(own), tokenizer, spaced), own, created)
    ]
    if made and isinstance(made[-1], Hosted) and made[-1].type == "image_generation_call":
        made.append(Text(()))
    for index in reversed(range(len(made))):
        part = made[index]
        if isinstance(part, Text):
            made[index] = replace(part, annotations=said.annotations)
            break
    return tuple(made)


def _parts(spec: PartSpec, words: Words, seed: Seed, created: int) -> tuple[Part, ...]:
    match spec:
        case TextPart():
            return (Text(words.pieces(spec.text)),)
        case ReasoningPart():
            return (Reasoning(words.pieces(spec.text), spec.field, spec.raw),)
        case RefusalPart():
            return (Refusal(words.pieces(spec.text)),)
        case ToolCallPart():
            return (_call(spec, words, seed),)
        case AudioPart():
            transcript = words.pieces(spec.transcript)
            data = spec.data if spec.data is not None else silence(sum(piece.tokens for piece in transcript))
            return (Audio(f"audio_{seed.hex(32)}", transcript, data, created + _DAY_S),)
        case _:
            return hosted(spec, words, seed)


def _call(spec: ToolCallPart, words: Words, seed: Seed) -> ToolCall:
    key = spec.id or call_id(seed)
    if spec.input is not None:
        return ToolCall(key, spec.name, words.pieces(spec.input), "custom")
    return ToolCall(key, spec.name, words.arguments(spec.arguments))
