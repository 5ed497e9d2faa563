"""Parameters that are allowed only beside another one.

Here: the rows of such a table and the function that reads it. Not here: which parameters these are (the dialects).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mockllm.dialects.rules.refusals import refusal


@dataclass(frozen=True, slots=True)
class Needs:
    """`name` may be sent only when `other` is there, or, with `enabled`, only when `other` is true."""

    name: str
    other: str
    enabled: bool = False

    @property
    def message(self) -> str:
        """The sentence of the refusal, which has no code."""
        if self.enabled:
            return f"The '{self.name}' parameter is only allowed when '{self.other}' is enabled."
        return f"Invalid value for '{self.name}': '{self.name}' is only allowed when '{self.other}' are specified."


def check_needs(needs: Sequence[Needs], body: Mapping[str, object]) -> None:
    """Raise ApiError for the first parameter of the table that came without the other one; null counts as absent."""
    for need in needs:
        if body.get(need.name) is None:
            continue
        other = body.get(need.other)
        if not (other is True if need.enabled else other is not None):
            raise refusal(need.message, param=need.name)
