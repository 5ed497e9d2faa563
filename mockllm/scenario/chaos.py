"""Trouble that nobody scripted for a single request: `chaos` of a scenario or of a rule.

Here: the words, and the decision which entries act on a call, as a pure function of what was counted before it. Chance
follows from the request and its attempt alone, so the same try has the same fate in any order of arrival; only what
counts (`every`, `first`, `most`) and what looks at the clock depends on when a call comes, as it must. Not here: who
keeps the counts (`namespace.py`), what becomes of an answer (`fate.py`), faults that a client asks for (`opt_in.py`).
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from mockllm.plan import seconds
from mockllm.request import Request
from mockllm.scenario.base import Authored, Chosen, Integer, Shaped, found
from mockllm.scenario.error import ErrorSpec
from mockllm.scenario.faults import FAULT_NAMES, AnyFault, Fault, Faults
from mockllm.scenario.match import When
from mockllm.seeds import Seed
from mockllm.units import Duration, Share, refusal

_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"

Times = Annotated[Integer, Field(ge=1)]


class Ramp(Authored):
    """A share that grows or falls evenly, from the beginning of the window on; then it stays as it is."""

    from_: Share = Field(alias="from", description="the share at the beginning")
    to: Share = Field(description="the share at the end, and after it")
    over: Duration | None = Field(
        default=None, gt=0, description="how long the change takes; as long as the window (`for`) if left out"
    )

    def share(self, since_us: int, window_us: int) -> float:
        """The share so many microseconds after the beginning of the window."""
        over_us = self.over or window_us
        return self.to if since_us >= over_us else self.from_ + (self.to - self.from_) * since_us / over_us


def _kind_of_chance(value: Any) -> str:
    return "ramp" if isinstance(value, (Mapping, Ramp)) else "share"


Chance = Annotated[Share | Ramp, Chosen(_kind_of_chance, share=Share, ramp=Ramp)]
"""A share, `5%`, or one that changes with time, `{from: 0%, to: 50%, over: 60s}`."""


class Blow(Authored):
    """What goes wrong: faults of the answer, an error in its place, or an error with faults of its own."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["faults"]}, {"required": ["error"]}]})

    faults: Annotated[AnyFault | Faults, Shaped("a fault", "a list of faults")] = Field(
        default=(), description="a fault, or a list of them, which the answer gets beside its own"
    )
    error: ErrorSpec | None = Field(default=None, description="a refusal in place of the answer and its faults")

    @classmethod
    def hint(cls, key: str) -> str:
        """The nearest key; for a fault, where it belongs."""
        return f"it is a fault, so write faults: {{{key}: ...}}; " if key in FAULT_NAMES else super().hint(key)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.error is None and not self.all_faults():
            raise refusal("nothing goes wrong here: give faults, an error, or both")
        return self

    def all_faults(self) -> tuple[Fault, ...]:
        """The faults, however they are written."""
        return (self.faults,) if isinstance(self.faults, Fault) else self.faults


class ChaosEntry(Blow):
    """Something that goes wrong now and then: whenever all of its conditions hold, and always if it has none."""

    when: When | None = Field(
        default=None, description="only requests like these; lists and stored objects only if it names their api"
    )
    chance: Chance | None = Field(
        default=None, description="the share of tries, 5%, or {from: 0%, to: 50%, over: 60s}; all if left out"
    )
    every: Times | None = Field(default=None, description="only every n-th call that it may act on")
    first: Times | None = Field(default=None, description="only the first n calls that it may act on")
    from_: Duration = Field(
        default=0, alias="from", description="when its window begins, counted from the first call of the namespace"
    )
    for_: Duration | None = Field(
        default=None, alias="for", gt=0, description="how long its window lasts; for ever if left out"
    )
    most: Times | None = Field(default=None, description="how often it acts in all, in one namespace")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.every is not None and self.first is not None and self.every > self.first:
            raise refusal(
                f"this never acts: among the first {self.first} calls there is none that is number {self.every}: "
                "make first larger, or drop one of them"
            )
        if isinstance(self.chance, Ramp):
            self._check_ramp(self.chance)
        return self

    def _check_ramp(self, ramp: Ramp) -> None:
        if ramp.over is None and self.for_ is None:
            raise refusal("the chance changes, but nothing says how long: give over, or the window's length in for")
        if ramp.over is not None and self.for_ is not None and ramp.over > self.for_:
            raise refusal(
                f"the chance changes over {seconds(ramp.over)}, but the window lasts {seconds(self.for_)} and is over "
                "before: make over shorter, or for longer"
            )

    def applies(self, request: Request, *, named_only: bool) -> bool:
        """Whether it may act on this request; with `named_only` it must name the API. Raises MatchError if that cannot
        be told.
        """
        if self.when is None:
            return not named_only
        return not (named_only and self.when.api is None) and not self.when.differences(request)

    def acts(self, draw: float, number: int, elapsed_us: int) -> bool:
        """Whether all conditions hold for the call with this number among those that it may act on, from 1."""
        since_us = elapsed_us - self.from_
        if since_us < 0 or (self.for_ is not None and since_us >= self.for_):
            return False
        if (self.every is not None and number % self.every) or (self.first is not None and number > self.first):
            return False
        chance = self.chance
        share = chance.share(since_us, self.for_ or 0) if isinstance(chance, Ramp) else chance
        return share is None or draw < share


def _is_header(name: str) -> str:
    if re.fullmatch(_HEADER, name) is None:
        raise refusal(f"{found(name)} cannot be the name of a header: write one such as x-mockllm-fault")
    return name


class Chaos(Authored):
    """What goes wrong at random or at times. A list of entries is the short form."""

    shorthand: ClassVar[str | None] = "entries"

    entries: tuple[ChaosEntry, ...] = Field(default=(), description="what goes wrong, and when")
    most: Times | None = Field(default=None, description="how often all entries together act, in one namespace")
    header: Annotated[str, AfterValidator(_is_header), Field(json_schema_extra={"pattern": f"^{_HEADER}$"})] | None = (
        Field(default=None, description="the request header with which a client may ask for a fault, if there is one")
    )

    @classmethod
    def hint(cls, key: str) -> str:
        """The nearest key; for one of an entry, where it belongs."""
        if key in ChaosEntry.allowed() or key in FAULT_NAMES:
            return "it belongs to an entry, so write a list: chaos: [{...}]; "
        return super().hint(key)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.entries and self.header is None:
            raise refusal("nothing can happen here: give entries, or a header with which clients ask for faults")
        if self.most is not None and not self.entries:
            raise refusal("most counts what entries do, and there are none: give entries, or drop most")
        return self


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted in a namespace: by entry, the calls that it might act on, and those on which it did."""

    seen: Mapping[str, int]
    acted: Mapping[str, int]


UNTOUCHED = Counts({}, {})
"""The counts of a namespace that no call has reached."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the fate of a try follows from beside its request: the seed of its rule, reply and request, the number of
    the attempt, and the time since the first call of the namespace.
    """

    seed: Seed
    attempt: int
    elapsed_us: int


@dataclass(frozen=True, slots=True)
class Scope:
    """The chaos of a scenario or of a rule, with its place in the file."""

    place: str
    chaos: Chaos
    named_only: bool = False


@dataclass(frozen=True, slots=True)
class Strike:
    """What strikes a try, and what reports call it who asked for that: an entry, or a header."""

    by: str
    faults: tuple[Fault, ...]
    error: ErrorSpec | None

    @classmethod
    def of(cls, by: str, blow: Blow) -> Self:
        """The strike with its faults under the name of who asked."""
        return cls(by, tuple(fault.asked_by(by) for fault in blow.all_faults()), blow.error)


def judge(
    scopes: Sequence[Scope], request: Request, moment: Moment, counts: Counts
) -> tuple[tuple[Strike, ...], Counts]:
    """What strikes this try, and the counts with this call in it.

    An error takes the place of the answer, so where one strikes nothing else does. Raises MatchError if a `when` cannot
    be evaluated on the request.
    """
    seen = dict(counts.seen)
    acting: list[tuple[Scope, str, ChaosEntry]] = []
    for scope in scopes:
        for index, entry in enumerate(scope.chaos.entries):
            if not entry.applies(request, named_only=scope.named_only):
                continue
            place = f"{scope.place}[{index}]"
            seen[place] = seen.get(place, 0) + 1
            draw = moment.seed.child(place, moment.attempt).fraction()
            others = sum(other is scope for other, _, _ in acting)
            is_free = _is_below(scope.chaos.most, counts.acted.get(scope.place, 0) + others)
            if (
                is_free
                and _is_below(entry.most, counts.acted.get(place, 0))
                and entry.acts(draw, seen[place], moment.elapsed_us)
            ):
                acting.append((scope, place, entry))
    acting = [one for one in acting if one[2].error is not None][:1] or acting
    acted = Counter(counts.acted)
    acted.update(name for scope, place, _ in acting for name in (scope.place, place))
    return tuple(Strike.of(place, entry) for _, place, entry in acting), Counts(seen, acted)


def _is_below(most: int | None, acted: int) -> bool:
    return most is None or acted < most
