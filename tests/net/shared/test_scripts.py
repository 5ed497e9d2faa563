"""What is done in Redis in one go: all of it or nothing."""

import json

import pytest

from mockllm.net.shared.link import Link, Place
from mockllm.net.shared.scripts import BEGIN, JOIN, LEAVE, NAMES, READ, WRITE

ORDER = {
    "epoch": "e", "worker": "w", "fence": 0, "checks": [], "rooms": [], "events": [], "lost": [],
    "tell": "", "most": 100, "bytes": 10**6, "idle": 60,
}  # fmt: skip


@pytest.fixture
async def link(redis_server):
    link = Link(Place.of(redis_server.url))
    yield link
    await link.close()


async def write(link, *values, **order):
    return await link.run(WRITE, json.dumps({**ORDER, **order}), *values)


async def read(link, *known, numbered=0):
    return await link.run(READ, "e", 0, numbered, *known)


def event(kind, number, of="n", **more):
    return {"kind": kind, "n": number, "of": of, "all": False, **more}


async def test_a_room_is_read_only_if_its_version_is_another_one(link):
    assert await read(link, "a", "0") == [b"e", 0]
    assert await write(link, b"value", rooms=["a"]) == [b"ok", 1]
    assert await read(link, "a", "0") == [b"e", 0, b"a", b"1", b"value"]
    assert await read(link, "a", "1") == [b"e", 0]


async def test_exchanges_are_numbered_without_a_gap_from_where_the_state_began(link):
    assert await link.run(READ, "e", 41, 1) == [b"e", 42]
    assert await link.run(READ, "other", 0, 1) == [b"e", 43]


async def test_nothing_of_an_order_is_done_if_a_room_has_another_version(link):
    await read(link)
    await write(link, b"1", rooms=["a"])
    assert await write(link, b"2", b"x", rooms=["a"], checks=[["a", "0"]], events=[event("open", 1)]) == [b"conflict"]
    assert await read(link, "a", "0") == [b"e", 0, b"a", b"1", b"1"]
    assert await link.client.exists("mockllm:default:journal") == 0
    assert await write(link, b"2", rooms=["a"], checks=[["a", "1"]]) == [b"ok", 2]


async def test_a_room_without_a_value_is_gone(link):
    await read(link)
    await write(link, b"1", rooms=["a"])
    await write(link, b"", rooms=["a"], checks=[["a", "1"]])
    assert await read(link, "a", "1") == [b"e", 0, b"a", b"0", b""]
    assert await link.run(NAMES, 1, 0) == [b"e", b"2", [b"a"]]
    assert await link.run(NAMES, 2, 0) == [b"e", b"2", []]


async def test_an_order_of_another_state_or_of_the_past_is_refused(link):
    await read(link)
    assert await write(link, epoch="another") == [b"epoch"]
    await link.run(JOIN, "e", 0, "w", 3, 1000)
    assert await write(link, fence=2) == [b"fence"]
    assert await write(link, fence=3) == [b"ok", 1]


async def test_exchanges_are_open_until_they_end(link):
    await read(link)
    await write(link, b"x", b"y", events=[event("open", 1), event("open", 2)])
    await write(link, b"z", events=[event("end", 1)])
    assert await link.client.hgetall("mockllm:default:open:w") == {b"2": b"n"}
    assert await write(link, lost=[["w", 1]]) == [b"gone"]
    assert await write(link, lost=[["w", 2]]) == [b"ok", 3]
    assert await link.client.hgetall("mockllm:default:open:w") == {}


async def test_a_record_that_is_forgotten_says_up_to_where(link):
    await read(link, numbered=1)
    await write(link, b"x", b"y", events=[event("open", 1, "a"), event("open", 2, "b")])
    await write(link, b"", events=[event("clear", 0, "a")])
    left = [(fields[b"kind"], fields[b"d"]) for _, fields in await link.client.xrange("mockllm:default:journal")]
    assert left == [(b"open", b"y"), (b"clear", b"1")]
    await write(link, b"", events=[event("clear", 0, "", all=True)])
    left = [(fields[b"kind"], fields[b"d"]) for _, fields in await link.client.xrange("mockllm:default:journal")]
    assert left == [(b"clear", b"1")]
    assert int(await link.client.get("mockllm:default:journal:bytes")) == 201


async def test_the_oldest_events_go_first(link):
    await read(link)
    for number in range(5):
        await write(link, b"x" * number, events=[event("visit", number)], most=3)
    assert [fields[b"n"] for _, fields in await link.client.xrange("mockllm:default:journal")] == [b"2", b"3", b"4"]
    await write(link, b"x" * 1000, events=[event("visit", 9)], bytes=1300)
    assert [fields[b"n"] for _, fields in await link.client.xrange("mockllm:default:journal")] == [b"9"]
    await write(link, b"x" * 1000, events=[event("visit", 10)], bytes=10)
    assert await link.client.xlen("mockllm:default:journal") == 0
    assert int(await link.client.get("mockllm:default:journal:bytes")) == 0


async def test_news_are_told_to_all(link):
    async with link.client.pubsub() as channel:
        await channel.subscribe("mockllm:default:bus")
        await channel.get_message(timeout=5)
        await read(link)
        await write(link, tell="news")
        assert (await channel.get_message(timeout=5))["data"] == b"news"


async def test_who_joins_is_there_for_a_while_and_learns_who_is_not(link):
    assert await link.run(JOIN, "new", 7, "one", 1, 1000) == [b"new", []]
    assert await link.run(READ, "other", 0, 1) == [b"new", 8]
    assert await link.run(JOIN, "e", 0, "two", 1, 1000) == [b"new", []]
    await link.client.delete("mockllm:default:worker:one")
    assert await link.run(JOIN, "e", 0, "two", 1, 1000) == [b"new", [b"one"]]
    await link.run(LEAVE, "one")
    assert await link.run(JOIN, "e", 0, "two", 1, 1000) == [b"new", []]


async def test_a_begin_forgets_everything_unless_somebody_is_there(link):
    await link.run(JOIN, "e", 0, "one", 1, 1000)
    assert await link.run(BEGIN, "new") == [b"e", 0]
    await link.client.delete("mockllm:default:worker:one")
    told, forgotten = await link.run(BEGIN, "new")
    assert (told, forgotten > 0) == (b"new", True)
    assert await link.client.keys("*") == [b"mockllm:default:epoch"]
