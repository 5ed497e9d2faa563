from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from mockllm.fill.dates import NOW
from mockllm.fill.fakery import faker
from mockllm.seeds import Seed

SEEDS = [Seed.of(seed) for seed in range(60)]
TODAY = date(2025, 1, 1)
PLUS_TWO = timezone(timedelta(hours=2))


def at(*parts):
    """A moment without a time zone, as Faker gives it."""
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


EPOCH, NAIVE = at(1970, 1, 1), at(2025, 1, 1)


def drawn(method, *args, **kwargs):
    return [getattr(faker(seed), method)(*args, **kwargs) for seed in SEEDS]


def test_now_is_the_first_of_january_2025():
    assert datetime(2025, 1, 1, tzinfo=UTC) == NOW


# Each row: a method, its arguments, and the earliest and latest result. Faker counts a year as 365.24 days.
@pytest.mark.parametrize(
    ("method", "arguments", "earliest", "latest"),
    [
        ("date_time", {}, EPOCH, NAIVE),
        ("date_time_ad", {}, at(1, 1, 1), NAIVE),
        ("date_time_ad", {"start_datetime": "-1d"}, NAIVE - timedelta(days=1), NAIVE),
        ("date_time_between", {}, at(1995, 1, 1), NAIVE),
        ("date_time_between", {"start_date": "-1d", "end_date": "+1d"}, at(2024, 12, 31), at(2025, 1, 2)),
        (
            "date_time_between",
            {"start_date": date(2024, 3, 1), "end_date": date(2024, 3, 2)},
            at(2024, 3, 1),
            at(2024, 3, 2),
        ),
        ("date_time_between", {"start_date": 0, "end_date": 60}, EPOCH, EPOCH + timedelta(minutes=1)),
        ("date_time_between", {"start_date": timedelta(hours=-1)}, NAIVE - timedelta(hours=1), NAIVE),
        (
            "date_time_between",
            {"start_date": "-1w2d3h4m5s"},
            NAIVE - timedelta(days=9, hours=3, minutes=4, seconds=5),
            NAIVE,
        ),
        ("date_time_between_dates", {}, NAIVE, NAIVE),
        ("date_time_between_dates", {"datetime_start": "-2d"}, NAIVE - timedelta(days=2), NAIVE),
        ("past_datetime", {}, NAIVE - timedelta(days=30), NAIVE),
        ("future_datetime", {}, NAIVE, NAIVE + timedelta(days=30)),
        ("date_between", {}, date(1995, 1, 1), TODAY),
        ("date_between", {"start_date": "-1M", "end_date": "now"}, date(2024, 12, 1), TODAY),
        ("date_between", {"start_date": -2, "end_date": 3}, date(2024, 12, 30), date(2025, 1, 4)),
        (
            "date_between",
            {"start_date": at(2024, 5, 1, 9), "end_date": date(2024, 5, 3)},
            date(2024, 5, 1),
            date(2024, 5, 3),
        ),
        (
            "date_between_dates",
            {"date_start": date(2024, 5, 1), "date_end": date(2024, 5, 3)},
            date(2024, 5, 1),
            date(2024, 5, 3),
        ),
        ("date_object", {}, date(1970, 1, 1), TODAY),
        ("past_date", {}, date(2024, 12, 2), date(2024, 12, 31)),
        ("future_date", {}, date(2025, 1, 2), date(2025, 1, 31)),
        ("date_of_birth", {}, date(1909, 1, 2), TODAY),
        ("date_of_birth", {"minimum_age": 18, "maximum_age": 18}, date(2006, 1, 2), date(2007, 1, 1)),
        ("passport_dob", {}, date(1909, 1, 2), TODAY),
        ("unix_time", {}, 0, NOW.timestamp()),
        ("unix_time", {"start_datetime": "-1h"}, NOW.timestamp() - 3600, NOW.timestamp()),
        ("time_delta", {"end_datetime": "+1h"}, timedelta(), timedelta(hours=1)),
        ("time_delta", {"end_datetime": at(2024, 12, 31)}, timedelta(days=-1), timedelta()),
        ("time_delta", {}, timedelta(), timedelta()),
    ],
    ids=str,
)
def test_dates_lie_in_a_range_that_ends_or_begins_now(method, arguments, earliest, latest):
    results = drawn(method, **arguments)
    assert all(earliest <= result <= latest for result in results)
    assert len(set(results)) > 1 or earliest == latest


def test_an_age_lies_between_the_two():
    births = drawn("date_of_birth", minimum_age=30, maximum_age=31)
    assert {2025 - birth.year - ((birth.month, birth.day) > (1, 1)) for birth in births} == {30, 31}


@pytest.mark.parametrize("ages", [(-1, 3), (5, 4), (0, -1)])
def test_ages_that_leave_none_are_refused(ages):
    with pytest.raises(ValueError, match="leave no age"):
        drawn("date_of_birth", minimum_age=ages[0], maximum_age=ages[1])


@pytest.mark.parametrize("method", ["date_time_between", "date_time_between_dates", "past_datetime", "date_time_ad"])
def test_a_time_zone_is_kept(method):
    assert {moment.tzinfo for moment in drawn(method, tzinfo=PLUS_TWO)} == {PLUS_TWO}


def test_a_birthday_is_the_same_in_every_time_zone():
    assert drawn("date_of_birth", tzinfo=PLUS_TWO) == drawn("date_of_birth")


@pytest.mark.parametrize(("zone", "start"), [(None, at(2024, 12, 31)), (UTC, datetime(2024, 12, 31, tzinfo=UTC))])
def test_a_series_has_its_points_at_the_asked_for_distance(zone, start):
    series = list(faker(Seed.of(1)).time_series(start_date="-1d", precision=3600, tzinfo=zone))
    assert [moment for moment, _ in series] == [start + timedelta(hours=hour) for hour in range(24)]
    assert all(0 <= value <= 3600 for _, value in series)


@pytest.mark.parametrize("text", ["soon", "1", "-1x", "tomorrow", ""])
def test_a_relative_date_that_is_none_is_refused_with_examples(text):
    with pytest.raises(ValueError, match="is no relative date; write one like '-30d'"):
        drawn("date_between", start_date=text)
