"""What the limits of one namespace have admitted: rates, and the places of requests that are open.

Here: the state behind `limits`, by limit and by what requests share it, and behind `load`. Not here: the arithmetic and
what is told (`limits/`), the author's words (`scenario/limits.py`, `scenario/pace/load.py`), and waiting for a place:
`engine.py` puts a gate before the plan.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mockllm.limits import Meter, Place, Slots, admit, crowded, rate_headers, refusal, token_cost
from mockllm.request import Request
from mockllm.scenario.limits import Limit
from mockllm.scenario.pace.load import Load

MOST_SHARERS = 100_000
"""How many different sharers of limits one namespace remembers; the oldest is forgotten first."""

SharedBy = tuple[int, tuple[str, ...]]
"""The number of a limit, and what the requests have in common that share it."""

LOAD = -1_000_000_000
"""What stands for the number of a limit where the places are those of `load`."""

_ENGINE: SharedBy = (LOAD, ())


@dataclass(frozen=True, slots=True)
class Charge:
    """What became of a request at its limits: the headers that tell them, and the place that it has, if places are
    limited. `slowness` is how many times longer than when nobody else is served its answer takes.
    """

    told: tuple[tuple[str, str], ...] = ()
    place: Place | None = None
    slowness: float = 1.0


FREE = Charge()
"""The charge of what no limit is about."""


@dataclass(slots=True)
class Usage:
    """The state of all limits of a namespace. `places` says which limit each open exchange has a place of."""

    meters: dict[SharedBy, tuple[Meter, ...]] = field(default_factory=dict)
    slots: dict[SharedBy, Slots] = field(default_factory=dict)
    places: dict[int, SharedBy] = field(default_factory=dict)

    def charge(self, number: int, limit: Limit, request: Request, exchange: int | None) -> Charge:
        """Take the request from the limit with this number, and give the exchange a place; None wants no place.

        Raises ApiError if it is refused. What a request has taken from the rates is gone, even if there is no place.
        """
        key, now_us, tokens = (number, limit.shared_by(request)), request.call.at_us, token_cost(request, limit.mode)
        admission = admit(self.meters.get(key) or limit.meters(), tokens, now_us)
        self.meters[key] = admission.meters
        if len(self.meters) > MOST_SHARERS:
            del self.meters[next(iter(self.meters))]
        if not admission.decision.admitted:
            raise refusal(admission, model=request.model, tokens=tokens, mode=limit.mode, now_us=now_us)
        told = rate_headers(admission.meters, limit.mode, now_us)
        slots = self.slots.get(key) or limit.slots()
        if slots is None or exchange is None:
            return Charge(told)
        slots, place = slots.enter(exchange)
        if place is Place.REFUSED:
            raise crowded(slots, model=request.model, shared_by_all=limit.shared_by_all, told=told)
        self.slots[key] = slots
        self.places[exchange] = key
        return Charge(told, place)

    def enter(self, load: Load, request: Request, exchange: int, told: tuple[tuple[str, str], ...]) -> Charge:
        """Give the exchange a place in the engine. Raises ApiError if there is none, not even in the queue.

        How slow it is follows from those that run when it begins, of which one that waits is the last.
        """
        slots, place = (self.slots.get(_ENGINE) or load.places()).enter(exchange)
        if place is Place.REFUSED:
            raise crowded(slots, model=request.model, shared_by_all=True, told=told)
        self.slots[_ENGINE] = slots
        self.places[exchange] = _ENGINE
        return Charge(told, place, load.slowness(len(slots.running)))

    def leave(self, exchange: int) -> int | None:
        """Free the place of an exchange that ended; the exchange that waited for it and may go on, if there is one."""
        if (key := self.places.pop(exchange, None)) is None:
            return None
        slots, follower = self.slots[key].leave(exchange)
        if slots.running:
            self.slots[key] = slots
        else:
            del self.slots[key]
        return follower

    def levels(self) -> Iterator[tuple[SharedBy, tuple[Meter, ...], Slots | None]]:
        """The state of every limit that was used, as far as it is remembered."""
        for key in dict.fromkeys((*self.meters, *self.slots)):
            yield key, self.meters.get(key, ()), self.slots.get(key)
