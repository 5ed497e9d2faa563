"""The kinds of rate limits that real endpoints have.

Here: their names, and which of them refill continuously, divide a minute or count tokens together. Not here: how they
speak (`telling.py`).

- `openai`: continuous refill. Recorded header pairs fit no other rule: with 1 500 000 tokens a day and 1 495 621 left,
  the reset is told as `4m12.172s`.
- `per_day`: the same refill; headers tell requests per day and tokens per minute.
- `slices`: tokens in a count that starts again each minute, and requests in slices of a minute, 1 s or 10 s long, each
  with its share.
- `fixed_window`: a count that starts again, for gateways that do it so.
"""

from typing import Literal

Mode = Literal["openai", "slices", "per_day", "fixed_window"]

REFILLED: frozenset[Mode] = frozenset({"openai", "per_day"})
"""Limits that refill continuously; the others count in windows."""

SLICED: frozenset[Mode] = frozenset({"slices"})
"""Limits that divide the minute of requests in slices."""

SUMMED: frozenset[Mode] = frozenset({"slices", "per_day"})
"""Limits to which a request costs its input and the most it may generate together, not the larger of the two."""
