"""Faker's dates without a clock: "now" is always the same moment.

Here: `PinnedDates`, which replaces every method of Faker's date provider that reads the time and can do without it.
Relative dates (`-30y`, `+1d`, `today`) count from `NOW`. Not here: the methods that cannot do without ("this year"),
which `fakery.py` refuses. Importing this module imports Faker, which is slow: `fakery.py` does so on first use.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any, Final

from faker.providers.date_time.en_US import Provider
from faker.typing import DateParseType

NOW: Final = datetime(2025, 1, 1, tzinfo=UTC)
"""The moment that all relative dates count from."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# Faker's own units: a year is 365.24 days there and a month 30.42.
_DAYS_PER_UNIT: Final = MappingProxyType(
    {"y": 365.24, "M": 30.42, "w": 7, "d": 1, "h": 1 / 24, "m": 1 / 1440, "s": 1 / 86400}
)
_RELATIVE: Final = re.compile(r"(?:[+-]?\d+[yMwdhms])+")
_STEP: Final = re.compile(r"([+-]?\d+)([yMwdhms])")


class PinnedDates(Provider):
    """The date methods that take "now" for granted, with `NOW` in its place. Signatures and meaning are Faker's."""

    def unix_time(
        self, end_datetime: DateParseType | None = None, start_datetime: DateParseType | None = None
    ) -> float:
        """A timestamp between 1970, or `start_datetime`, and `NOW`, or `end_datetime`."""
        return super().unix_time(_moment(end_datetime, NOW), _moment(start_datetime, _EPOCH))

    def time_delta(self, end_datetime: DateParseType | None = None) -> timedelta:
        """A duration between nothing and the distance from `NOW` to `end_datetime`."""
        seconds = int((_aware(_moment(end_datetime, NOW)) - NOW).total_seconds())
        return timedelta(seconds=self.random_int(min(0, seconds), max(0, seconds)))

    def date_time_ad(
        self,
        tzinfo: tzinfo | None = None,
        end_datetime: DateParseType | None = None,
        start_datetime: DateParseType | None = None,
    ) -> datetime:
        """A moment between the year 1, or `start_datetime`, and `NOW`, or `end_datetime`."""
        start = None if start_datetime is None else _moment(start_datetime, NOW)
        return super().date_time_ad(tzinfo, _moment(end_datetime, NOW), start)

    def date_time_between(
        self, start_date: DateParseType = "-30y", end_date: DateParseType = "now", tzinfo: tzinfo | None = None
    ) -> datetime:
        """A moment between the two."""
        return super().date_time_between(_moment(start_date, NOW), _moment(end_date, NOW), tzinfo)

    def date_between(self, start_date: DateParseType = "-30y", end_date: DateParseType = "today") -> date:
        """A day between the two; here Faker takes a whole number for days from today."""
        return super().date_between(_moment(_in_days(start_date), NOW), _moment(_in_days(end_date), NOW))

    def date_time_between_dates(
        self,
        datetime_start: DateParseType | None = None,
        datetime_end: DateParseType | None = None,
        tzinfo: tzinfo | None = None,
    ) -> datetime:
        """A moment between the two, each `NOW` when left out. Faker would ask for the machine's time zone."""
        picked = super().date_time_between_dates(
            _moment(datetime_start, NOW), _moment(datetime_end, NOW), tzinfo or UTC
        )
        return picked if tzinfo else picked.replace(tzinfo=None)

    def time_series(
        self,
        start_date: DateParseType = "-30d",
        end_date: DateParseType = "now",
        precision: float | None = None,
        distrib: Callable[[datetime], float] | None = None,
        tzinfo: tzinfo | None = None,
    ) -> Iterator[tuple[datetime, Any]]:
        """Pairs of moment and value from the one date to the other."""
        series = super().time_series(
            _moment(start_date, NOW), _moment(end_date, NOW), precision, distrib, tzinfo or UTC
        )
        return ((moment if tzinfo else moment.replace(tzinfo=None), value) for moment, value in series)

    def date_of_birth(
        self,
        tzinfo: tzinfo | None = None,  # noqa: ARG002 - Faker's signature
        minimum_age: int = 0,
        maximum_age: int = 115,
    ) -> date:
        """The birthday of somebody whose age lies between the two at `NOW`. Raises ValueError where no age does.

        The moment is the same in every `tzinfo`, so that changes nothing here.
        """
        if not 0 <= minimum_age <= maximum_age:
            raise ValueError(f"minimum_age {minimum_age} and maximum_age {maximum_age} leave no age")
        eldest = NOW.replace(year=NOW.year - maximum_age - 1) + timedelta(days=1)
        return self.date_between(eldest, NOW.replace(year=NOW.year - minimum_age))


def _moment(value: DateParseType | None, default: datetime) -> datetime:
    """The moment that Faker's `DateParseType` means. A whole number is a timestamp, in seconds since 1970."""
    match value:
        case None:
            return default
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case timedelta():
            return NOW + value
        case str():
            return NOW + _distance(value)
    return _EPOCH + timedelta(seconds=value)


def _distance(text: str) -> timedelta:
    if text in {"now", "today"}:
        return timedelta()
    if not _RELATIVE.fullmatch(text):
        raise ValueError(f"{text!r} is no relative date; write one like '-30d' or '+1y6M', 'now' or 'today'")
    return timedelta(days=sum(int(number) * _DAYS_PER_UNIT[unit] for number, unit in _STEP.findall(text)))


def _in_days(value: DateParseType) -> DateParseType:
    return timedelta(days=value) if isinstance(value, int) else value


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
