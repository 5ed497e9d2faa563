"""Waiting at a gate, for one exchange while it is played.

Here: how a play stops until its gate is open, and what is told of it. Not here: which gates are open (`gates.py`).
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from mockllm.exchange import GateVisit
from mockllm.net.clock import Clock
from mockllm.net.engine import Gates, told
from mockllm.plan import Gate, Microseconds

_US_PER_S = 1_000_000

Report: TypeAlias = Callable[[GateVisit], None]
"""Who is told of a visit twice: when the exchange comes to a gate, and when it goes on."""


class Gatekeeper:
    """The gates as one exchange meets them: those of its namespace."""

    __slots__ = ("_clock", "_gates", "_namespace", "_report", "_start_us")

    def __init__(
        self, gates: Gates, namespace: str, clock: Clock, start_us: Microseconds, report: Report = lambda _visit: None
    ) -> None:
        self._gates = gates
        self._namespace = namespace
        self._clock = clock
        self._start_us = start_us
        self._report = report

    async def wait(self, step: int, gate: Gate) -> bool:
        """Return when the gate lets this exchange through; False if that took longer than the gate's limit, in
        real time.
        """
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[bool] = loop.create_future()
        visitor = await told(self._gates.arrive(self._namespace, gate.name, lambda: _settle(opened, value=True)))
        visit = GateVisit(gate.name, step, self._now_us())
        self._report(visit)
        if visitor is not None:
            # Not by the clock of the plan: it may be paused or moved on, and whoever does that opens the gate too.
            limit = loop.call_later(gate.most_us / _US_PER_S, lambda: _settle(opened, value=False))
            try:
                if not await opened:
                    self._gates.give_back(visitor)
                    return False
            except asyncio.CancelledError:
                if opened.done() and not opened.cancelled():
                    self._gates.give_back(visitor)
                raise
            finally:
                limit.cancel()
                self._gates.leave(visitor)
        self._report(replace(visit, passed_us=self._now_us()))
        return True

    def _now_us(self) -> Microseconds:
        return self._clock.now_us() - self._start_us


def _settle(opened: "asyncio.Future[bool]", *, value: bool) -> None:
    if not opened.done():
        opened.set_result(value)
