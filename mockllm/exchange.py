"""What happened: a call, what was planned for it, what was delivered, how it ended.

Here: the frozen record that the journal keeps, one per call, whatever the call met. Not here: keeping and querying
records (`journal.py`).
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, repeat
from typing import overload

from mockllm.frozen import maker
from mockllm.plan import Gate, Microseconds, Plan, Raw, Send, Wait, duration
from mockllm.request import Call, Request
from mockllm.score import Score


class Ending(StrEnum):
    """How an exchange ended, seen from the server."""

    OPEN = "open"
    COMPLETE = "complete"
    CUT = "cut as scripted"
    LEFT = "client left"
    CANCELLED = "client cancelled"
    STOPPED = "server stopped"
    SHUT = "gate never opened"
    LOST = "worker lost"


class Trouble(StrEnum):
    """Why an exchange was not answered as scripted, which a strict test must not pass over."""

    UNMATCHED = "unmatched"
    EXHAUSTED = "script exhausted"
    FAILED = "reply failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One step of the plan as it was played: due and done in microseconds from the start of the plan, and body or raw
    bytes written.
    """

    step: int
    due_us: Microseconds
    done_us: Microseconds
    bytes: int


class Deliveries(Sequence[Delivery]):
    """The steps of a plan that were played so far, in order.

    Only the times are kept, once for steps that were done together. The rest follows from the plan and is worked out
    when somebody looks, because most exchanges are never looked at. Nothing is added any more once the exchange has
    ended.
    """

    __slots__ = ("_count", "_plan", "_runs")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._count = 0
        # In turn how many steps, and when they were done. An array when there are more: it takes longer to make.
        self._runs: tuple[int, ...] | array[int] = ()

    def add(self, steps: int, done_us: Microseconds) -> None:
        """Note that so many further steps are done."""
        self._count += steps
        if not isinstance(self._runs, array):
            self._runs = array("q", self._runs)
        self._runs.append(steps)
        self._runs.append(done_us)

    def add_rest(self, done_us: Microseconds) -> None:
        """Note that all steps that were left are done."""
        if self._count:
            self.add(len(self._plan) - self._count, done_us)
        else:
            self._count = len(self._plan)
            self._runs = (self._count, done_us)

    @property
    def plan(self) -> Plan:
        """The plan whose steps these are."""
        return self._plan

    def of(self, plan: Plan) -> "Deliveries":
        """The same times for a plan with the same steps."""
        copy = Deliveries(plan)
        copy._count, copy._runs = self._count, self._runs
        return copy

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Delivery: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Delivery, ...]: ...
    def __getitem__(self, index: int | slice) -> Delivery | tuple[Delivery, ...]:
        return tuple(self)[index]

    def __iter__(self) -> Iterator[Delivery]:
        due_us = 0
        done = chain.from_iterable(map(repeat, self._runs[1::2], self._runs[::2]))
        for index, (step, done_us) in enumerate(zip(self._plan, done, strict=False)):
            if isinstance(step, Wait):
                due_us += step.us
            elif isinstance(step, Gate):
                due_us = max(due_us, done_us)
            yield Delivery(index, due_us, done_us, len(step.data) if isinstance(step, (Send, Raw)) else 0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an exchange. `step` is the index of the step reached; on `CUT`, `LEFT` and `SHUT` it is the one that
    was not finished. `at_us` is when it ended, counted from the start of the plan.
    """

    ending: Ending
    step: int = 0
    at_us: Microseconds = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.ending} at step {self.step}" if self.ending is Ending.LEFT else str(self.ending)


@dataclass(frozen=True, slots=True)
class GateVisit:
    """An exchange at a gate: at which step, when it came, and when it went on, None while it waits there or if it never
    did; in microseconds from the start of the plan.
    """

    name: str
    step: int
    reached_us: Microseconds
    passed_us: Microseconds | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call and its answer.

    `rule` is the title of the rule that answered, None if none did, and `why` says how it was chosen or why nothing
    matched. `attempt` counts the tries of the very same request from 1. `trouble` is set when nothing that was
    scripted answered. `unfired` names the faults that were scripted here and had no place to act, `struck` what
    chaos did. `gates` are the gates that it came to, in order.
    """

    number: int
    namespace: str
    call: Call
    request: Request | None
    status: int
    plan: Plan
    rule: str | None = None
    why: str = ""
    attempt: int = 1
    trouble: Trouble | None = None
    unfired: tuple[str, ...] = ()
    deliveries: Sequence[Delivery] = ()
    outcome: Outcome = Outcome(Ending.OPEN)
    gates: tuple[GateVisit, ...] = ()
    struck: tuple[str, ...] = ()

    def ended(self, deliveries: Sequence[Delivery], outcome: Outcome) -> "Exchange":
        """The record of the exchange when it is over."""
        # Spelled out, as `replace` takes many times as long.
        return make_exchange(
            self.number,
            self.namespace,
            self.call,
            self.request,
            self.status,
            self.plan,
            self.rule,
            self.why,
            self.attempt,
            self.trouble,
            self.unfired,
            deliveries,
            outcome,
            self.gates,
            self.struck,
        )

    def again(self, number: int, call: Call, request: Request, *, attempt: int) -> "Exchange":
        """An open exchange that is as this one was, with another call of the same bytes."""
        return make_exchange(
            number,
            self.namespace,
            call,
            request,
            self.status,
            self.plan,
            self.rule,
            self.why,
            attempt,
            self.trouble,
            self.unfired,
        )

    @property
    def bytes_sent(self) -> int:
        """Body and raw bytes handed to the socket."""
        played = self.deliveries
        if isinstance(self.plan, Score) and isinstance(played, Deliveries) and played.plan is self.plan:
            return self.plan.sent(len(played))
        return sum(delivery.bytes for delivery in self.deliveries)

    @property
    def planned_us(self) -> Microseconds:
        """How long the plan takes, if all gates are open."""
        return self.plan.duration_us if isinstance(self.plan, Score) else duration(self.plan)

    @property
    def bytes_planned(self) -> int:
        """Body and raw bytes that the whole plan has."""
        plan = self.plan
        if isinstance(plan, Score):
            return plan.size
        return sum(len(step.data) for step in plan if isinstance(step, (Send, Raw)))

    @property
    def gate(self) -> str | None:
        """The gate at which the exchange waits now, or None."""
        is_open = self.outcome.ending is Ending.OPEN
        return self.gates[-1].name if is_open and self.gates and self.gates[-1].passed_us is None else None


make_exchange = maker(Exchange)
"""An exchange, made faster: each request makes two."""

make_outcome = maker(Outcome)
"""An outcome, made faster."""
