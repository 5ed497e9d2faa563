"""What a response of the background is at a moment, by hand-made times: nothing waits here."""

import pytest

from mockllm.dialects.responses import background
from mockllm.errors import ApiError
from mockllm.plan import Frame
from mockllm.store import Stored

QUEUED, RUNNING, DONE = (
    {"object": "response", "status": status, "background": True} for status in ("queued", "in_progress", "completed")
)
FRAMES = (
    Frame({"type": "response.created", "response": QUEUED, "sequence_number": 0}),
    Frame({"type": "response.in_progress", "response": RUNNING, "sequence_number": 1}),
    Frame({"type": "response.output_text.delta", "delta": "a", "sequence_number": 2}),
    Frame({"type": "response.completed", "response": DONE, "sequence_number": 3}),
)
VALUE = {"id": "resp_1", "status": "completed", "background": True}
KEPT = Stored("response", "resp_1", VALUE, frames=FRAMES, dues=(0, 100, 200, 300), replays=True, at_us=1_000)
PLAIN = Stored("response", "resp_2", {"id": "resp_2", "status": "completed", "background": False})


def refused(function, *arguments):
    with pytest.raises(ApiError) as caught:
        function(*arguments)
    return caught.value.status, caught.value.param


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (0, "queued"),
        (1_000, "queued"),
        (1_099, "queued"),
        (1_100, "in_progress"),
        (1_299, "in_progress"),
        (1_300, "completed"),
        (9_999, "completed"),
    ],
)
def test_the_clock_says_what_a_response_is(now, status):
    assert background.seen(KEPT, now)["status"] == status


def test_what_was_not_made_in_the_background_is_always_there():
    assert background.seen(PLAIN, 0) is PLAIN.value


def test_a_cancelled_response_stays_so_and_its_later_events_never_come():
    stopped = background.cancelled(KEPT, 1_150)
    assert stopped.value == {**RUNNING, "status": "cancelled"}
    assert [background.seen(stopped, now)["status"] for now in (1_150, 9_999)] == ["cancelled"] * 2
    assert background.replayed(stopped, 9_999, -1).frames == FRAMES[:2]
    assert background.cancelled(stopped, 2_000) == stopped


def test_what_is_over_cannot_be_cancelled_and_stays_what_it_is():
    assert background.cancelled(KEPT, 1_300) is KEPT


def test_only_the_background_can_be_cancelled():
    assert refused(background.cancelled, PLAIN, 0) == (400, None)


def test_events_that_were_due_come_at_once_and_the_others_when_they_are():
    frames = background.replayed(KEPT, 1_150, -1).frames
    assert [frame.data for frame in frames] == [frame.data for frame in FRAMES]
    assert [frame.framing.delay_us for frame in frames] == [0, 0, 50, 100]


def test_only_the_events_after_a_number_come():
    assert background.replayed(KEPT, 9_999, 1).frames == FRAMES[2:]
    assert background.replayed(KEPT, 9_999, 3).frames == ()
    assert [frame.framing.delay_us for frame in background.replayed(KEPT, 1_000, 2).frames] == [300]


def test_an_event_without_a_number_comes_after_all():
    odd = Frame({"error": {}})
    kept = Stored("response", "resp_1", VALUE, frames=(*FRAMES, odd), dues=(0, 0, 0, 0, 0), replays=True)
    assert background.replayed(kept, 0, 3).frames == (odd,)


def test_only_what_was_streamed_in_the_background_is_streamed_again():
    assert refused(background.replayed, PLAIN, 0, -1) == (400, "stream")


@pytest.mark.parametrize(("query", "after"), [({}, -1), ({"starting_after": "0"}, 0), ({"starting_after": "12"}, 12)])
def test_the_number_to_go_on_after(query, after):
    assert background.starting_after(query) == after


@pytest.mark.parametrize("text", ["", "-1", "x", "1.5", "²", "9" * 19])
def test_a_number_that_is_none_is_refused(text):
    assert refused(background.starting_after, {"starting_after": text}) == (400, "starting_after")
