"""Pace: every time by hand, in microseconds."""

import math
import statistics
import sys
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mockllm.plan import FOREVER_US, Frame, stamp
from mockllm.scenario.pace import Fixed, Lognormal, Normal, Pace, Uniform
from mockllm.seeds import Seed

SEED = Seed.of("pace")
ROLE, FINISH, USAGE, DONE = (Frame({}, kind) for kind in ("role", "finish", "usage", "done"))


def tokens(*counts):
    return tuple(Frame({}, tokens=count) for count in counts)


FRAMES = stamp((ROLE, *tokens(1, 1, 1), FINISH, USAGE, DONE))
"""A short stream: role, three tokens, finish, usage, end marker."""


def schedule(pace, frames=FRAMES, seed=SEED):
    return list(Pace.model_validate(pace).schedule(frames, seed))


def ms(*times):
    return [time * 1_000 for time in times]


class TestSchedule:
    @pytest.mark.parametrize(
        ("pace", "times"),
        [
            ({}, ms(0, 0, 0, 0, 0, 0, 0)),
            ({"ttft": "300ms"}, ms(300, 300, 300, 300, 300, 300, 300)),
            ({"itl": "20ms"}, ms(0, 0, 20, 40, 40, 40, 40)),
            ({"ttft": "300ms", "itl": "20ms"}, ms(300, 300, 320, 340, 340, 340, 340)),
            (
                {"ttft": "300ms", "tokens_per_second": 80},
                [300_000, 300_000, 312_500, 325_000, 325_000, 325_000, 325_000],
            ),
            ({"tokens_per_second": 3}, [0, 0, 333_333, 666_667, 666_667, 666_667, 666_667]),
            ({"ttft": "300ms", "itl": "20ms", "role": "100ms"}, ms(100, 300, 320, 340, 340, 340, 340)),
            ({"ttft": "300ms", "itl": "20ms", "role": 0}, ms(0, 300, 320, 340, 340, 340, 340)),
            ({"ttft": "300ms", "itl": "20ms", "role": "310ms"}, ms(310, 310, 320, 340, 340, 340, 340)),
            ({"ttft": "300ms", "itl": "20ms", "finish": "50ms"}, ms(300, 300, 320, 340, 390, 390, 390)),
            ({"ttft": "300ms", "itl": "20ms", "done": "70ms"}, ms(300, 300, 320, 340, 340, 340, 410)),
            ({"ttft": "300ms", "itl": "20ms", "finish": "50ms", "done": "70ms"}, ms(300, 300, 320, 340, 390, 390, 410)),
            ({"ttft": "300ms", "itl": "20ms", "finish": "50ms", "done": "20ms"}, ms(300, 300, 320, 340, 390, 390, 390)),
            ({"ttft": "300ms", "itl": "20ms", "head": "100ms"}, ms(300, 300, 320, 340, 340, 340, 340)),
            ({"ttft": "300ms", "itl": "20ms", "head": "330ms"}, ms(330, 330, 330, 340, 340, 340, 340)),
            ({"ttft": "300ms", "itl": "20ms", "body": "5s"}, ms(300, 300, 320, 340, 340, 340, 340)),
        ],
    )
    def test_token_k_goes_out_at_ttft_plus_k_times_itl(self, pace, times):
        assert schedule(pace) == times

    def test_a_piece_of_several_tokens_arrives_with_its_last(self):
        frames = stamp((ROLE, *tokens(1, 3, 2, 1), FINISH))
        assert schedule({"ttft": "300ms", "itl": "20ms"}, frames) == ms(300, 300, 360, 400, 420, 420)

    def test_a_frame_without_tokens_rides_with_the_token_that_follows(self):
        """Such as the header of a tool call, or the events of Responses that open an item."""
        opening = Frame({}, "event")
        frames = stamp((opening, *tokens(1), opening, *tokens(1), opening, DONE))
        assert schedule({"ttft": "300ms", "itl": "20ms"}, frames) == ms(300, 300, 320, 320, 320, 320)

    def test_a_frame_that_only_says_that_an_answer_is_under_way_goes_out_with_the_head(self):
        """Such as `response.created` of Responses, long before the first token."""
        opening = Frame({}, "opening")
        frames = stamp((opening, opening, ROLE, *tokens(1, 1), DONE))
        pace = {"ttft": "300ms", "itl": "20ms"}
        assert schedule(pace, frames) == ms(0, 0, 300, 300, 320, 320)
        assert schedule({**pace, "head": "100ms"}, frames) == ms(100, 100, 300, 300, 320, 320)
        assert schedule({**pace, "role": "50ms"}, frames) == ms(50, 50, 50, 300, 320, 320)

    def test_the_finish_of_each_choice_rides_with_the_token_before_it(self):
        frames = stamp((ROLE, ROLE, *tokens(1, 1), FINISH, *tokens(1), FINISH, DONE))
        assert schedule({"ttft": "10ms", "itl": "20ms"}, frames) == ms(10, 10, 10, 30, 30, 50, 50, 50)
        assert schedule({"ttft": "10ms", "itl": "20ms", "finish": "5ms", "done": "8ms"}, frames) == ms(
            10, 10, 10, 30, 35, 50, 55, 58
        )

    @pytest.mark.parametrize("speed", [{"itl": "20ms"}, {"tokens_per_second": 50}, {}])
    def test_a_turn_without_tokens_ends_when_the_first_would_have_come(self, speed):
        frames = stamp((ROLE, FINISH, DONE))
        assert schedule({"ttft": "300ms", **speed}, frames) == ms(300, 300, 300)
        assert schedule({"ttft": "300ms", **speed}, stamp((FINISH, DONE))) == ms(300, 300)
        assert schedule({"ttft": "300ms", **speed, "finish": "50ms", "done": "60ms"}, frames) == ms(300, 350, 360)
        assert schedule({"ttft": "300ms", **speed, "role": "10ms"}, frames) == ms(10, 300, 300)

    def test_no_frames_no_times(self):
        assert schedule({"ttft": "300ms", "itl": "20ms"}, ()) == []

    def test_rounding_never_adds_up(self):
        """At 3 tokens a second the 3,000,001st is a million seconds after the first, to the microsecond."""
        times = Pace(tokens_per_second=3).schedule(stamp(tokens(3_000_000, 1)), SEED)
        assert times[1] == 1_000_000_000_000

    @settings(deadline=None)
    @given(st.lists(st.sampled_from([ROLE, *tokens(1, 2), FINISH, USAGE, DONE]), max_size=12), st.integers(0, 99))
    def test_no_frame_overtakes_another(self, frames, number):
        pace = {
            "ttft": {"uniform": {"min": "1ms", "max": "1s"}}, "itl": {"lognormal": {"median": "20ms", "sigma": 2}},
            "jitter": "90%", "role": {"normal": {"mean": "500ms", "sd": "1s"}}, "finish": "1ms",
        }  # fmt: skip
        times = schedule(pace, stamp(tuple(frames)), Seed.of(number))
        assert times == sorted(times)
        assert all(isinstance(time, int) and time >= 0 for time in times)


class TestHead:
    def test_the_head_of_a_stream_goes_out_at_once(self):
        assert Pace(ttft="300ms").head_us(SEED) == 0
        assert Pace(head="120ms").head_us(SEED) == 120_000

    def test_it_is_the_same_each_time_it_is_asked_for(self):
        pace = Pace.model_validate({"head": {"uniform": {"min": 0, "max": "10s"}}})
        assert pace.head_us(SEED) == pace.head_us(SEED)
        assert min(schedule(pace)) == pace.head_us(SEED)


class TestBody:
    @pytest.mark.parametrize(
        ("pace", "us"),
        [
            ({}, 0),
            ({"ttft": "300ms", "itl": "20ms"}, 340_000),
            ({"ttft": "300ms", "itl": "20ms", "finish": "50ms", "done": "70ms"}, 410_000),
            ({"ttft": "300ms", "tokens_per_second": 80}, 325_000),
            ({"ttft": "300ms", "itl": "20ms", "head": "2s"}, 2_000_000),
            ({"ttft": "300ms", "itl": "20ms", "body": "5s"}, 5_000_000),
            ({"ttft": "300ms", "itl": "20ms", "body": 0}, 0),
        ],
    )
    def test_a_plain_body_goes_out_when_its_stream_would_have_ended(self, pace, us):
        assert Pace.model_validate(pace).body_us(FRAMES, SEED) == us

    def test_a_body_that_stands_for_no_stream_goes_out_at_the_first_token(self):
        assert Pace(ttft="300ms", itl="20ms").body_us((), SEED) == 300_000


def drawn(distribution, count=2_000, seed=SEED):
    return list(islice(distribution.draws(seed), count))


class TestDistributions:
    ALL = (
        Fixed(value="20ms"),
        Uniform(min="10ms", max="30ms"),
        Normal(mean="20ms", sd="5ms"),
        Lognormal(median="20ms", sigma=0.4),
        Lognormal(median="20ms", sigma=0.4, max="25ms"),
    )

    @pytest.mark.parametrize("distribution", ALL)
    def test_the_same_seed_draws_the_same(self, distribution):
        assert drawn(distribution) == drawn(distribution)
        assert all(isinstance(draw, int) for draw in drawn(distribution))

    @pytest.mark.parametrize("distribution", ALL[1:])
    def test_another_seed_draws_something_else(self, distribution):
        assert drawn(distribution) != drawn(distribution, seed=Seed.of("other"))

    def test_fixed_is_always_the_same(self):
        assert set(drawn(Fixed(value="20ms"))) == {20_000}

    def test_uniform_stays_within_its_bounds_and_reaches_both(self):
        assert set(drawn(Uniform(min="1us", max="5us"))) == {1, 2, 3, 4, 5}
        assert set(drawn(Uniform(min="7ms", max="7ms"), 10)) == {7_000}

    def test_normal_has_its_mean_and_spread(self):
        """2,000 draws: the mean is within 5 standard errors (5 * 5,000 / sqrt(2,000) = 559)."""
        draws = drawn(Normal(mean="50ms", sd="5ms"))
        assert abs(statistics.mean(draws) - 50_000) < 559
        assert abs(statistics.stdev(draws) - 5_000) < 500

    def test_normal_is_cut_off_at_zero_and_at_the_longest_wait(self):
        draws = drawn(Normal(mean="1ms", sd="24h"))
        assert min(draws) == 0
        assert max(draws) == FOREVER_US
        assert 0.4 < draws.count(0) / len(draws) < 0.6

    def test_half_of_all_lognormal_draws_are_below_the_median(self):
        """2,000 draws: the share below is within 5 standard errors (5 * 0.5 / sqrt(2,000) = 0.056)."""
        draws = drawn(Lognormal(median="20ms", sigma=0.4))
        assert abs(sum(draw < 20_000 for draw in draws) / 2_000 - 0.5) < 0.056
        assert abs(statistics.stdev([math.log(draw) for draw in draws]) - 0.4) < 0.04

    def test_lognormal_draws_above_max_are_drawn_anew(self):
        """The draws that stay are those of the same series without a limit, less those above."""
        free = drawn(Lognormal(median="20ms", sigma=0.4), 4_000)
        limited = drawn(Lognormal(median="20ms", sigma=0.4, max="22ms"))
        assert limited == [draw for draw in free if draw <= 22_000][:2_000]

    def test_lognormal_draws_never_exceed_the_longest_wait(self):
        draws = drawn(Lognormal(median="24h", sigma=5))
        assert max(draws) <= FOREVER_US

    def test_a_median_of_zero_is_no_wait(self):
        assert set(drawn(Lognormal(median=0, sigma=5), 10)) == {0}


class TestJitter:
    @settings(deadline=None)
    @given(st.integers(min_value=0, max_value=1_000), st.sampled_from([{"itl": "20ms"}, {"tokens_per_second": 50}]))
    def test_each_time_between_tokens_varies_within_the_share_both_ways(self, number, speed):
        times = schedule({"ttft": "1s", **speed, "jitter": "10%"}, stamp(tokens(*[1] * 30)), Seed.of(number))
        gaps = [second - first for first, second in pairwise(times)]
        assert times[0] == 1_000_000, "the first token has no time before it"
        assert all(18_000 <= gap <= 22_000 for gap in gaps)
        assert min(gaps) < 20_000 < max(gaps)

    def test_it_varies_drawn_times_too(self):
        base = {"itl": {"uniform": {"min": "20ms", "max": "20ms"}}}
        assert schedule(base, stamp(tokens(1, 1))) == [0, 20_000]
        assert schedule({**base, "jitter": "50%"}, stamp(tokens(1, 1)))[1] not in {0, 20_000}

    def test_the_same_seed_gives_the_same_times(self):
        pace = {"itl": "20ms", "jitter": "50%"}
        assert schedule(pace) == schedule(pace) != schedule(pace, seed=Seed.of("other"))


WILD = {"uniform": {"min": 0, "max": "10s"}}


class TestIndependence:
    """Law 1: no draw depends on another draw."""

    def test_each_part_has_its_own_chance(self):
        pace = Pace.model_validate(dict.fromkeys(("head", "ttft", "role", "finish", "done", "body"), WILD))
        draws = [
            pace.head_us(SEED), pace.body_us((), SEED), Pace(ttft=pace.ttft).body_us((), SEED),
            Pace(role=pace.role).schedule(FRAMES, SEED)[0], Pace(finish=pace.finish).schedule(FRAMES, SEED)[4],
            Pace(done=pace.done).schedule(FRAMES, SEED)[6],
        ]  # fmt: skip
        assert len(set(draws)) == len(draws)

    def test_a_longer_answer_begins_like_a_shorter_one(self):
        pace = {"ttft": WILD, "itl": WILD, "jitter": "20%"}
        short, long = (schedule(pace, stamp(tokens(*[1] * count))) for count in (5, 50))
        assert long[:5] == short

    def test_adding_a_time_moves_no_other_draw(self):
        plain = schedule({"ttft": WILD, "itl": WILD})
        assert schedule({"ttft": WILD, "itl": WILD, "done": WILD})[:6] == plain[:6]

    def test_the_choices_have_their_own_times(self):
        roles = stamp((ROLE, Frame({}, "role", choice=1)))
        first, second = (Pace.model_validate({"role": WILD}).schedule((role,), SEED)[0] for role in roles)
        assert first != second


def test_the_cost_is_linear():
    """Counted in calls of Python functions: ten times the tokens are ten times the calls, within a few."""

    def calls(count):
        frames = stamp((ROLE, *tokens(*[1] * count), FINISH, DONE))
        pace = Pace.model_validate({"ttft": "1s", "itl": {"uniform": {"min": 0, "max": "1s"}}, "jitter": "5%"})
        seen = 0

        def count_call(_frame, event, _argument):
            nonlocal seen
            seen += event == "call"

        before = sys.getprofile()
        sys.setprofile(count_call)
        try:
            pace.schedule(frames, SEED)
        finally:
            sys.setprofile(before)
        return seen

    assert calls(100_000) < 10.5 * calls(10_000)


def test_a_hundred_thousand_tokens_keep_their_times():
    times = schedule({"ttft": "1s", "itl": "20ms"}, stamp((ROLE, *tokens(*[1] * 100_000), DONE)))
    assert times[1 + 99_999] == times[-1] == 1_000_000 + 99_999 * 20_000


@pytest.mark.parametrize(
    ("written", "distribution"),
    [
        ("20ms", Fixed(value="20ms")),
        (0, Fixed(value=0)),
        ("0", Fixed(value=0)),
        ({"fixed": "20ms"}, Fixed(value="20ms")),
        ({"fixed": {"value": "20ms"}}, Fixed(value="20ms")),
        ({"uniform": {"min": "1ms", "max": "2ms"}}, Uniform(min="1ms", max="2ms")),
        ({"normal": {"mean": "1ms", "sd": "2ms"}}, Normal(mean="1ms", sd="2ms")),
        ({"lognormal": {"median": "1ms", "sigma": 1}}, Lognormal(median="1ms", sigma=1.0)),
        (Uniform(min="1ms", max="2ms"), Uniform(min="1ms", max="2ms")),
    ],
)
def test_a_latency_is_a_duration_or_a_distribution(written, distribution):
    assert Pace.model_validate({"itl": written}).itl == distribution


WAY = "a duration such as 250ms, or a distribution such as {lognormal: {median: 300ms, sigma: 0.4}}"
UNITS = "(units: us, ms, s, m, h, d)"


@pytest.mark.parametrize(
    ("pace", "place", "message"),
    [
        ({"itl": 20}, ("itl",), "20 is not a duration: write it as a number with its unit, such as 250ms"),
        ({"itl": 0.5}, ("itl",), "0.5 is not a duration: write it as a number with its unit, such as 250ms"),
        ({"itl": True}, ("itl",), "true is not a duration: write it as a number with its unit, such as 250ms"),
        ({"ttft": "20"}, ("ttft",),
         f"'20' is not a duration: write a number and a unit, such as 250ms, 1.5s or 2m {UNITS}"),
        ({"ttft": "25h"}, ("ttft",), "'25h' is longer than the longest wait: write 24h or less"),
        ({"ttft": ["20ms"]}, ("ttft",), f"expected {WAY}, found ['20ms']"),
        ({"ttft": None}, ("ttft",), f"expected {WAY}, found null"),
        ({"ttft": {"fixed": 20}}, ("ttft", "fixed"),
         "20 is not a duration: write it as a number with its unit, such as 250ms"),
        ({"ttft": {"log-normal": {}}}, ("ttft",),
         "unknown latency 'log-normal': did you mean 'lognormal'? allowed: fixed, uniform, normal, lognormal"),
        ({"ttft": {"uniform": {"min": "2s", "max": "1s"}}}, ("ttft", "uniform"), "min is above max: swap them"),
        ({"ttft": {"lognormal": {"median": "2s", "sigma": 1, "max": "1s"}}}, ("ttft", "lognormal"),
         "max is below median: raise it, or lower the median"),
        ({"ttft": {"lognormal": {"median": "2s", "sigma": 5.1}}}, ("ttft", "lognormal", "sigma"),
         "expected a value of at most 5, found 5.1"),
        ({"tokens_per_second": 0}, ("tokens_per_second",), "expected a value of at least 0.001, found 0"),
        ({"tokens_per_second": 1e-320}, ("tokens_per_second",), None),
        ({"tokens_per_second": "80"}, ("tokens_per_second",), "expected a number, found '80': remove the quotes"),
        ({"itl": "1s", "jitter": 0.1}, ("jitter",),
         "0.1 is not a share: write it as a number with its unit, such as 5%"),
        ({"itl": "1s", "tokens_per_second": 80}, (),
         "itl and tokens_per_second both set the time between tokens: keep one"),
        ({"ttft": "1s", "jitter": "10%"}, (),
         "jitter varies the time between tokens, and there is none: add itl or tokens_per_second"),
        ({"tfft": "1s"}, ("tfft",),
         ("unknown key 'tfft': did you mean 'ttft'? allowed here: head, ttft, itl, tokens_per_second, jitter, role, "
         "finish, done, body")),
    ],
)  # fmt: skip
def test_a_pace_that_makes_no_sense_is_refused_at_its_place(pace, place, message):
    with pytest.raises(ValidationError) as error:
        Pace.model_validate(pace)
    [details] = error.value.errors()
    assert details["loc"] == place
    if message is not None:
        assert details["msg"] == message


def test_editors_know_both_forms_of_a_latency():
    first, full = Pace.model_json_schema()["properties"]["ttft"]["anyOf"]
    assert "250ms" in str(first)
    assert set(full["properties"]) == {"fixed", "uniform", "normal", "lognormal"}
