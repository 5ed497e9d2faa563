"""Load: places and slowness by hand."""

import pytest
from pydantic import ValidationError

from mockllm.limits import Slots
from mockllm.scenario.pace.load import MOST_RUNNING, Load


@pytest.mark.parametrize(
    ("written", "slots"),
    [
        (4, Slots(4, MOST_RUNNING)),
        ({"slots": 4, "queue": 2}, Slots(4, 2)),
        ({"slots": 4, "queue": 0}, Slots(4, 0)),
        ({"slowdown": "5%"}, Slots(MOST_RUNNING, MOST_RUNNING)),
    ],
)
def test_an_engine_has_so_many_slots_and_a_queue_that_is_long_unless_it_is_told(written, slots):
    assert Load.model_validate(written).places() == slots


@pytest.mark.parametrize(("running", "slowness"), [(0, 1), (1, 1), (2, 1.25), (5, 2)])
def test_each_other_request_makes_it_slower_by_the_share(running, slowness):
    assert Load(slowdown="25%").slowness(running) == slowness


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({}, "load says nothing: give slots, slowdown or both"),
        ({"queue": 3}, "load says nothing"),
        ({"queue": 3, "slowdown": "5%"}, "nothing waits in the queue unless slots says how many"),
        ({"slots": 0}, "at least 1"),
    ],
)
def test_what_says_nothing_is_refused(written, message):
    with pytest.raises(ValidationError, match=message):
        Load.model_validate(written)
