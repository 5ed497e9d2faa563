"""Whether a request is sent again, and when: rules 8 and 9 of a robust client.

Here: the decision, as a function of what came back. Not here: what came back (`attempt.py`) and sending (`client.py`).
"""

import email.utils
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.robust.outcome import Problem

_S = 1_000_000
_MS = 1_000
_RESET = re.compile(r"ratelimit.*reset")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_UNITS_US = (3600 * _S, 60 * _S, _S, _MS)
_LEAST_EPOCH_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Patience:
    """What a user bears. All times in microseconds.

    `first_us` is for the first useful event, which reasoning models take minutes for; `progress_us` is between useful
    events after it, whatever else comes; `silence_us` is without any byte, so comments count; `whole_us` is for all of
    it; `drain_us` is for what may still come after a good end. `sendings` limits how often a request is sent in all, a
    hint above `longest_hint_us` is not believed, and `backoff_us` is the first wait of its own, doubled each time.
    """

    first_us: int = 600 * _S
    progress_us: int = 60 * _S
    silence_us: int = 30 * _S
    whole_us: int = 3600 * _S
    drain_us: int = 5 * _S
    sendings: int = 3
    longest_hint_us: int = 300 * _S
    backoff_us: int = 500 * _MS


def delay_us(problem: Problem, headers: Mapping[str, str], now_s: int, sent: int, patience: Patience) -> int:
    """How long to wait before the next sending: as the server asks if that makes sense, else a growing wait."""
    after_us = _after(headers.get("retry-after", ""), now_s)
    hints = (_milliseconds(headers), after_us, problem.delay_us, _reset(headers, now_s))
    sensible = (hint for hint in hints if hint is not None and 0 < hint <= patience.longest_hint_us)
    return next(sensible, patience.backoff_us * 2 ** (sent - 1))


def may_resend(problem: Problem, headers: Mapping[str, str], *, given: bool) -> bool:
    """Whether a failed request may be sent once more: never after something was given to the user, and else if the
    server says so or if the failure may pass.
    """
    if given or problem.failure == "quota":
        return False
    told = headers.get("x-should-retry", "").lower()
    return told == "true" or (told != "false" and problem.transient)


def _milliseconds(headers: Mapping[str, str]) -> int | None:
    number = _number(headers.get("retry-after-ms", "") or headers.get("x-ms-retry-after-ms", ""))
    return None if number is None else round(number * _MS)


def _after(text: str, now_s: int) -> int | None:
    """Seconds or a date (RFC 9110 §10.2.3); None for what is neither."""
    if (number := _number(text)) is not None:
        return round(number * _S)
    try:
        date = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return (round(date.timestamp()) - now_s) * _S


def _reset(headers: Mapping[str, str], now_s: int) -> int | None:
    """Until the last of the limits is reset that is used up, or may be; None if no header tells."""
    resets = {name: _until(text, now_s) for name, text in headers.items() if _RESET.search(name)}
    used_up = (wait for name, wait in resets.items() if (_number(headers.get(_remaining(name), "")) or 0) <= 0)
    return max((wait for wait in used_up if wait is not None), default=None)


def _remaining(reset: str) -> str:
    return reset.replace("reset", "remaining")


def _until(text: str, now_s: int) -> int | None:
    """A duration such as `6m0s`, seconds, a Unix time or an ISO date; None for what is none of them."""
    if (number := _number(text)) is not None:
        return round((number - (now_s if number >= _LEAST_EPOCH_S else 0)) * _S)
    if text and (match := _DURATION.fullmatch(text)) is not None:
        return round(sum(float(part or 0) * unit_us for part, unit_us in zip(match.groups(), _UNITS_US, strict=True)))
    try:
        return round((datetime.fromisoformat(text).timestamp() - now_s) * _S)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
