"""Faults of how frames become bytes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Framing
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.framing import Done, Split
from mockllm.seeds import Seed
from tests.plans import BODY, FRAMES

SEED = Seed.of("fault")
NO_DURATION = "is not a duration: write it as a number with its unit, such as 250ms"
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
MODES = ["omit", "twice", "spaced", "late", "text_after"]
MARKER = FRAMES[-1]


def ending(mode, **fields):
    changed = Done.model_validate({"mode": mode, **fields}).apply(FRAMES, SEED)
    assert changed[:5] == FRAMES[:5], "the frames before the end marker stay"
    return changed[5:]


class TestDone:
    def test_omitted_it_never_comes(self):
        assert ending("omit") == ()

    def test_twice_it_comes_again_and_the_second_does_not_count(self):
        first, second = ending("twice")
        assert (first.data, second.data) == ("[DONE]", "[DONE]")
        assert (first.ordinal, second.ordinal) == (5, -1)

    def test_spaced_a_space_follows(self):
        [marker] = ending("spaced")
        assert marker.data == "[DONE] "

    def test_late_it_is_held_back(self):
        [marker] = ending("late")
        assert marker.framing == Framing(delay_us=5_000_000)
        [marker] = ending("late", by="30s")
        assert marker.framing == Framing(delay_us=30_000_000)

    def test_text_after_it_is_an_event_that_does_not_count(self):
        first, second = ending("text_after")
        assert (first.data, first.ordinal) == ("[DONE]", 5)
        assert (second.data, second.ordinal, second.label) == ("still here", -1, '"still here"')

    @pytest.mark.parametrize("mode", MODES[1:])
    def test_the_timeline_names_the_fault(self, mode):
        assert {frame.cause for frame in ending(mode)} == {f"fault: done {mode}"}

    @pytest.mark.parametrize("mode", MODES)
    @pytest.mark.parametrize("frames", [(), FRAMES[:5], BODY])
    def test_an_answer_without_end_marker_is_reported(self, mode, frames):
        assert Done(mode=mode).apply(frames, SEED) is None

    def test_the_word_alone_is_enough(self):
        assert FAULT.validate_python({"done": "omit"}) == Done(mode="omit")
        assert FAULT.validate_python({"done": {"mode": "late", "by": "1s"}}) == Done(mode="late", by="1s")

    @pytest.mark.parametrize(
        ("written", "place", "message"),
        [
            ("omi", (), "expected omit, twice, spaced, late or text_after, found 'omi': did you mean 'omit'?"),
            (None, (), "expected omit, twice, spaced, late or text_after, found null"),
            ({"by": "1s"}, ("mode",), "the key 'mode' is missing"),
            (
                {"mode": "omit", "by": "1s"},
                (),
                "by says how late the end is, but the mode is omit: drop by, or write mode: late",
            ),
            (
                {"mode": "late", "by": 3},
                ("by",),
                f"3 {NO_DURATION}",
            ),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, written, place, message):
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({"done": written})
        [details] = error.value.errors()
        assert (details["loc"], details["msg"]) == (("done", *place), message)


class TestSplit:
    @pytest.mark.parametrize("frames", [FRAMES, BODY])
    def test_every_frame_is_marked_to_be_cut(self, frames):
        changed = Split(bytes=7, every="10ms").apply(frames, SEED)
        assert changed == tuple(
            replace(frame, framing=Framing(split_bytes=7, split_every_us=10_000)) for frame in frames
        )

    def test_by_default_every_byte_is_alone_and_at_once(self):
        assert FAULT.validate_python({"split": {}}) == Split(bytes=1, every=0)

    def test_other_framing_stays(self):
        crlf = tuple(replace(frame, framing=Framing(line_ending="\r\n")) for frame in FRAMES)
        assert Split().apply(crlf, SEED)[0].framing == Framing(line_ending="\r\n", split_bytes=1)

    def test_an_answer_without_frames_is_reported(self):
        assert Split().apply((), SEED) is None

    @pytest.mark.parametrize(
        ("written", "message"),
        [
            ({"bytes": 0}, "expected a value of at least 1, found 0"),
            ({"every": 5}, f"5 {NO_DURATION}"),
            (3, "expected a mapping with keys from bytes, every, found 3"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, written, message):
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({"split": written})
        assert error.value.errors()[0]["msg"] == message


FAULTS = st.one_of(
    st.sampled_from(MODES).map(lambda mode: Done(mode=mode)), st.integers(1, 9).map(lambda size: Split(bytes=size))
)


@given(FAULTS, st.lists(st.sampled_from(FRAMES), unique_by=lambda frame: frame.ordinal))
def test_frames_that_were_given_are_never_edited_and_the_same_seed_gives_the_same(fault, frames):
    given_frames = tuple(replace(frame) for frame in frames)
    changed = fault.apply(given_frames, SEED)
    assert given_frames == tuple(frames)
    assert fault.apply(given_frames, SEED) == changed
    if changed is not None:
        kept = [frame.ordinal for frame in changed if frame.ordinal >= 0]
        assert kept == [frame.ordinal for frame in frames if frame.ordinal in kept], "frames keep their ordinals"
