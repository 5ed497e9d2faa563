"""Figures: one number that a benchmark measured, what it should be, and its median over several runs.

Here: values and their table. Not here: measuring, and curves (`curves.py`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of one run. `most` and `least` are what it should be at most and at least, if that is said anywhere.

    `unit` stands behind the number; a ratio has none.
    """

    part: str
    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    digits: int = 1

    def shown(self, value: float) -> str:
        """A value of this figure as people read it."""
        return f"{value:,.{self.digits}f}{f' {self.unit}' if self.unit else ''}"

    @property
    def aim(self) -> str:
        """What it should be, or a dash."""
        if self.most is not None:
            return f"at most {self.shown(self.most)}"
        return "-" if self.least is None else f"at least {self.shown(self.least)}"

    def is_met(self, value: float) -> bool | None:
        """Whether this value is what it should be; None if nothing is said."""
        if self.most is not None:
            return value <= self.most
        return None if self.least is None else value >= self.least


@dataclass(frozen=True, slots=True)
class Summary:
    """A figure over several runs: the median, the lowest and the highest."""

    figure: Figure
    value: float
    lowest: float
    highest: float

    @property
    def verdict(self) -> str:
        """`met`, `missed`, or a dash where nothing is said."""
        return {True: "met", False: "missed", None: "-"}[self.figure.is_met(self.value)]


def summaries(runs: Sequence[Sequence[Figure]]) -> tuple[Summary, ...]:
    """The medians of what was measured in each run, in the order of the first."""
    values: dict[tuple[str, str], list[float]] = {}
    for run in runs:
        for figure in run:
            values.setdefault((figure.part, figure.what), []).append(figure.value)
    return tuple(
        Summary(figure, median(found), min(found), max(found))
        for figure in runs[0]
        if (found := values[figure.part, figure.what])
    )


def by_part(every: Iterable[Summary]) -> Mapping[str, list[Summary]]:
    """The summaries of each part, in their order."""
    parts: dict[str, list[Summary]] = {}
    for summary in every:
        parts.setdefault(summary.figure.part, []).append(summary)
    return parts
