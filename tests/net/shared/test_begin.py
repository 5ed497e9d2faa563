"""The begin of a server with a common state: nothing is left of one whose workers are all gone."""

import pytest

from mockllm.errors import MockLLMError
from mockllm.net.shared.begin import begin
from mockllm.net.shared.link import Place
from tests.net.shared.team import heard, say

TEXT = "rules: [{replies: [one, two]}]"


async def test_what_was_left_is_forgotten_unless_somebody_is_there(team, redis_server):
    place = Place.of(redis_server.url)
    worker = await team.join(TEXT)
    await say(worker, "a")
    assert await begin(place) == 0
    assert heard(await say(worker, "b")) == "two"
    await worker.close()
    team.workers.clear()
    assert await begin(place) > 5
    assert await begin(place) == 1, "only the name of the new state"
    worker = await team.join(TEXT)
    assert heard(await say(worker, "c")) == "one"


async def test_what_others_keep_there_is_left_alone(redis_server):
    usual, mine = Place.of(redis_server.url), Place.of(f"{redis_server.url}?prefix=mine")
    for place in (usual, mine, usual, mine):
        forgotten = await begin(place)
    assert forgotten == 1, "its own, and not more"


async def test_a_place_without_a_redis_is_told(redis_server):
    redis_server.kill()
    with pytest.raises(MockLLMError, match=r"asked to keep its state at redis://127.0.0.1:.*, but the common state at"):
        await begin(Place.of(redis_server.url))
    redis_server.start()
