"""Which frames a fault acts on."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Frame
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.payload.choice import Between, FrameChoice, gap, is_plain, written
from mockllm.scenario.faults.payload.patch import Patch
from tests.chunks import FRAMES, SEED, data, patched
from tests.plans import BODY

FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


class TestFrameChoice:
    @pytest.mark.parametrize(
        ("which", "ordinals"),
        [
            ("all", [0, 1, 2, 3, 4]),  # [DONE] is no JSON
            ("first", [0]),
            ("role", [0]),
            ("token", [1, 2]),
            ("finish", [3]),
            ("usage", [4]),
            (2, [2]),
            (0, [0]),
            ([0, 3, 99], [0, 3]),
        ],
    )
    def test_frames_are_chosen_by_a_word_or_by_number(self, which, ordinals):
        patch = Patch.model_validate({"frames": which, "set": {"$.x": 1}})
        new = patch.apply(FRAMES, SEED)
        assert [frame.ordinal for frame in new if frame.cause == "fault: patch"] == ordinals
        assert [frame for frame in new if not frame.cause] == [f for f in FRAMES if f.ordinal not in ordinals]

    def test_the_last_is_the_last_frame_that_the_turn_produced(self):
        patch = Patch.model_validate({"frames": "last", "set": {"$.x": 1}})
        assert patch.apply(FRAMES, SEED) is None, "the last frame is the end marker, which is no JSON"
        short = FRAMES[:5]
        assert [frame.ordinal for frame in patch.apply(short, SEED) if frame.cause] == [4]
        with_comment = (*short, Frame({"a": 1}, "comment"))
        assert [frame.ordinal for frame in patch.apply(with_comment, SEED) if frame.cause] == [4]

    def test_a_plain_body_is_a_frame(self):
        assert data({"a": 1}, frames="body", set={"$.a": 2}) == {"a": 2}
        assert data({"a": 1}, frames="first", set={"$.a": 2}) == {"a": 2}
        assert patched(BODY, frames="token", set={"$.text": 2}) is None

    @pytest.mark.parametrize(
        ("which", "place", "message"),
        [
            (
                "lst",
                (),
                (
                    "expected first, last, all, role, token, finish, usage, done, body, a frame's number or a list of "
                    "such numbers, found 'lst': did you mean 'last'?"
                ),
            ),
            (-1, (), "expected a value of at least 0, found -1"),
            ([0, -1], (1,), "expected a value of at least 0, found -1"),
            (["role"], (0,), "expected a whole number, found 'role'"),
            (
                0.5,
                (),
                (
                    "expected first, last, all, role, token, finish, usage, done, body, a frame's number or a list of "
                    "such numbers, found 0.5"
                ),
            ),
        ],
    )
    def test_what_is_no_choice_is_refused(self, which, place, message):
        with pytest.raises(ValidationError) as error:
            FAULT.validate_python({"patch": {"frames": which, "set": {"$.a": 1}}})
        [details] = error.value.errors()
        assert (details["loc"], details["msg"]) == (("patch", "frames", *place), message)

    def test_the_word_alone_is_enough(self):
        assert FrameChoice.model_validate("role") == FrameChoice(which="role")


class TestGap:
    AT: TypeAdapter[Between] = TypeAdapter(Between)

    @pytest.mark.parametrize(
        ("at", "index"),
        [
            ("start", 0),
            ("headers", 0),
            ({"frame": 2}, 2),
            ({"token": 1}, 2),
            ({"share": "50%"}, 3),
            ("finish", 3),
            ("done", 5),
            ("end", 6),
            ({"frame": 7}, None),
            ({"token": 3}, None),
            ({"event": "done"}, None),
        ],
    )
    def test_a_position_is_the_index_of_the_frame_after_it(self, at, index):
        assert gap(FRAMES, self.AT.validate_python(at)) == index

    def test_frames_that_faults_added_or_dropped_are_not_counted(self):
        comment = Frame(": hm", "comment")
        assert gap((comment, comment, *FRAMES[1:]), self.AT.validate_python({"frame": 2})) == 3

    def test_a_plain_body_has_no_share_between_frames(self):
        assert gap(BODY, self.AT.validate_python({"share": "50%"})) is None
        assert gap(BODY, self.AT.validate_python("end")) == 1
        assert gap((), self.AT.validate_python("end")) == 0

    def test_a_byte_may_be_inside_a_frame_and_is_refused(self):
        with pytest.raises(ValidationError, match="may be inside a frame, and this acts between frames"):
            self.AT.validate_python({"byte": 3})


def test_a_plain_body_is_told_from_a_stream():
    assert is_plain(BODY)
    assert not is_plain(FRAMES)
    assert not is_plain(())


def test_json_is_written_on_one_line_as_streams_have_it():
    assert written({"a": [1, None, float("nan")], "b": "ü"}) == '{"a":[1,null,NaN],"b":"ü"}'
