"""How many run at a time, against a model that is a list of numbers in order of arrival."""

from hypothesis import given
from hypothesis import strategies as st

from mockllm.limits.slots import Place, Slots


def filled(slots, *numbers):
    for number in numbers:
        slots, _ = slots.enter(number)
    return slots


def test_some_run_some_wait_and_the_rest_are_refused():
    slots, places = Slots(2, 1), []
    for number in range(4):
        slots, place = slots.enter(number)
        places.append(place)
    assert places == [Place.RUNS, Place.RUNS, Place.WAITS, Place.REFUSED]
    assert (slots.running, slots.waiting) == ((0, 1), (2,))


def test_without_a_queue_nothing_waits():
    assert filled(Slots(1), 7).enter(8)[1] is Place.REFUSED


def test_the_first_that_waits_runs_when_one_ends():
    slots, follower = filled(Slots(1, 2), 1, 2, 3).leave(1)
    assert follower == 2
    assert (slots.running, slots.waiting) == ((2,), (3,))


def test_one_that_gives_up_waiting_lets_nobody_run():
    slots, follower = filled(Slots(1, 2), 1, 2, 3).leave(2)
    assert follower is None
    assert (slots.running, slots.waiting) == ((1,), (3,))


def test_one_without_a_place_changes_nothing():
    slots = filled(Slots(1, 1), 1, 2)
    assert slots.leave(9) == (slots, None)


@given(st.integers(1, 4), st.integers(0, 4), st.lists(st.integers(0, 12), max_size=60))
def test_places_are_given_in_order_of_arrival_and_none_is_lost(running, waiting, events):
    slots, present, next_number = Slots(running, waiting), [], 0
    for event in events:
        if event < 7:
            next_number += 1
            slots, place = slots.enter(next_number)
            if place is Place.REFUSED:
                assert len(present) == running + waiting
                continue
            assert place is (Place.RUNS if len(present) < running else Place.WAITS)
            present.append(next_number)
        elif present:
            left = present.pop(event % len(present))
            before = set(slots.running)
            slots, follower = slots.leave(left)
            assert set(slots.running) - before == ({follower} if follower else set())
        assert sorted(slots.running + slots.waiting) == present
        assert slots.waiting == tuple(present[running:])
        assert len(slots.running) == min(running, len(present))
