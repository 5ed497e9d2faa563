"""Rate limits as the Realtime API tells them: in an event, where HTTP has headers.

Here: `rate_limits.updated` from the headers of an answer. Not here: counting (`limits/`). It comes right after
`response.created` ("at the beginning of a response", as the description has it), and only where limits are scripted:
without them the mock tells none over HTTP either.
"""

import re
from collections.abc import Sequence

from mockllm.dialects.realtime.event import event, frame, named
from mockllm.plan import Frames
from mockllm.request import JSON
from mockllm.seeds import Seed

_CREATED = "response.created"
_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "µs": 0.000_001}
_SPAN = re.compile(r"([\d.]+)(ms|µs|h|m|s)")


def inserted(frames: Frames, told: Sequence[tuple[str, str]]) -> Frames:
    """The frames with the event after the one that begins the response, if limits are told."""
    values = {name.lower(): value for name, value in told}
    entries: list[JSON] = [
        {
            "name": name,
            "limit": int(values[f"x-ratelimit-limit-{name}"]),
            "remaining": int(values.get(f"x-ratelimit-remaining-{name}", "0")),
            "reset_seconds": _seconds(values.get(f"x-ratelimit-reset-{name}", "0s")),
        }
        for name in ("requests", "tokens")
        if values.get(f"x-ratelimit-limit-{name}", "").isdecimal()
    ]
    index = next((index + 1 for index, it in enumerate(frames) if it.event == _CREATED), None)
    if not entries or index is None:
        return frames
    key = named("event", Seed.of("rate limits", str(frames[index - 1].data)))
    news = frame(event("rate_limits.updated", key, {"rate_limits": entries}))
    return (*frames[:index], news, *frames[index:])


def _seconds(text: str) -> float:
    """A duration as the headers have it, such as `1m9.696s` (wire-contract §3.3), in seconds."""
    return round(sum(float(number) * _UNITS_S[unit] for number, unit in _SPAN.findall(text)), 6)
