"""Streams to which nothing was done: the steps of a score are those of the plan that it stands for."""

from dataclasses import dataclass

import pytest

from mockllm.plan import End, Frame, Head, Send, Wait, stamp
from mockllm.score import EVERY, Edited, Printed, Score, held, outline, step_after

HEAD = Head(200, (("content-type", "text/event-stream"),))
FRAMES = stamp((Frame(None, "role", label="role"), Frame(None, tokens=2, label="ab"), Frame(None, "done", label="end")))
ROLE, TOKEN, DONE = FRAMES


@dataclass
class Mould:
    outline: tuple
    offsets: tuple
    weight: int


MOULD = Mould(FRAMES, (0, 1, 3, 6), 1_000)


class Letters(Printed):
    """Events of one, two and three bytes."""

    def data(self, index):
        return b"abc"[index : index + 1] * (index + 1)

    def frame(self, index):
        return Frame(index)

    def chunked(self, first=0, last=EVERY):
        return b"".join(map(self.data, range(3)[first:last]))


EVENTS = Letters(MOULD)
SENDS = (Send(b"a", ROLE, 0), Send(b"bb", TOKEN, 1), Send(b"ccc", DONE, 3))


@pytest.mark.parametrize(
    ("dues", "head_us", "steps"),
    [
        ((), 0, (HEAD, *SENDS, End())),
        ((0, 0, 0), 0, (HEAD, *SENDS, End())),
        ((5, 5, 9), 0, (HEAD, Wait(5), SENDS[0], SENDS[1], Wait(4), SENDS[2], End())),
        ((0, 5, 5), 0, (HEAD, SENDS[0], Wait(5), SENDS[1], SENDS[2], End())),
        ((7, 9, 9), 7, (Wait(7), HEAD, SENDS[0], Wait(2), SENDS[1], SENDS[2], End())),
        ((), 7, (Wait(7), HEAD, *SENDS, End())),
    ],
)
def test_every_event_is_sent_when_it_is_due(dues, head_us, steps):
    score = Score(HEAD, EVENTS, dues, head_us)
    assert tuple(score) == steps
    assert len(score) == len(steps)
    assert score.duration_us == sum(step.us for step in steps if isinstance(step, Wait))
    assert score.at_once is (score.duration_us == 0)
    assert tuple(score.dues) == dues


def test_a_score_is_looked_at_like_any_plan():
    score = Score(HEAD, EVENTS, (5, 5, 5))
    assert (score[0], score[1], score[-1]) == (HEAD, Wait(5), End())
    assert score[2:4] == SENDS[:2]
    assert score == (HEAD, Wait(5), *SENDS, End())
    assert score != (HEAD, *SENDS, End())
    assert score != HEAD
    assert repr(score) == repr((HEAD, Wait(5), *SENDS, End()))


def test_what_it_sends_is_counted_without_being_made():
    assert Score(HEAD, EVENTS).size == len(b"abbccc")


def test_times_weigh_and_their_absence_does_not():
    assert Score(HEAD, EVENTS, (1, 2, 3)).weight - Score(HEAD, EVENTS).weight == 3 * 8


def test_events_are_frames_when_somebody_looks():
    assert tuple(EVENTS) == (Frame(0), Frame(1), Frame(2))
    assert len(EVENTS) == 3
    assert (EVENTS[1], EVENTS[-1], EVENTS[1:]) == (Frame(1), Frame(2), (Frame(1), Frame(2)))


def test_the_outline_of_events_is_that_of_their_mould_and_other_frames_are_their_own():
    assert outline(EVENTS) is FRAMES
    assert outline((ROLE,)) == (ROLE,)


def test_events_are_held_as_they_are_and_what_is_made_once_is_kept():
    assert held(EVENTS) is EVENTS
    assert held(iter((ROLE, DONE))) == (ROLE, DONE)


def test_what_faults_left_of_a_score_is_made_anew_and_the_rest_is_theirs():
    score = tuple(Score(HEAD, EVENTS))
    stalled = (*score[:2], Wait(7, "fault: stall"), score[3], Send(b"x", TOKEN), score[1], End())
    edited = Edited(score, EVENTS, stalled)
    assert edited == stalled
    assert len(edited) == len(stalled)
    assert (edited[2], edited[3:5]) == (stalled[2], stalled[3:5])


def test_only_the_steps_of_faults_weigh():
    score = tuple(Score(HEAD, EVENTS))
    longer = Edited(score, EVENTS, (*score, Wait(7), Wait(8)))
    sent_twice = Edited(score, EVENTS, (*score, score[1], score[2]))
    assert longer.weight - Edited(score, EVENTS, score).weight == 2 * 400
    assert sent_twice.weight - Edited(score, EVENTS, score).weight == 2 * 8


@pytest.mark.parametrize(("most", "fits"), [(5, False), (6, True), (7, True)])
def test_a_body_fits_where_it_has_no_more_bytes(most, fits):
    assert Score(HEAD, EVENTS).fits(most) is fits


@pytest.mark.parametrize(("dues", "head_us"), [((), 0), ((), 7), ((0, 5, 5), 0), ((5, 5, 9), 0), ((7, 9, 9), 7)])
def test_what_was_sent_follows_from_how_many_steps_were_done(dues, head_us):
    score = Score(HEAD, EVENTS, dues, head_us)
    for done in range(len(score) + 1):
        sent = sum(len(step.data) for step in tuple(score)[:done] if isinstance(step, Send))
        assert score.sent(done) == sent
        assert step_after(score, done) == step_after(tuple(score), done) == min(done, len(score) - 1)


class Endless(Letters):
    """Events that nobody has counted."""

    most = 10_000_000

    def __len__(self):
        raise AssertionError("they were counted")

    def reach(self, count):
        return count


def test_what_can_be_told_of_a_stream_without_counting_its_events_is_told_so():
    mould = Mould(FRAMES, range(0, 10_000_000, 100), 1_000)
    score = Score(HEAD, Endless(mould))
    assert not score.fits(65_536)
    assert score.sent(4) == 300
    assert score.most_steps >= 10_000_000
    assert step_after(score, 7) == 7
    assert score.at_once


def test_few_events_are_counted():
    assert (EVENTS.most, EVENTS.reach(2), EVENTS.reach(9)) == (3, 2, 3)
    assert Score(HEAD, EVENTS, (5, 5, 9)).most_steps == 7
