"""The exchanges that are kept, within limits of number and weight.

Here: what an exchange weighs, what of it is given up first when the room gets scarce, and what goes next. Not here: the
lock around it and the questions (`journal/__init__.py`).

A plan weighs most, and much of it is the JSON that its frames were made of, which is on the wire as bytes anyway. So an
exchange that has ended gives that up before another one has to go; a score has none of that. A plan that several
exchanges share, as equal requests do, is there once and counts once, and so does the mould of several scores.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import replace

from mockllm.exchange import Deliveries, Exchange
from mockllm.plan import USUAL, Frame, Plan, Send, Step
from mockllm.score import Compact, Mould

# About what an exchange costs beside its plan and its body. Measured, as what follows, over streams of 50 chunks and
# over bodies, on CPython 3.11.
_EXCHANGE_BYTES = 4_200
_SEND_BYTES = 950
_LIGHT_SEND_BYTES = 400
_STEP_BYTES = 80


class Kept:
    """Exchanges by number, the oldest first; never fewer than one once there was one."""

    def __init__(self, *, most_exchanges: int, most_bytes: int) -> None:
        self._most_exchanges = max(most_exchanges, 1)
        self._most_bytes = most_bytes
        self._exchanges: OrderedDict[int, Exchange] = OrderedDict()
        self._ended: deque[int] = deque()
        self._shared: dict[int, list[int]] = {}  # by identity: how many have it, and what it weighs
        self._bytes = 0
        self._newest = 0
        self._mixed = False
        self.dropped = 0

    def put(self, exchange: Exchange) -> None:
        """Keep an exchange that has just arrived; the oldest go if there is no room. One of another process may be told
        of late.
        """
        number = exchange.number
        if number > self._newest:
            self._newest = number
        else:
            self._mixed = True
        self._exchanges[number] = exchange
        self._bytes += len(exchange.call.body) + _EXCHANGE_BYTES
        self._hold(exchange.plan, light=False)
        while len(self._exchanges) > self._most_exchanges:
            self._drop()
        while self._bytes > self._most_bytes and len(self._exchanges) > 1:
            if not self._lighten():
                self._drop()

    def change(self, exchange: Exchange, *, ended: bool = False) -> None:
        """Put this in the place of the exchange with its number and its plan."""
        self._exchanges[exchange.number] = exchange
        if ended:
            self._ended.append(exchange.number)

    def get(self, number: int) -> Exchange | None:
        """The exchange with this number, if it is still there."""
        return self._exchanges.get(number)

    def all(self) -> tuple[Exchange, ...]:
        """Every exchange that is there."""
        if self._mixed:
            self._sort()
        return tuple(self._exchanges.values())

    def clear(self, namespace: str | None = None) -> None:
        """Forget everything, or the exchanges of one namespace."""
        for exchange in self.all():
            if namespace in {None, exchange.namespace}:
                self._release(self._exchanges.pop(exchange.number))
        if namespace is None:
            self._ended.clear()
            self._newest = self.dropped = 0

    def _drop(self) -> None:
        if self._mixed:
            self._sort()
        _, oldest = self._exchanges.popitem(last=False)
        self._release(oldest)
        self.dropped += 1
        while self._ended and self._ended[0] not in self._exchanges:
            self._ended.popleft()

    def _sort(self) -> None:
        self._exchanges = OrderedDict(sorted(self._exchanges.items()))
        self._mixed = False

    def _release(self, exchange: Exchange) -> None:
        self._bytes -= len(exchange.call.body) + _EXCHANGE_BYTES
        self._let_go(exchange.plan)

    def _let_go(self, part: Plan | Mould) -> None:
        held = self._shared[id(part)]
        held[0] -= 1
        if not held[0]:
            del self._shared[id(part)]
            self._bytes -= held[1]
            if isinstance(part, Compact):
                self._let_go(part.events.mould)

    def _has_more(self, plan: Plan) -> bool:
        """Whether the plan holds what can be given up, and nobody else needs it."""
        return not isinstance(plan, Compact) and self._shared[id(plan)][0] == 1

    def _hold(self, part: Plan | Mould, *, light: bool) -> None:
        """Count what several exchanges may share: a plan, and a mould for each plan that has it."""
        if (held := self._shared.get(id(part))) is not None:
            held[0] += 1
            return
        weight = _weight(part, light=light)
        self._shared[id(part)] = [1, weight]
        self._bytes += weight
        if isinstance(part, Compact):
            self._hold(part.events.mould, light=light)

    def _lighten(self) -> bool:
        """Make the plan of the exchange lighter that ended first; False if there was none whose plan is its own."""
        while self._ended:
            exchange = self._exchanges.get(self._ended.popleft())
            if exchange is not None and self._has_more(exchange.plan):
                lighter = lightened(exchange)
                self._exchanges[exchange.number] = lighter
                self._let_go(exchange.plan)
                self._hold(lighter.plan, light=True)
                return True
        return False


def lightened(exchange: Exchange) -> Exchange:
    """The exchange with a plan whose frames do not tell what their bytes were made of; all else is the same."""
    plan = _light_plan(exchange.plan)
    deliveries = exchange.deliveries
    if isinstance(deliveries, Deliveries):
        deliveries = deliveries.of(plan if deliveries.plan is exchange.plan else _light_plan(deliveries.plan))
    return replace(exchange, plan=plan, deliveries=deliveries)


def _light_plan(plan: Plan) -> Plan:
    frames: dict[int, Frame] = {}
    return tuple(_light_step(step, frames) for step in plan)


def _light_step(step: Step, frames: dict[int, Frame]) -> Step:
    """The step with a light frame: one for all pieces of a frame, because pieces are told by that."""
    if not isinstance(step, Send):
        return step
    frame = step.frame
    if (light := frames.get(id(frame))) is None:
        light = frames[id(frame)] = Frame(
            None,
            frame.kind,
            frame.tokens,
            frame.label,
            frame.event,
            (),
            frame.choice,
            frame.ordinal,
            frame.tokens_before,
            USUAL,
            frame.cause,
        )
    return Send(step.data, light, step.offset, step.alone, step.cause)


def _weight(part: Plan | Mould, *, light: bool) -> int:
    if isinstance(part, Compact) or not isinstance(part, Sequence):
        return part.weight
    return _plan_weight(part, light=light)


def _plan_weight(plan: Plan, *, light: bool) -> int:
    """The bytes that a plan costs, about: what is sent, and but for a light plan the JSON that it was made of."""
    sends = [len(step.data) for step in plan if isinstance(step, Send)]
    rest = _STEP_BYTES * (len(plan) - len(sends))
    return sum(sends) * (1 if light else 2) + len(sends) * (_LIGHT_SEND_BYTES if light else _SEND_BYTES) + rest
