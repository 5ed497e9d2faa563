"""Rate limits, as values: time is an argument, and nothing here keeps state.

Here: the public names, and nothing else. Look next at `bucket.py` and `window.py` (the two ways to count), `meter.py`
(several limits taken at once), `slots.py` (how many at a time), `cost.py` (what a request costs) and `telling.py`
(headers and refusals). Which request meets which limit is in `scenario/limits.py`.
"""

from mockllm.limits.bucket import Bucket
from mockllm.limits.cost import token_cost
from mockllm.limits.decision import Decision
from mockllm.limits.duration import go_duration
from mockllm.limits.meter import Admission, Meter, Unit, admit, new_meter
from mockllm.limits.mode import Mode
from mockllm.limits.rate import Rate, parse_amount, parse_rate
from mockllm.limits.slots import Place, Slots
from mockllm.limits.telling import crowded, rate_headers, refusal
from mockllm.limits.window import Window

__all__ = [
    "Admission",
    "Bucket",
    "Decision",
    "Meter",
    "Mode",
    "Place",
    "Rate",
    "Slots",
    "Unit",
    "Window",
    "admit",
    "crowded",
    "go_duration",
    "new_meter",
    "parse_amount",
    "parse_rate",
    "rate_headers",
    "refusal",
    "token_cost",
]
