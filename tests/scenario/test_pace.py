"""Pace: every time by hand, in microseconds."""

import sys
from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mockllm.answer import Answer
from mockllm.compile import compile_answer
from mockllm.plan import Frame, stamp
from mockllm.scenario.pace import IDLE, Pace, Work
from mockllm.seeds import Seed
from tests.simulated import played

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


def in_choices(*frames):
    """Frames of several choices, each given as its choice, tokens and kind."""
    return stamp(tuple(Frame({}, kind, count, choice=choice) for choice, count, kind in frames))


class TestChoices:
    """Token k of each choice goes out at the same time, as an engine makes them in one batch."""

    SIDE_BY_SIDE = in_choices(
        (0, 0, "role"), (1, 0, "role"),
        (0, 1, "token"), (1, 1, "token"), (0, 1, "token"), (1, 1, "token"), (1, 0, "finish"), (0, 1, "token"),
        (0, 0, "finish"), (0, 0, "usage"), (0, 0, "done"),
    )  # fmt: skip

    def test_each_counts_its_own_tokens(self):
        times = schedule({"ttft": "300ms", "itl": "20ms"}, self.SIDE_BY_SIDE)
        assert times == ms(300, 300, 300, 300, 320, 320, 320, 340, 340, 340, 340)

    def test_drawn_times_are_the_same_for_all(self):
        times = schedule({"ttft": WILD, "itl": WILD, "jitter": "20%"}, self.SIDE_BY_SIDE)
        assert times[2] == times[3]
        assert times[4] == times[5]
        assert times[5] < times[7]

    def test_the_finish_follows_the_last_token_of_its_own_choice_and_the_end_marker_that_of_all(self):
        times = schedule({"itl": "20ms", "finish": "5ms", "done": "50ms"}, self.SIDE_BY_SIDE)
        assert times == ms(0, 0, 0, 0, 20, 20, 25, 40, 45, 45, 90)

    def test_a_header_of_a_call_rides_with_the_next_token_of_its_own_choice(self):
        frames = in_choices((0, 1, "token"), (1, 0, "event"), (0, 1, "token"), (1, 1, "token"), (1, 0, "event"))
        assert schedule({"ttft": "10ms", "itl": "20ms"}, frames) == ms(10, 10, 30, 30, 30)

    def test_a_choice_without_tokens_ends_when_the_first_would_have_come(self):
        frames = in_choices((0, 0, "role"), (1, 0, "role"), (1, 0, "finish"), (0, 1, "token"), (0, 1, "token"))
        assert schedule({"ttft": "10ms", "itl": "20ms"}, frames) == ms(10, 10, 10, 10, 30)


class TestSpeeds:
    """What may stand in place of itl; five tokens each."""

    FIVE = stamp((ROLE, *tokens(1, 1, 1, 1, 1), DONE))

    @pytest.mark.parametrize(
        ("pace", "times"),
        [
            ({"ttft": "300ms", "burst": {"tokens": 2, "every": "100ms"}}, ms(300, 300, 300, 400, 400, 500, 500)),
            ({"trace": ["300ms", "20ms", "50ms"]}, ms(300, 300, 320, 370, 390, 440, 440)),
            ({"trace": {"times": ["300ms", "20ms", "50ms"], "then": "last"}}, ms(300, 300, 320, 370, 420, 470, 470)),
            ({"trace": ["300ms", "20ms"], "head": "50ms", "done": "1s"}, ms(300, 300, 320, 340, 360, 380, 1380)),
            ({"tokens_per_second": 3}, [0, 0, 333_333, 666_667, 1_000_000, 1_333_333, 1_333_333]),
        ],
    )
    def test_each_has_its_gaps(self, pace, times):
        assert schedule(pace, self.FIVE) == times

    def test_jitter_varies_them_too_but_not_the_nothing_within_a_burst(self):
        times = schedule({"burst": {"tokens": 2, "every": "100ms"}, "jitter": "10%"}, self.FIVE)
        assert times[1:3] == [0, 0]
        assert times[3] == times[4] != 100_000
        assert 90_000 <= times[3] <= 110_000

    def test_a_trace_has_the_ttft_in_it(self):
        with pytest.raises(ValidationError, match="the first time of a trace is the ttft: drop ttft"):
            Pace(ttft="1s", trace=["1s", "2s"])

    def test_two_of_them_are_refused(self):
        with pytest.raises(ValidationError, match="burst and trace both set the time between tokens: keep one"):
            Pace.model_validate({"burst": {"tokens": 2, "every": "1s"}, "trace": ["1s", "2s"]})


class TestReasoning:
    THINKS = stamp((ROLE, *(Frame({}, tokens=1, thought=True) for _ in range(3)), *tokens(1, 1), FINISH))

    @pytest.mark.parametrize(
        ("pace", "times"),
        [
            ({}, ms(100, 100, 120, 140, 160, 180, 180)),
            ({"reasoning": {"itl": "5ms"}}, ms(100, 100, 105, 110, 130, 150, 150)),
            ({"reasoning": {"tokens_per_second": 100}}, ms(100, 100, 110, 120, 140, 160, 160)),
            ({"reasoning": {"itl": "5ms", "pause": "1s"}}, ms(100, 100, 105, 110, 1110, 1130, 1130)),
            ({"reasoning": {"pause": "1s"}}, ms(100, 100, 120, 140, 1140, 1160, 1160)),
        ],
    )
    def test_it_has_its_own_pace(self, pace, times):
        assert schedule({"ttft": "100ms", "itl": "20ms", **pace}, self.THINKS) == times

    def test_its_draws_move_none_of_the_answer(self):
        pace = {"itl": WILD, "reasoning": {"itl": WILD}}
        alone, after = schedule(pace, stamp(tokens(1, 1, 1))), schedule({**pace, "ttft": 0}, self.THINKS)
        gaps = [second - first for first, second in pairwise(after[1:6])]
        assert gaps[2:] == [second - first for first, second in pairwise(alone)]
        assert gaps[:2] != gaps[2:]


class TestWork:
    """What an engine has to do beside: reading the input, and other requests."""

    @pytest.mark.parametrize(
        ("prefill", "first"), [("0.2ms", 340_000), ({"tokens_per_second": 2_000}, 400_000), (0, 300_000)]
    )
    def test_reading_two_hundred_tokens_is_added_to_ttft(self, prefill, first):
        pace = Pace.model_validate({"ttft": "300ms", "itl": "20ms", "prefill": prefill})
        times = pace.schedule(FRAMES, SEED, Work(200))
        assert list(times[:4]) == [first, first, first + 20_000, first + 40_000]
        assert pace.body_us((), SEED, Work(200)) == first
        assert pace.body_us(FRAMES, SEED, Work(200)) == first + 40_000

    def test_slowness_makes_gaps_and_prefill_longer_and_ttft_not(self):
        pace = Pace.model_validate({"ttft": "300ms", "itl": "20ms", "prefill": "0.2ms", "done": "7ms"})
        assert list(pace.schedule(FRAMES, SEED, Work(200, 1.5))) == ms(360, 360, 390, 420, 420, 420, 427)

    def test_slowness_rounds_once_however_many_tokens_there_are(self):
        """A third more than 3 tokens a second is one each 4/9 of a second; the 901st comes after 400 s."""
        times = Pace(tokens_per_second=3).schedule(stamp(tokens(*[1] * 901)), SEED, Work(0, 4 / 3))
        assert times[-1] == 400_000_000

    def test_an_idle_engine_with_nothing_to_read_changes_nothing(self):
        pace = Pace.model_validate({"ttft": WILD, "itl": WILD, "prefill": "1ms"})
        assert pace.schedule(FRAMES, SEED, IDLE) == pace.schedule(FRAMES, SEED)


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
         ("unknown latency 'log-normal': did you mean 'lognormal'? allowed: fixed, uniform, normal, lognormal, "
          "percentiles")),
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
         ("unknown key 'tfft': did you mean 'ttft'? allowed here: preset, head, ttft, prefill, itl, tokens_per_second, "
          "burst, trace, jitter, reasoning, role, finish, done, body, chunk_tokens, tell")),
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
    by_name, pace = Pace.model_json_schema()["anyOf"]
    assert "cold-start" in str(by_name)
    first, full = pace["properties"]["ttft"]["anyOf"]
    assert "250ms" in str(first)
    assert set(full["properties"]) == {"fixed", "uniform", "normal", "lognormal", "percentiles"}


def generator(*labels):
    """The generator of a decision, as `seeds.py` derives it."""
    return SEED.child("pace").child(*labels).random()


def uniform(draw):
    return draw.randint(5_000, 45_000)


def normal(draw):
    while (drawn := max(0, round(draw.gauss(20_000, 9_000)))) > 30_000:
        pass
    return drawn


def lognormal(draw):
    return round(20_000 * draw.lognormvariate(0.0, 0.7))


def percentiles(draw):
    """The line of p50 10 ms and p90 50 ms, which is level above."""
    share = draw.random()
    if share <= 0.5:
        return round(share / 0.5 * 10_000)
    return round(10_000 + (min(share, 0.9) - 0.5) / 0.4 * 40_000)


class TestPlayed:
    """Through the real player, on a clock that jumps: what goes out when, to the microsecond."""

    def times(self, **pace):
        """When each of six tokens is written."""
        told = [Frame({"n": number}, tokens=1) for number in range(6)]
        answer = Answer(200, (("content-type", "text/event-stream"),), tuple(told))
        plan = compile_answer(answer, Pace.model_validate(pace), (), SEED, "req_1").plan
        pieces = played(plan, start_us=7).pieces
        return [next(piece.at_us - 7 for piece in pieces if b'{"n":%d}' % number in piece.data) for number in range(6)]

    @pytest.mark.parametrize(
        ("pace", "times"),
        [
            ({"ttft": "300ms", "itl": "1us"}, [300_000, 300_001, 300_002, 300_003, 300_004, 300_005]),
            ({"tokens_per_second": 7}, [0, 142_857, 285_714, 428_571, 571_429, 714_286]),
            ({"burst": {"tokens": 4, "every": "33ms"}}, [0, 0, 0, 0, 33_000, 33_000]),
            ({"trace": ["10ms", "3us", "5us"]}, [10_000, 10_003, 10_008, 10_011, 10_016, 10_019]),
        ],
    )
    def test_times_that_are_not_drawn(self, pace, times):
        assert self.times(**pace) == times

    @pytest.mark.parametrize(
        ("latency", "draw"),
        [
            ({"uniform": {"min": "5ms", "max": "45ms"}}, uniform),
            ({"normal": {"mean": "20ms", "sd": "9ms", "max": "30ms"}}, normal),
            ({"lognormal": {"median": "20ms", "sigma": 0.7}}, lognormal),
            ({"percentiles": {"p50": "10ms", "p90": "50ms"}}, percentiles),
        ],
    )
    def test_drawn_times_are_the_sums_of_their_draws(self, latency, draw):
        chance = generator("itl")
        gaps = [draw(chance) for _ in range(5)]
        first = draw(generator("ttft"))
        assert self.times(ttft=latency, itl=latency) == list(accumulate(gaps, initial=first))

    def test_jitter_is_a_factor_of_each_gap(self):
        chance = generator("jitter")
        gaps = [round(20_000 * (1 + 0.5 * chance.uniform(-1, 1))) for _ in range(5)]
        assert self.times(itl="20ms", jitter="50%") == list(accumulate(gaps, initial=0))
