"""Durations as Go prints them, the form of rate-limit texts and headers.

Here: one function. Not here: which durations are told (`telling.py`) and durations as authors write them (`units.py`).
"""

_MS_US = 1_000
_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US


def go_duration(us: int) -> str:
    """The duration in Go's form (wire-contract §3.3): `12ms`, `8.64s`, `6m0s`, `24h0m0s`."""
    if us == 0:
        return "0s"
    if us < _MS_US:
        return f"{us}µs"
    if us < _SECOND_US:
        return f"{_decimal(us, _MS_US)}ms"
    minutes, rest_us = divmod(us, _MINUTE_US)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{_decimal(rest_us, _SECOND_US)}s"
    if hours:
        return f"{hours}h{minutes}m{seconds}"
    return f"{minutes}m{seconds}" if minutes else seconds


def _decimal(value: int, unit: int) -> str:
    """The value in units, exactly; `unit` is a power of ten."""
    whole, rest = divmod(value, unit)
    return f"{whole}.{rest:0{len(str(unit)) - 1}}".rstrip("0").rstrip(".") if rest else str(whole)
