"""Gaps between tokens: every series by hand, in microseconds."""

from itertools import accumulate, islice, repeat

import pytest
from pydantic import ValidationError

from mockllm.errors import ScenarioError
from mockllm.scenario.load import load_file, load_text
from mockllm.scenario.pace.rhythm import (
    MOST_IN_TRACE,
    Burst,
    Prefill,
    ReasoningPace,
    Trace,
    even,
    jittered,
    judge_speeds,
    scaled,
)
from mockllm.seeds import Seed

SEED = Seed.of("rhythm")


def first(count, gaps):
    return list(islice(gaps, count))


class TestTrace:
    def test_the_first_time_is_ttft_and_the_others_are_gaps(self):
        told = Trace(times=("300ms", "20ms", "25ms"))
        assert told.first == 300_000
        assert first(2, told.gaps()) == [20_000, 25_000]

    def test_gaps_that_are_used_up_come_again_and_ttft_does_not(self):
        told = Trace(times=("300ms", "20ms", "25ms"))
        assert first(5, told.gaps()) == [20_000, 25_000, 20_000, 25_000, 20_000]

    def test_or_the_last_one_goes_on_for_ever(self):
        told = Trace(times=("300ms", "20ms", "25ms"), then="last")
        assert first(5, told.gaps()) == [20_000, 25_000, 25_000, 25_000, 25_000]

    def test_a_last_gap_of_nothing_sends_the_rest_at_once(self):
        assert first(4, Trace(times=("1s", "20ms", "0"), then="last").gaps()) == [20_000, 0, 0, 0]

    @pytest.mark.parametrize("times", [[], ["300ms"]])
    def test_a_trace_without_a_gap_is_refused(self, times):
        with pytest.raises(ValidationError, match="at least one gap: add what follows"):
            Trace.model_validate(times)

    def test_a_trace_of_more_than_the_most_is_refused(self):
        with pytest.raises(ValidationError, match="a trace of 100001 times: 100000 are allowed, so cut it"):
            Trace.model_validate(["1us"] * (MOST_IN_TRACE + 1))


class TestTraceFile:
    """A file of times lies beside the scenario, and nothing outside its folder is read (design law 8)."""

    @staticmethod
    def load(folder, written, trace="gaps.txt"):
        if written is not None:
            (folder / "gaps.txt").write_bytes(written)
        (folder / "scenario.yaml").write_text(f"rules: [{{replies: [{{text: x, pace: {{trace: {trace}}}}}]}}]")
        return load_file(folder / "scenario.yaml").rules[0].replies[0].pace.trace

    def test_times_are_apart_by_spaces_lines_or_commas_and_comments_are_none(self, tmp_path):
        told = self.load(tmp_path, b"# recorded\n300ms, 20ms\n25ms 0 # a burst\n\n")
        assert told == Trace(times=("300ms", "20ms", "25ms", 0))

    def test_the_long_form_names_a_file_too(self, tmp_path):
        told = self.load(tmp_path, b"1s 2s", "{times: gaps.txt, then: last}")
        assert told == Trace(times=("1s", "2s"), then="last")

    @pytest.mark.parametrize(
        ("written", "trace", "message"),
        [
            (b"1s 2", "gaps.txt", "in 'gaps.txt': '2' is not a duration"),
            (b"1s", "gaps.txt", "a trace has the time to the first token and at least one gap"),
            (b"\xff", "gaps.txt", "'gaps.txt' cannot be read: it is no UTF-8 text"),
            (None, "gaps.txt", "'gaps.txt' cannot be read: No such file or directory"),
            (None, "../gaps.txt", "'../gaps.txt' lies outside the folder of the scenario: put the trace beside it"),
            (None, "/etc/hostname", "'/etc/hostname' lies outside the folder of the scenario"),
        ],
    )
    def test_what_cannot_be_read_is_told(self, tmp_path, written, trace, message):
        with pytest.raises(ScenarioError) as error:
            self.load(tmp_path, written, trace)
        assert message in str(error.value)

    def test_a_link_out_of_the_folder_is_outside(self, tmp_path):
        inside = tmp_path / "inside"
        inside.mkdir()
        (tmp_path / "gaps.txt").write_text("1s 2s")
        (inside / "gaps.txt").symlink_to(tmp_path / "gaps.txt")
        with pytest.raises(ScenarioError, match="lies outside the folder"):
            self.load(inside, None)

    def test_a_scenario_that_is_no_file_has_no_files_beside_it(self):
        with pytest.raises(ScenarioError, match="which is none itself: write the times as a list"):
            load_text("pace: {trace: gaps.txt}")


class TestBurst:
    def test_so_many_tokens_come_at_once_and_then_a_pause(self):
        """With the first token at 0: three at 0, three at 200 ms, three at 400 ms."""
        gaps = Burst(tokens=3, every="200ms").gaps(SEED)
        assert list(accumulate(first(8, gaps), initial=0)) == [0, 0, 0, *[200_000] * 3, *[400_000] * 3]

    def test_bursts_of_one_are_a_plain_itl(self):
        assert first(3, Burst(tokens=1, every="20ms").gaps(SEED)) == [20_000] * 3

    def test_pauses_can_be_drawn(self):
        told = Burst.model_validate({"tokens": 2, "every": {"uniform": {"min": "1ms", "max": "9ms"}}})
        gaps = first(6, told.gaps(SEED))
        assert gaps[::2] == [0, 0, 0]
        assert gaps[1::2] == first(3, told.every.draws(SEED))


class TestPrefill:
    @pytest.mark.parametrize(
        ("written", "us"),
        [("0.2ms", 200_000), ({"per_token": "0.2ms"}, 200_000), ({"tokens_per_second": 4_000}, 250_000), (0, 0)],
    )
    def test_it_takes_so_long_for_a_thousand_tokens(self, written, us):
        assert Prefill.model_validate(written).us(1_000) == us

    @pytest.mark.parametrize("written", [{}, {"per_token": "1ms", "tokens_per_second": 5}])
    def test_it_is_told_in_one_way(self, written):
        with pytest.raises(ValidationError, match="exactly one of them"):
            Prefill.model_validate(written)


class TestReasoningPace:
    SAID = (1, 2, 3, 4, 5, 6)
    THOUGHTS = (True, True, True, False, False, False)

    def gaps(self, **written):
        return list(ReasoningPace.model_validate(written).among(self.THOUGHTS, iter(self.SAID), SEED))

    def test_reasoning_has_its_own_gaps_and_the_answer_the_others(self):
        assert self.gaps(itl="50us") == [50, 50, 1, 2, 3]
        assert self.gaps(tokens_per_second=20_000) == [50, 50, 1, 2, 3]

    def test_a_pause_comes_after_it(self):
        assert self.gaps(itl="50us", pause="700us") == [50, 50, 700, 1, 2]

    def test_a_pause_alone_leaves_the_gaps_as_they_are(self):
        assert self.gaps(pause="700us") == [1, 2, 700, 3, 4]

    def test_jitter_is_its_own(self):
        gaps = self.gaps(itl="500us", jitter="10%")
        assert gaps[2:] == [1, 2, 3]
        assert all(450 <= gap <= 550 for gap in gaps[:2])
        assert gaps[:2] != [500, 500]

    def test_an_answer_that_thinks_again_has_its_pace_again(self):
        told = ReasoningPace(itl="50us", pause="700us")
        assert list(told.among((False, True, True, False, True), iter(self.SAID), SEED)) == [50, 50, 700, 50]

    def test_one_token_has_no_gap(self):
        assert list(ReasoningPace(itl="50us").among((True,), iter(self.SAID), SEED)) == []

    def test_a_duration_stands_for_its_itl(self):
        assert ReasoningPace.model_validate("5ms") == ReasoningPace(itl="5ms")

    @pytest.mark.parametrize(
        ("written", "message"),
        [
            ({"itl": "1ms", "tokens_per_second": 5}, "itl and tokens_per_second both set the time"),
            ({"jitter": "5%"}, "jitter varies the time between tokens, and there is none"),
        ],
    )
    def test_two_speeds_and_jitter_of_none_are_refused(self, written, message):
        with pytest.raises(ValidationError, match=message):
            ReasoningPace.model_validate(written)


def test_an_even_rate_is_rounded_once_however_many_gaps_there_are():
    """At 3 a second: 333,333 then 333,334 then 333,333 microseconds, a million together."""
    assert first(3, even(3)) == [333_333, 333_334, 333_333]
    assert sum(first(3_000, even(3))) == 1_000_000_000


def test_no_jitter_changes_nothing():
    gaps = iter([1, 2])
    assert jittered(gaps, 0, SEED) is gaps


def test_jitter_stays_within_its_share():
    told = first(500, jittered(repeat(1_000), 0.25, SEED))
    assert 750 <= min(told) < 800
    assert 1_200 < max(told) <= 1_250


def test_gaps_are_longer_by_the_factor_and_rounding_does_not_add_up():
    """One and a half each are 1.5, 3, 4.5 and 6 together, of which halves are rounded to the even number."""
    assert list(scaled(iter([1, 1, 1, 1]), 1.5)) == [2, 1, 1, 2]
    assert sum(first(10_000, scaled(repeat(3), 1.1))) == 33_000


def test_a_factor_of_one_changes_nothing():
    gaps = iter([1, 2])
    assert scaled(gaps, 1.0) is gaps


def test_three_speeds_are_told_together():
    with pytest.raises(ValueError, match="itl, tokens_per_second and trace all set the time between tokens: keep one"):
        judge_speeds({"itl": 1, "tokens_per_second": 2, "burst": None, "trace": 3}, 0)
