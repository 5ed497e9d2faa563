"""What one choice of an answer says: the author's words, part by part.

Here: texts, reasoning, refusals, tool calls, audio, by name or in any order. Look next at `hosted.py`, the parts that
only the Responses API tells. Not here: the forms of a reply (`reply.py`) and how words are cut into tokens (`fill/`).
"""

from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from mockllm.scenario.base import Authored, Flag, JSONValue
from mockllm.scenario.hosted import HOSTED, HostedSpec
from mockllm.scenario.keyed import Keyed, by_kind
from mockllm.scenario.texts import Arguments, Count, Text
from mockllm.units import refusal

__all__ = [
    "AnyPart",
    "Arguments",
    "AudioPart",
    "AudioSpec",
    "Content",
    "Count",
    "PartSpec",
    "ReasoningPart",
    "ReasoningSpec",
    "RefusalPart",
    "Text",
    "TextPart",
    "ToolCallPart",
    "ToolCallSpec",
]


class ReasoningSpec(Authored):
    """Thinking before the answer, and the name of the field that carries it in Chat Completions."""

    shorthand: ClassVar[str | None] = "text"

    text: Text
    field: Literal["reasoning_content", "reasoning"] = Field(default="reasoning_content")
    raw: Flag = Field(
        default=False,
        description="in the Responses API the thinking itself, as open-weight models show it, and no summary",
    )


class ToolCallSpec(Authored):
    """One tool call. `arguments` is a mapping, or the text as it is sent, valid or not; a custom tool has `input`
    instead.
    """

    name: str
    arguments: Arguments | None = Field(default=None, description="a mapping, or the raw text")
    input: Text | None = Field(default=None, description="the free text of a custom tool")
    id: str | None = Field(default=None, description="the call id; derived if left out")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if self.arguments is not None and self.input is not None:
            raise refusal("arguments belong to a function tool and input to a custom tool: keep one")
        return self


class AudioSpec(Authored):
    """Spoken output: what is said, and the sound as base64 pieces; silence of a fitting length if left out."""

    shorthand: ClassVar[str | None] = "transcript"

    transcript: Text
    data: tuple[str, ...] | None = Field(default=None, description="base64 pieces of the sound")


class TextPart(Authored):
    """A part of the answer that is text."""

    kind: ClassVar[str] = "text"
    shorthand: ClassVar[str | None] = "text"

    text: Text


class ReasoningPart(ReasoningSpec):
    """A part of the answer that is reasoning."""

    kind: ClassVar[str] = "reasoning"


class RefusalPart(Authored):
    """A part of the answer that is a refusal."""

    kind: ClassVar[str] = "refusal"
    shorthand: ClassVar[str | None] = "text"

    text: Text


class ToolCallPart(ToolCallSpec):
    """A part of the answer that is a tool call."""

    kind: ClassVar[str] = "tool_call"


class AudioPart(AudioSpec):
    """A part of the answer that is audio."""

    kind: ClassVar[str] = "audio"


PartSpec: TypeAlias = TextPart | ReasoningPart | RefusalPart | ToolCallPart | AudioPart | HostedSpec
AnyPart = Annotated[
    PartSpec, Keyed("part", by_kind(TextPart, ReasoningPart, RefusalPart, ToolCallPart, AudioPart, *HOSTED))
]


class Content(Authored):
    """What one choice says: text and the rest by name, or `parts` in any order."""

    shorthand: ClassVar[str | None] = "text"

    reasoning: ReasoningSpec | None = Field(default=None, description="thinking before the answer")
    text: Text | None = Field(default=None, description="the answer; a list gives the tokens themselves")
    refusal: Text | None = Field(default=None, description="a refusal in place of content")
    tool_calls: tuple[ToolCallSpec, ...] = Field(default=(), description="tools to call, in order")
    audio: AudioSpec | None = Field(default=None, description="spoken output")
    parts: tuple[AnyPart, ...] = Field(default=(), description="the parts in any order, in place of the keys above")
    annotations: tuple[JSONValue, ...] = Field(default=(), description="annotations of the text, such as citations")
    finish_reason: Literal["stop", "length", "tool_calls", "function_call", "content_filter"] | None = Field(
        default=None, description="why it ended; follows from the content if left out"
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        named = [name for name in ("reasoning", "text", "refusal", "audio") if getattr(self, name) is not None]
        named += ["tool_calls"] if self.tool_calls else []
        if self.parts and named:
            raise refusal(f"parts gives the whole answer in order: move {' and '.join(named)} into it, or drop parts")
        return self

    def ordered(self) -> tuple[PartSpec, ...]:
        """The parts in the order in which a model makes them: reasoning, refusal or text, audio, tool calls."""
        if self.parts:
            return self.parts
        parts: list[PartSpec] = []
        if self.reasoning is not None:
            parts.append(ReasoningPart(**dict(self.reasoning)))
        if self.refusal is not None:
            parts.append(RefusalPart(text=self.refusal))
        if self.text is not None:
            parts.append(TextPart(text=self.text))
        if self.audio is not None:
            parts.append(AudioPart(transcript=self.audio.transcript, data=self.audio.data))
        parts += [ToolCallPart(name=c.name, arguments=c.arguments, input=c.input, id=c.id) for c in self.tool_calls]
        return tuple(parts)
