"""How much in how long: `60/min`, `10/s`, `1000/h`, `1.5M/day`.

Here: the value and its parsers. Not here: which field takes one (`scenario/limits.py`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mockllm.units import found

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

_WINDOWS: Mapping[str, int] = {"s": SECOND_US, "min": MINUTE_US, "h": HOUR_US, "day": DAY_US}
_MULTIPLES: Mapping[str, int] = {"": 1, "K": 1_000, "M": 1_000_000}

MOST = 10**12
"""The largest amount."""

_AMOUNT = r"([0-9]{1,12}(?:\.[0-9]{1,6})?)([KM]?)"
_RATE = rf"{_AMOUNT}/({'|'.join(_WINDOWS)})"

AMOUNT_PATTERN = f"^{_AMOUNT}$"
RATE_PATTERN = f"^{_RATE}$"


@dataclass(frozen=True, slots=True)
class Rate:
    """An amount in each window."""

    amount: int
    window_us: int


def parse_rate(text: str) -> Rate:
    """The rate in a text such as `60/min` or `1.5M/day`. Raises ValueError with the accepted forms, for a part of a
    unit, for nothing, and above 10^12.
    """
    if (match := re.fullmatch(_RATE, text)) is None:
        told = f"{found(text)} is not a rate: write an amount and a window, such as 60/min or 1.5M/day"
        raise ValueError(f"{told} (windows: {', '.join(_WINDOWS)})")
    return Rate(_whole(match[1], match[2], text), _WINDOWS[match[3]])


def parse_amount(text: str) -> int:
    """The number in a text such as `60`, `90K` or `1.5M`. Raises ValueError as `parse_rate` does."""
    if (match := re.fullmatch(_AMOUNT, text)) is None:
        raise ValueError(f"{found(text)} is not an amount: write a number, such as 1000, 90K or 1.5M")
    return _whole(match[1], match[2], text)


def _whole(number: str, multiple: str, text: str) -> int:
    amount = Decimal(number) * _MULTIPLES[multiple]
    if amount % 1:
        raise ValueError(f"{found(text)} is no whole number: round it")
    if not amount:
        raise ValueError(f"{found(text)} would admit nothing: to refuse every request, reply with an error")
    if amount > MOST:
        raise ValueError(f"{found(text)} is above {MOST}, which is no limit: leave it out")
    return int(amount)
