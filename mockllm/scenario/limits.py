"""How much a client may ask for: `limits`.

Here: the words for rates and concurrency, and which requests share a limit. Not here: the arithmetic, the headers and
the refusals (`mockllm/limits/`), and who keeps the state (`namespace.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from mockllm.limits import Meter, Mode, Rate, Slots, Unit, new_meter, parse_amount, parse_rate
from mockllm.limits.meter import SLICE_US
from mockllm.limits.rate import AMOUNT_PATTERN, DAY_US, MOST, RATE_PATTERN
from mockllm.request import Request
from mockllm.scenario.base import Authored, Integer, Shaped, found
from mockllm.scenario.text import Wanted, fits
from mockllm.units import parse_duration, refusal


def _in_words(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise refusal(str(error)) from None


def _read_rate(value: Any) -> Any:
    if isinstance(value, str):
        return _in_words(parse_rate, value)
    raise refusal(f"{found(value)} is not a rate: write an amount and a window, such as 60/min")


def _read_amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise refusal(f"{found(value)} is not an amount: write a whole number, such as 1000, 90K or 1.5M")
    return _in_words(parse_amount, value) if isinstance(value, str) else value


def _some(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if not items:
        raise ValueError("the list is empty: give it at least one entry")
    return items


RateText = Annotated[
    Rate,
    BeforeValidator(_read_rate),
    WithJsonSchema({"type": "string", "pattern": RATE_PATTERN, "examples": ["60/min", "10/s", "1.5M/day"]}),
]
"""An amount in each window, written `60/min`, `10/s`, `1000/h`, `1.5M/day`."""

Amount = Annotated[
    int,
    Field(ge=1, le=MOST),
    BeforeValidator(_read_amount),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1, "maximum": MOST}, {"type": "string", "pattern": AMOUNT_PATTERN}]}
    ),
]
"""A whole number above zero, written `1000`, `90K`, `1.5M`."""

MOST_AT_A_TIME = 10_000
"""The largest numbers of requests that are answered and that wait at a time."""

Sharer: TypeAlias = Literal["key", "model", "namespace"]


_INSTEAD: Mapping[str, str] = {
    "rpm": "requests: 60/min",
    "tpm": "tokens: 90K/min",
    "rpd": "requests_per_day: 1000",
    "tpd": "tokens_per_day: 1.5M",
    "concurrency": "concurrent: 4",
    "requests_per_minute": "requests: 60/min",
    "tokens_per_minute": "tokens: 90K/min",
}


class Limit(Authored):
    """Limits of the requests that it names, all of them if it names none. They are charged when a request comes, and
    a refused request counts as a request too.
    """

    models: Wanted | None = Field(default=None, description="only requests for these models; * and ? are patterns")
    keys: Wanted | None = Field(default=None, description="only requests with these API keys; * and ? are patterns")
    per: Annotated[
        Sharer | Annotated[tuple[Sharer, ...], AfterValidator(_some), Field(json_schema_extra={"minItems": 1})],
        Shaped("key", "model", "namespace", "a list of key and model"),
    ] = Field(default=("key", "model"), description="what has limits of its own; namespace is one limit for all")
    mode: Mode = Field(default="openai", description="how limits refill, and what headers and refusals say")
    slice: Literal["1s", "10s"] | None = Field(
        default=None, description="mode slices: the part of a minute that admits its share of requests; 10s if left out"
    )
    requests: RateText | None = Field(default=None, description="requests in a window, such as 60/min")
    requests_per_day: Amount | None = Field(default=None, description="requests in a day, beside those of `requests`")
    tokens: RateText | None = Field(default=None, description="tokens in a window, such as 90K/min")
    tokens_per_day: Amount | None = Field(default=None, description="tokens in a day, beside those of `tokens`")
    project_tokens: RateText | None = Field(
        default=None, description="tokens of the project, told in headers of its own"
    )

    concurrent: Annotated[Integer, Field(ge=1, le=MOST_AT_A_TIME)] | None = Field(
        default=None, description="requests that are answered at a time; the next one waits, or is refused"
    )
    queue: Annotated[Integer, Field(ge=0, le=MOST_AT_A_TIME)] | None = Field(
        default=None, description="how many wait for their turn, first come, first served; none if left out"
    )

    @classmethod
    def hint(cls, key: str) -> str:
        """The key that has another name here, or the nearest one."""
        return f"write {_INSTEAD[key]}; " if key in _INSTEAD else super().hint(key)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if not any(self._rates()) and self.concurrent is None:
            raise ValueError("nothing is limited: give requests, tokens or concurrent")
        if self.queue is not None and self.concurrent is None:
            raise ValueError("nothing waits in the queue unless concurrent says how many are answered at a time")
        if {"namespace"} < self._sharers():
            raise ValueError("per: namespace is one limit for all: keep it alone, or name key and model")
        if self.slice is not None and self.mode != "slices":
            raise ValueError(f"slice belongs to mode slices, and the mode is {self.mode}: drop one of them")
        if self.project_tokens is not None and self.mode in {"slices", "per_day"}:
            raise ValueError(
                f"mode {self.mode} has no limit of project tokens: drop project_tokens, or use mode openai"
            )
        return self

    @model_validator(mode="after")
    def _one_for_each_window(self) -> Self:
        for name, rate, daily in (
            ("requests", self.requests, self.requests_per_day),
            ("tokens", self.tokens, self.tokens_per_day),
        ):
            if rate is not None and rate.window_us == DAY_US and daily is not None:
                raise ValueError(f"{name} and {name}_per_day both limit a day: keep one")
        return self

    def fits(self, request: Request) -> bool:
        """Whether the request is one of those that are limited."""
        asked = ((self.models, request.model), (self.keys, request.call.key()))
        return all(wanted is None or any(fits(value, name) for name in wanted) for wanted, value in asked)

    def shared_by(self, request: Request) -> tuple[str, ...]:
        """What requests have in common that share one limit with this one."""
        values = {"key": request.call.key(), "model": request.model, "namespace": ""}
        return tuple(values[sharer] for sharer in sorted(self._sharers()))

    def meters(self) -> tuple[Meter, ...]:
        """All rates, unused."""
        slice_us = SLICE_US if self.slice is None else parse_duration(self.slice)
        return tuple(new_meter(unit, rate, self.mode, slice_us) for unit, rate in self._rates())

    def slots(self) -> Slots | None:
        """All places, free; None if there may be any number of requests at a time."""
        return None if self.concurrent is None else Slots(self.concurrent, self.queue or 0)

    @property
    def shared_by_all(self) -> bool:
        """Whether it limits the whole namespace, as the capacity of a server does, rather than one client."""
        return self._sharers() == {"namespace"}

    def _sharers(self) -> frozenset[Sharer]:
        return frozenset((self.per,) if isinstance(self.per, str) else self.per)

    def _rates(self) -> Iterator[tuple[Unit, Rate]]:
        rates: tuple[tuple[Unit, Rate | None], ...] = (
            ("requests", self.requests),
            ("requests", _daily(self.requests_per_day)),
            ("tokens", self.tokens),
            ("tokens", _daily(self.tokens_per_day)),
            ("project-tokens", self.project_tokens),
        )
        return ((unit, rate) for unit, rate in rates if rate is not None)


def _daily(amount: int | None) -> Rate | None:
    return None if amount is None else Rate(amount, DAY_US)


def _reachable(limits: tuple[Limit, ...]) -> tuple[Limit, ...]:
    for index, limit in enumerate(limits[:-1]):
        if limit.models is None and limit.keys is None:
            raise ValueError(
                f"entry {index} limits every request, so those after it are never used: move it to the end"
            )
    return limits


Limits: TypeAlias = Annotated[
    Limit
    | Annotated[
        tuple[Limit, ...], AfterValidator(_some), AfterValidator(_reachable), Field(json_schema_extra={"minItems": 1})
    ],
    Shaped("a mapping", "a list of mappings"),
]
"""One limit, or several of which the first that fits a request is its limit."""


def limit_for(limits: Limit | tuple[Limit, ...], request: Request) -> tuple[int, Limit] | None:
    """The limit of a request and its place in the list, or None if nothing limits it."""
    listed = (limits,) if isinstance(limits, Limit) else limits
    return next(((number, limit) for number, limit in enumerate(listed) if limit.fits(request)), None)
