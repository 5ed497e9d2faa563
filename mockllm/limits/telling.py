"""What clients are told about limits: response headers, and the refusal with its hints.

Here: one row for each mode, with the words it uses (wire-contract §3.3, §4.2, §12). Not here: deciding (`meter.py`).

Resets and waits are told in whole milliseconds and rounded down, as the service does: 1.2 ms is `1ms`, 12 µs is `0s`,
and a wait of 91.5 ms is "try again in 91ms". Day windows make no exception (`8.64s`, `23h18m29.144s`). What clients are
told to wait in `retry-after` and `retry-after-ms` is rounded up, so whoever obeys a header is admitted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockllm.catalogue import KNOWN_ERRORS
from mockllm.errors import ApiError
from mockllm.limits.decision import ceil_div
from mockllm.limits.duration import go_duration
from mockllm.limits.meter import Admission, Meter, Unit
from mockllm.limits.mode import Mode
from mockllm.limits.rate import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from mockllm.limits.slots import Slots

_MS_US = 1_000
_ORGANIZATION = "org-mockllm"
_CODE = "rate_limit_exceeded"
_UNITS: tuple[Unit, ...] = ("project-tokens", "requests", "tokens")

_Pairs = tuple[tuple[str, str], ...]


def _milliseconds(us: int) -> str:
    return go_duration(us - us % _MS_US)


def _seconds(us: int) -> str:
    return str(ceil_div(us, SECOND_US))


@dataclass(frozen=True, slots=True)
class _Form:
    """How one mode speaks.

    `longest` names the units of which headers tell the longest window, where there are several; of the others they
    tell the shortest. `reset` and `wait` write times in headers and in the refusal. `never_s` is the hint given to a
    request that can never pass.
    """

    refused: str
    too_large: str
    windows: Mapping[int, tuple[str, str]]
    longest: frozenset[Unit] = frozenset(_UNITS)
    reset: Callable[[int], str] = _milliseconds
    wait: Callable[[int], str] = _milliseconds
    code: str = _CODE
    too_large_status: int = 429
    with_ms: bool = True
    never_s: int | None = None


_LEARN = "Visit https://platform.openai.com/account/rate-limits to learn more."

_OPENAI = _Form(
    refused=(
        "Rate limit reached for {model} in organization {organization} on {unit} per {window} ({short}): "
        f"Limit {{limit}}, Used {{used}}, Requested {{cost}}. Please try again in {{wait}}. {_LEARN}"
    ),
    too_large=(
        "Request too large for {model} in organization {organization} on {unit} per {window} ({short}): "
        "Limit {limit}, Requested {cost}. The input or output tokens must be reduced in order to run successfully. "
        f"{_LEARN}"
    ),
    windows={SECOND_US: ("sec", "S"), MINUTE_US: ("min", "M"), HOUR_US: ("hour", "H"), DAY_US: ("day", "D")},
)

_DEPLOYMENT = (
    "Requests to this deployment have exceeded {call} rate limit of your current pricing tier. "
    "Please retry after {wait} seconds."
)

_FORMS: Mapping[Mode, _Form] = {
    "openai": _OPENAI,
    "fixed_window": _OPENAI,
    "per_day": _Form(
        refused=(
            "Rate limit reached for model `{model}` in organization `{organization}` service tier `on_demand` on "
            "{unit} per {window} ({short}): Limit {limit}, Used {used}, Requested {cost}. Please try again in {wait}."
        ),
        too_large=(
            "Request too large for model `{model}` in organization `{organization}` service tier `on_demand` on "
            "{unit} per {window} ({short}): Limit {limit}, Requested {cost}, please reduce your message size and try "
            "again."
        ),
        windows={SECOND_US: ("second", "S"), MINUTE_US: ("minute", "M"), HOUR_US: ("hour", "H"), DAY_US: ("day", "D")},
        longest=frozenset({"requests"}),
        wait=go_duration,
        too_large_status=413,
        with_ms=False,
    ),
    "slices": _Form(
        refused=_DEPLOYMENT,
        too_large=_DEPLOYMENT,
        windows=_OPENAI.windows,
        longest=frozenset(),
        reset=_seconds,
        wait=_seconds,
        code="429",
        never_s=DAY_US // SECOND_US,
    ),
}


def rate_headers(meters: tuple[Meter, ...], mode: Mode, now_us: int) -> _Pairs:
    """The headers that tell limits, on every answer: of each unit the limit, what remains, and when it is reset."""
    form = _FORMS[mode]
    told = [meter for unit in _UNITS for meter in _told(meters, unit, form)]
    return (
        *((f"x-ratelimit-limit-{meter.unit}", str(meter.state.limit(now_us))) for meter in told),
        *((f"x-ratelimit-remaining-{meter.unit}", str(meter.state.remaining(now_us))) for meter in told),
        *((f"x-ratelimit-reset-{meter.unit}", form.reset(meter.state.reset_us(now_us))) for meter in told),
    )


def _told(meters: tuple[Meter, ...], unit: Unit, form: _Form) -> tuple[Meter, ...]:
    """The limit of a unit that headers tell; none if the unit has no limit."""
    by_window = sorted((meter for meter in meters if meter.unit == unit), key=lambda meter: meter.state.window_us)
    return tuple(by_window[-1:] if unit in form.longest else by_window[:1])


def refusal(admission: Admission, *, model: str, tokens: int, mode: Mode, now_us: int) -> ApiError:
    """The refusal of a request that was not admitted, with all its headers: what the limits are and when to try again.

    A request that can never pass is told so; most modes then give no time.
    """
    form, meter, wait_us = _FORMS[mode], admission.refused_by, admission.decision.retry_after_us
    assert meter is not None, "an admitted request has no refusal"
    told_us = (form.never_s or 0) * SECOND_US if wait_us is None else wait_us
    limit = meter.state.limit(now_us)
    window, letter = form.windows[meter.state.window_us]
    words = {
        "model": model,
        "organization": _ORGANIZATION,
        "unit": meter.unit.replace("-", " "),
        "call": "call" if meter.unit == "requests" else "token",
        "window": window,
        "short": f"{'R' if meter.unit == 'requests' else 'T'}P{letter}",
        "limit": limit,
        "used": limit - meter.state.remaining(now_us),
        "cost": meter.cost(tokens),
        "wait": form.wait(told_us),
    }
    return ApiError(
        form.too_large_status if wait_us is None else 429,
        (form.too_large if wait_us is None else form.refused).format(**words),
        type_="requests" if meter.unit == "requests" else "tokens",
        code=form.code,
        headers=(*rate_headers(admission.meters, mode, now_us), *_hints(told_us, form)),
    )


def _hints(wait_us: int, form: _Form) -> _Pairs:
    """When to try again, rounded up. No time, no hint."""
    if not wait_us:
        return ()
    milliseconds = (("retry-after-ms", str(ceil_div(wait_us, _MS_US))),) if form.with_ms else ()
    return (("retry-after", _seconds(wait_us)), *milliseconds)


def crowded(slots: Slots, *, model: str, shared_by_all: bool, told: _Pairs) -> ApiError:
    """The refusal of a request for which there is no place, not even in the queue. Nobody knows when one is free, so it
    has no hint when to try again.

    Who uses up an own limit is told so with 429; where all share one, the server is what is overloaded, and says so
    with 503 (wire-contract §4.2).
    """
    if shared_by_all:
        known = KNOWN_ERRORS["server_is_overloaded"]
        return ApiError(known.status, known.message, type_=known.type, code=known.code, headers=told)
    message = (
        f"Rate limit reached for {model} in organization {_ORGANIZATION} on concurrent requests: "
        f"Limit {slots.most_running}, Used {len(slots.running)}, Queued {len(slots.waiting)}, Requested 1. "
        f"Please try again when one of them has ended. {_LEARN}"
    )
    return ApiError(429, message, type_="requests", code=_CODE, headers=told)
