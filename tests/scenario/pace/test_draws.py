"""Draws: which times there are, and how often."""

import math
import re
import statistics
from dataclasses import dataclass
from itertools import islice, pairwise
from statistics import NormalDist
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from mockllm.plan import FOREVER_US
from mockllm.scenario.pace import Pace
from mockllm.scenario.pace.draws import Fixed, Lognormal, Normal, Percentiles, Uniform, one
from mockllm.seeds import Seed

SEED = Seed.of("pace")


def drawn(distribution, count=2_000, seed=SEED):
    return list(islice(distribution.draws(seed), count))


class TestDistributions:
    ALL = (
        Fixed(value="20ms"),
        Uniform(min="10ms", max="30ms"),
        Normal(mean="20ms", sd="5ms"),
        Lognormal(median="20ms", sigma=0.4),
        Lognormal(median="20ms", sigma=0.4, max="25ms"),
        Normal(mean="20ms", sd="5ms", max="22ms"),
        Percentiles(p50="20ms", p90="60ms", p99="200ms"),
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

    def test_normal_draws_above_max_are_drawn_anew(self):
        """The draws that stay are those of the same series without a limit, less those above."""
        free = drawn(Normal(mean="20ms", sd="5ms"), 4_000)
        limited = drawn(Normal(mean="20ms", sd="5ms", max="22ms"), 2_000)
        assert limited == [draw for draw in free if draw <= 22_000][:2_000]


class TestPercentiles:
    """`{p50: 200ms, p90: 600ms, p99: 2s}`: straight from (0, 0) over the three corners, and level from 99% on."""

    @pytest.mark.parametrize(
        ("chance", "us"),
        [
            (0.0, 0),
            (0.25, 100_000),
            (0.5, 200_000),
            # Half of the way from 50% to 90% is half of the way from 200 ms to 600 ms.
            (0.7, 400_000),
            (0.9, 600_000),
            # A third of the way from 90% to 99%: 600 + 1,400 / 3 ms.
            (0.93, 1_066_667),
            (0.99, 2_000_000),
            (0.995, 2_000_000),
        ],
    )
    def test_between_two_of_them_the_line_is_straight(self, chance, us):
        told = Percentiles(p50="200ms", p90="600ms", p99="2s")
        assert next(told.draws(Chance(chance))) == us

    @pytest.mark.parametrize(
        ("chance", "us"), [(0.0, 150_000), (0.25, 175_000), (0.5, 200_000), (0.75, 250_000), (0.999, 299_800)]
    )
    def test_min_and_max_are_its_ends(self, chance, us):
        assert next(Percentiles(min="150ms", p50="200ms", max="300ms").draws(Chance(chance))) == us

    def test_every_percentile_is_in_its_place(self):
        told = {
            "min": 0, "p1": "1ms", "p5": "2ms", "p10": "3ms", "p25": "4ms", "p50": "5ms", "p75": "6ms", "p90": "7ms",
            "p95": "8ms", "p99": "9ms", "p99.9": "10ms", "max": "11ms",
        }  # fmt: skip
        curve = Percentiles.model_validate(told)
        shares = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
        assert [next(curve.draws(Chance(share))) for share in shares] == [1_000 * place for place in range(1, 11)]

    @pytest.mark.parametrize(
        ("told", "message"),
        [
            ({}, "no percentile is given: write at least one, such as p50: 200ms"),
            ({"min": 0, "max": "1s"}, "no percentile is given: write at least one, such as p50: 200ms"),
            ({"p50": "2s", "p90": "1s"}, "p50 is above p90: percentiles rise, so swap them"),
            ({"p99.9": "2s", "max": "1s"}, "p99.9 is above max: percentiles rise, so swap them"),
            ({"min": "2s", "p1": "1s"}, "min is above p1: percentiles rise, so swap them"),
        ],
    )
    def test_a_curve_that_falls_or_has_no_corner_is_refused(self, told, message):
        with pytest.raises(ValidationError, match=re.escape(message)):
            Percentiles.model_validate(told)


@dataclass(frozen=True)
class Chance:
    """In place of a seed: the same number of chance again and again."""

    number: float

    def random(self):
        return SimpleNamespace(random=lambda: self.number)


def distance(draws, share_below):
    """The Kolmogorov-Smirnov statistic: how far the share of draws is at most from what the distribution says."""
    count, seen = len(draws), sorted(draws)
    told = [share_below(draw) for draw in seen]
    over = max((place + 1) / count - share for place, share in enumerate(told))
    under = max(share - place / count for place, share in enumerate(told))
    return max(over, under)


def line(*corners):
    """The distribution function that is straight between corners of (time, share)."""

    def share_below(us):
        for (left, low), (right, high) in pairwise(corners):
            if us <= right:
                return low + (high - low) * (us - left) / (right - left)
        return 1.0

    return share_below


def lognormal(us):
    return NormalDist(0, 0.4).cdf(math.log(us / 20_000)) if us else 0.0


LAWS = [
    (Uniform(min="10ms", max="30ms"), line((10_000, 0), (30_000, 1))),
    (Normal(mean="50ms", sd="5ms"), NormalDist(50_000, 5_000).cdf),
    (
        Normal(mean="50ms", sd="5ms", max="55ms"),
        # Of what is drawn the share up to max stays: one standard deviation, 84.134%.
        lambda us: NormalDist(50_000, 5_000).cdf(us) / 0.8413447,
    ),
    (Lognormal(median="20ms", sigma=0.4), lognormal),
    (Lognormal(median="20ms", sigma=0.4, max="20ms"), lambda us: lognormal(us) / 0.5),
    (
        Percentiles(p50="200ms", p90="600ms", p99="2s", max="9s"),
        line((0, 0), (200_000, 0.5), (600_000, 0.9), (2_000_000, 0.99), (9_000_000, 1)),
    ),
    (Percentiles(min="1ms", p25="2ms", max="30ms"), line((1_000, 0), (2_000, 0.25), (30_000, 1))),
]

FARTHEST = 1.95 / math.sqrt(5_000)
"""What 5,000 draws of the right distribution exceed in one case of a thousand (Kolmogorov's limit)."""


class TestKolmogorovSmirnov:
    @pytest.mark.parametrize(("distribution", "law"), LAWS, ids=[str(distribution) for distribution, _ in LAWS])
    def test_each_distribution_is_what_it_is_called(self, distribution, law):
        assert distance(drawn(distribution, 5_000), law) < FARTHEST

    def test_a_wrong_one_of_the_same_mean_and_spread_is_found_out(self):
        """Uniform with the spread of normal: half of the width is sd times the root of 3."""
        half = round(5_000 * math.sqrt(3))
        impostor = Uniform(min=f"{50_000 - half}us", max=f"{50_000 + half}us")
        assert distance(drawn(impostor, 5_000), NormalDist(50_000, 5_000).cdf) > FARTHEST

    def test_the_statistic_by_hand(self):
        """Draws at 0.1 and 0.6 of a uniform one: 0.5 - 0.1 and 1 - 0.6 above it, 0.1 and 0.6 - 0.5 below it."""
        assert distance([0.1, 0.6], float) == pytest.approx(0.4)
        assert distance([0.5], float) == pytest.approx(0.5)


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
        ({"percentiles": {"p99.9": "1ms"}}, Percentiles(p99_9="1ms")),
        (Uniform(min="1ms", max="2ms"), Uniform(min="1ms", max="2ms")),
    ],
)
def test_a_latency_is_a_duration_or_a_distribution(written, distribution):
    assert Pace.model_validate({"itl": written}).itl == distribution


def test_a_single_draw_is_the_first_and_nothing_of_nothing():
    told = Uniform(min="1ms", max="9ms")
    assert one(told, SEED) == drawn(told, 1)[0]
    assert one(None, SEED) == 0


def test_a_normal_max_below_the_mean_is_refused():
    """Almost all draws would be drawn anew."""
    with pytest.raises(ValidationError, match="max is below mean: raise it, or lower the mean"):
        Normal(mean="2s", sd="1s", max="1s")
