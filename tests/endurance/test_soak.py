"""A short soak: nothing is left of a round but what was there before it."""

import pytest

from tests.endurance.soak import Round, grows, soak


@pytest.mark.timeout(300)
def test_nothing_grows_from_round_to_round():
    seen, hours = soak(6, shape=Round(clients=4, calls=25))
    assert hours > 0.1
    last, before = seen[-1], seen[2]
    assert (last.tasks, last.connections, last.namespaces, last.threads) == (
        before.tasks,
        0,
        0,
        before.threads,
    )
    assert last.descriptors <= before.descriptors + 1
    assert last.exchanges > 0
    # Caches with a limit fill in the first rounds, so little growth is none.
    assert not grows([left.memory_kib for left in seen], 0.5), seen


@pytest.mark.parametrize(
    ("values", "growing"),
    [
        ([100, 100, 100, 100], False),
        ([100, 104, 103, 104], False),
        ([100, 120, 140, 160], True),
        ([5_000, 100, 100, 100, 101, 100], False),
    ],
)
def test_growth_is_told_from_noise(values, growing):
    assert grows(values, 0.05) is growing
