"""Faults of what is said: the turn itself is wrong, in every dialect and on plain bodies alike.

Here: wrong tool calls and wrong finish reasons. Not here: JSON that a dialect would never write (`payload.py`).
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mockllm.scenario.base import Integer
from mockllm.scenario.faults.base import TurnFault
from mockllm.seeds import Seed
from mockllm.tokens import cut, pieces, splitter
from mockllm.turn import Choice, StopReason, ToolCall, Turn, part_tokens


class CutArguments(TurnFault):
    """The arguments of a tool call end too soon, as when the token limit hits in the middle of a call; later calls
    never come.

    With `finish: honest` the turn ends with `length`, as the real service does; with `finish: lying` it ends as if
    nothing were missing, which is `tool_calls` unless the author says otherwise.
    """

    kind: ClassVar[str] = "cut_arguments"

    call: Annotated[Integer, Field(ge=0)] = Field(default=0, description="which tool call of the turn, counted from 0")
    after: Annotated[Integer, Field(ge=0)] = Field(default=1, description="tokens of the arguments that still come")
    finish: Literal["honest", "lying"] = Field(default="honest", description="finish reason: length, or tool_calls")

    def apply(self, turn: Turn, _seed: Seed) -> Turn | None:
        """The turn with its arguments cut, or None if no choice has such a call or the call is not longer than
        `after`.
        """
        choices = tuple(self._cut(choice) or choice for choice in turn.choices)
        if choices == turn.choices:
            return None
        lost = _tokens(turn.choices) - _tokens(choices)
        usage = turn.usage.with_output(max(0, turn.usage.output_tokens - lost))
        return replace(turn, choices=choices, usage=usage)

    def _cut(self, choice: Choice) -> Choice | None:
        if (found := _nth_call(choice, self.call)) is None:
            return None
        index, call = found
        if part_tokens(call) <= self.after:
            return None
        stop = StopReason.LENGTH if self.finish == "honest" else choice.stop
        return Choice((*choice.parts[:index], replace(call, pieces=cut(call.pieces, self.after))), stop)


class GarbageAfterArguments(TurnFault):
    """Text follows the whole arguments of a tool call, inside its arguments."""

    kind: ClassVar[str] = "garbage_after_arguments"
    shorthand: ClassVar[str | None] = "text"

    call: Annotated[Integer, Field(ge=0)] = Field(default=0, description="which tool call of the turn, counted from 0")
    text: str = Field(description="what follows the arguments")

    def apply(self, turn: Turn, _seed: Seed) -> Turn | None:
        """The turn with the text and its tokens, or None if no choice has such a call."""
        garbage = pieces(splitter().split(self.text))
        changed = _with_call(turn, self.call, lambda call: replace(call, pieces=(*call.pieces, *garbage)))
        if changed is None:
            return None
        added = _tokens(changed.choices) - _tokens(turn.choices)
        usage = turn.usage.with_output(turn.usage.output_tokens + added)
        return replace(changed, usage=usage)


class UnknownTool(TurnFault):
    """A tool call names a tool that was never offered."""

    kind: ClassVar[str] = "unknown_tool"
    shorthand: ClassVar[str | None] = "name"

    call: Annotated[Integer, Field(ge=0)] = Field(default=0, description="which tool call of the turn, counted from 0")
    name: str = Field(description="the name in the call")

    def apply(self, turn: Turn, _seed: Seed) -> Turn | None:
        """The turn with the other name, or None if no choice has such a call."""
        return _with_call(turn, self.call, lambda call: replace(call, name=self.name))


class FinishReason(TurnFault):
    """Another finish reason than the one that fits, known or not; with null no finish reason is ever sent."""

    kind: ClassVar[str] = "finish_reason"
    shorthand: ClassVar[str | None] = "reason"

    reason: str | None = Field(description="any text, or null")

    def apply(self, turn: Turn, _seed: Seed) -> Turn | None:
        """The turn with the other reason in every choice, or None if all of them end so anyway."""
        choices = tuple(replace(choice, stop=self.reason) for choice in turn.choices)
        return None if choices == turn.choices else replace(turn, choices=choices)


def _nth_call(choice: Choice, number: int) -> tuple[int, ToolCall] | None:
    """The tool call with this number, and its place among the parts."""
    calls = ((index, part) for index, part in enumerate(choice.parts) if isinstance(part, ToolCall))
    return next(islice(calls, number, None), None)


def _with_call(turn: Turn, number: int, change: Callable[[ToolCall], ToolCall]) -> Turn | None:
    """The turn with this call changed in every choice that has it, or None if none has."""
    choices: list[Choice] = []
    for choice in turn.choices:
        if (found := _nth_call(choice, number)) is None:
            choices.append(choice)
            continue
        index, call = found
        parts = (*choice.parts[:index], change(call), *choice.parts[index + 1 :])
        choices.append(replace(choice, parts=parts))
    return None if tuple(choices) == turn.choices else replace(turn, choices=tuple(choices))


def _tokens(choices: tuple[Choice, ...]) -> int:
    return sum(part_tokens(part) for choice in choices for part in choice.parts)
