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

# Measured over streams of 50 chunks and over bodies, on CPython 3.11.
_EXCHANGE_BYTES = 4_200
_SEND_BYTES = 950
_LIGHT_SEND_BYTES = 400
_STEP_BYTES = 80


class Kept:
    """Exchanges by number, the oldest first; never fewer than one once there was one."""

    def __init__(self, *, most_exchanges: int, most_bytes: int) -> None:
        self._most_exchanges = most_exchanges
        self._most_bytes = most_bytes
        self._exchanges: OrderedDict[int, Exchange] = OrderedDict()
        self._ended: deque[int] = deque()
        self._shared: dict[int, tuple[int, int]] = {}  # by identity: how many have it, and what it weighs
        self._bytes = 0
        self._mixed = False
        self.dropped = 0

    def put(self, exchange: Exchange) -> None:
        """Keep an exchange that has just arrived; the oldest go if there is no room. One of another process may be told
        of late.
        """
        self._mixed = self._mixed or (bool(self._exchanges) and exchange.number < next(reversed(self._exchanges)))
        self._exchanges[exchange.number] = exchange
        self._bytes += _own_weight(exchange)
        self._hold(exchange.plan, light=False)
        while len(self._exchanges) > max(self._most_exchanges, 1):
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
        self._sort()
        return tuple(self._exchanges.values())

    def clear(self, namespace: str | None = None) -> None:
        """Forget everything, or the exchanges of one namespace."""
        for exchange in self.all():
            if namespace in {None, exchange.namespace}:
                self._release(self._exchanges.pop(exchange.number))
        if namespace is None:
            self._ended.clear()
            self.dropped = 0

    def _drop(self) -> None:
        self._sort()
        _, oldest = self._exchanges.popitem(last=False)
        self._release(oldest)
        self.dropped += 1

    def _sort(self) -> None:
        if self._mixed:
            self._exchanges = OrderedDict(sorted(self._exchanges.items()))
            self._mixed = False

    def _release(self, exchange: Exchange) -> None:
        self._bytes -= _own_weight(exchange)
        for part in _parts(exchange.plan):
            count, weight = self._shared.pop(id(part))
            if count > 1:
                self._shared[id(part)] = (count - 1, weight)
            else:
                self._bytes -= weight

    def _has_more(self, plan: Plan) -> bool:
        """Whether the plan holds what can be given up, and nobody else needs it."""
        return not isinstance(plan, Compact) and self._shared[id(plan)][0] == 1

    def _hold(self, plan: Plan, *, light: bool) -> None:
        for part in _parts(plan):
            count, weight = self._shared.get(id(part), (0, 0))
            if not count:
                weight = _weight(part, light=light)
                self._bytes += weight
            self._shared[id(part)] = (count + 1, weight)

    def _lighten(self) -> bool:
        """Make the plan of the exchange lighter that ended first; False if there was none whose plan is its own."""
        while self._ended:
            exchange = self._exchanges.get(self._ended.popleft())
            if exchange is not None and self._has_more(exchange.plan):
                self._release(exchange)
                lighter = lightened(exchange)
                self._exchanges[exchange.number] = lighter
                self._bytes += _own_weight(lighter)
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


def _parts(plan: Plan) -> tuple[Plan | Mould, ...]:
    """What several plans may share, beginning with the plan itself."""
    return (plan, plan.events.mould) if isinstance(plan, Compact) else (plan,)


def _own_weight(exchange: Exchange) -> int:
    """The bytes that an exchange costs beside its plan, about."""
    return len(exchange.call.body) + _EXCHANGE_BYTES


def _weight(part: Plan | Mould, *, light: bool) -> int:
    if isinstance(part, Compact) or not isinstance(part, Sequence):
        return part.weight
    return _plan_weight(part, light=light)


def _plan_weight(plan: Plan, *, light: bool) -> int:
    """The bytes that a plan costs, about: what is sent, and but for a light plan the JSON that it was made of."""
    sends = [len(step.data) for step in plan if isinstance(step, Send)]
    rest = _STEP_BYTES * (len(plan) - len(sends))
    return sum(sends) * (1 if light else 2) + len(sends) * (_LIGHT_SEND_BYTES if light else _SEND_BYTES) + rest
