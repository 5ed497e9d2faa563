"""What a namespace holds, as plain data for people and programs.

Here: one function, from state to a value that can be printed as JSON. Not here: the state (`namespace.py`) and who
shows it (`net/control/`).
"""

from collections import Counter
from collections.abc import Iterator

from mockllm.limits import Meter
from mockllm.namespace import Namespace
from mockllm.request import JSON
from mockllm.usage import LOAD

_UNRULED = {-1: "otherwise", -2: "what the server holds"}


def snapshot(name: str, state: Namespace, *, bound: bool) -> dict[str, JSON]:
    """What the namespace holds at its last use: script positions, tries of requests, limits, what chaos counts,
    stored objects.

    Times are the server's clock in microseconds. Nothing of it changes when the state does.
    """
    return {
        "name": name,
        "scenario": state.scenario.name,
        "bound": bound,
        "last_used_us": state.used_us,
        "scripts": list(_scripts(state)),
        "attempts": list(_attempts(state)),
        "limits": list(_limits(state)),
        "chaos": list(_chaos(state)),
        "stored": dict(state.store.counts()),
    }


def _scripts(state: Namespace) -> Iterator[JSON]:
    for number, rule in enumerate(state.scenario.rules):
        yield {"rule": rule.title(number), "taken": state.taken.get(number, 0), "replies": len(rule.replies)}


def _attempts(state: Namespace) -> Iterator[JSON]:
    """For each reply that was given, how many different requests got it and how often they tried."""
    requests: Counter[tuple[int, int]] = Counter()
    tries: Counter[tuple[int, int]] = Counter()
    for (rule, reply, _), count in state.tries.items():
        requests[rule, reply] += 1
        tries[rule, reply] += count
    for rule, reply in sorted(requests):
        yield {
            "rule": _title(rule, state),
            "reply": reply,
            "requests": requests[rule, reply],
            "tries": tries[rule, reply],
        }


def _title(rule: int, state: Namespace) -> str:
    """The title of a rule; what is counted like one, and is none, has a negative number (`decision.py`)."""
    return state.scenario.rules[rule].title(rule) if rule >= 0 else _UNRULED.get(rule, "")


def _limits(state: Namespace) -> Iterator[JSON]:
    for (number, shared_by), meters, slots in state.usage.levels():
        rates: list[JSON] = [_rate(meter, state.used_us) for meter in meters]
        yield {
            "limit": _limit(number),
            "shared_by": list(shared_by),
            "rates": rates,
            "running": len(slots.running) if slots is not None else 0,
            "waiting": len(slots.waiting) if slots is not None else 0,
        }


def _limit(number: int) -> str:
    if number == LOAD:
        return "load"
    return f"limits[{number}]" if number >= 0 else f"auth.keys[{-1 - number}].limits"


def _chaos(state: Namespace) -> Iterator[JSON]:
    """For each entry of chaos, and for each list of them: how many calls it could act on, and on how many it did."""
    seen, acted = state.counts.seen, state.counts.acted
    for place in sorted({*seen, *acted}):
        yield {"entry": place, "seen": seen.get(place, 0), "acted": acted.get(place, 0)}


def _rate(meter: Meter, now_us: int) -> JSON:
    return {
        "unit": meter.unit,
        "limit": meter.state.limit(now_us),
        "remaining": meter.state.remaining(now_us),
        "reset_us": meter.state.reset_us(now_us),
    }
