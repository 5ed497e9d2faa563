"""Faults of what is said: the turn itself is wrong, in every dialect and on plain bodies alike."""

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mockllm.scenario.base import Integer
from mockllm.scenario.faults.base import TurnFault
from mockllm.seeds import Seed
from mockllm.tokens import cut
from mockllm.turn import Choice, Part, StopReason, ToolCall, Turn, part_tokens


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
        usage = replace(turn.usage, output_tokens=max(0, turn.usage.output_tokens - lost))
        return replace(turn, choices=choices, usage=usage)

    def _cut(self, choice: Choice) -> Choice | None:
        calls = [index for index, part in enumerate(choice.parts) if isinstance(part, ToolCall)]
        if self.call >= len(calls):
            return None
        index = calls[self.call]
        part: Part = choice.parts[index]
        if not isinstance(part, ToolCall) or part_tokens(part) <= self.after:
            return None
        stop = StopReason.LENGTH if self.finish == "honest" else choice.stop
        return Choice((*choice.parts[:index], replace(part, pieces=cut(part.pieces, self.after))), stop)


def _tokens(choices: tuple[Choice, ...]) -> int:
    return sum(part_tokens(part) for choice in choices for part in choice.parts)
