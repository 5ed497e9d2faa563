"""Requests that were read before: what calls of the same bytes come to before any state is asked.

Reading a call and matching it are pure functions of its bytes and the scenario, as long as the request refers to
nothing in the store. Here: a bounded memory of that. Not here: reading (`admission.py`), matching
(`scenario/script.py`) and what is answered (`recall.py`).
"""

from dataclasses import dataclass
from typing import TypeAlias

from mockllm.address import Address
from mockllm.bounded import Bounded
from mockllm.request import Call, Request
from mockllm.scenario.document import Scenario
from mockllm.scenario.script import Match

MOST_BYTES = 4 * 1024 * 1024
"""How many bytes of requests are remembered, about."""

_OVERHEAD_BYTES = 1_024

_Pairs: TypeAlias = tuple[tuple[str, str], ...]
_Key: TypeAlias = tuple[str, str, _Pairs, str, str, _Pairs, bytes]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A request and its match, in the scenario that they were read and matched for."""

    scenario: Scenario
    request: Request
    match: Match


class Readings:
    """Requests with their matches, by the bytes of the call."""

    def __init__(self) -> None:
        self._kept: Bounded[_Key, _Reading] = Bounded(MOST_BYTES)

    def get(self, call: Call, address: Address) -> tuple[Request, Match] | None:
        """The request of this call, and the rule that matches it."""
        kept = self._kept.get(_key(call, address))
        if kept is None or kept.scenario is not address.scenario:
            return None
        return kept.request.in_call(call), kept.match

    def put(self, call: Call, address: Address, request: Request, match: Match) -> None:
        """Remember what the call came to. The request must not refer to anything in the store."""
        reading = _Reading(address.scenario, request, match)
        self._kept.put(_key(call, address), reading, len(call.body) + _OVERHEAD_BYTES)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()


def _key(call: Call, address: Address) -> _Key:
    place = (address.scenario.name, address.path, address.given)
    return *place, call.method, call.query, call.headers.pairs, call.body
