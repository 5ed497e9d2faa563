"""The way to Redis: where it leads, and what is said while there is none."""

import asyncio
import importlib
import sys

import pytest

from mockllm.errors import MockLLMError
from mockllm.net.shared import link as module
from mockllm.net.shared.link import Link, Place, StateGoneError
from tests.net.shared.team import until

ECHO = "return ARGV"


@pytest.mark.parametrize(
    ("text", "url", "prefix"),
    [
        ("redis://h:1/2", "redis://h:1/2", "mockllm:default:"),
        ("redis://h:1/2?prefix=", "redis://h:1/2", "mockllm:default:"),
        ("redis://h:1/2?prefix=a.b-c_1", "redis://h:1/2", "mockllm:a.b-c_1:"),
        ("unix:///run/redis", "unix:///run/redis", "mockllm:default:"),
    ],
)
def test_a_place_is_a_url_with_a_name(text, url, prefix):
    assert Place.of(text) == Place(url, prefix)


@pytest.mark.parametrize("text", ["x", "http://h/", "redis://h/?prefix=*", "redis://h/?prefix=a&db=1"])
def test_what_is_no_place_is_refused(text):
    with pytest.raises(MockLLMError, match="is no place of a common state: write redis://HOST:PORT/DB, "):
        Place.of(text)


def test_a_password_is_not_shown():
    assert Place.of("redis://me:secret@h/0").shown == "redis://h/0"


async def test_a_script_is_given_the_prefix_and_its_arguments(redis_server):
    link = Link(Place.of(redis_server.url))
    assert await link.run(ECHO, "a", 1) == [b"mockllm:default:", b"a", b"1"]
    assert await link.run(ECHO) == [b"mockllm:default:"]
    await link.close()


async def test_a_script_that_redis_refuses_is_a_state_that_is_gone(redis_server):
    link = Link(Place.of(redis_server.url))
    with pytest.raises(StateGoneError, match="no such thing"):
        await link.run("return redis.error_reply('no such thing')")
    await link.close()


async def test_while_it_is_gone_everything_is_refused_at_once_and_afterwards_who_waits_is_told(redis_server, caplog):
    link, told = Link(Place.of(redis_server.url)), []

    async def note():
        told.append(link.gone)

    async def fails():
        link.on_return.remove(fails)
        link.fail("again")
        raise StateGoneError("again")

    link.on_return += [note, fails]
    redis_server.kill()
    for _ in range(2):
        with pytest.raises(StateGoneError, match=f"the common state at {redis_server.url} cannot be reached since "):
            await link.run(ECHO)
    assert link.gone is not None
    redis_server.start()
    await until(lambda: told == [None, None] and link.gone is None)
    assert await link.run(ECHO) == [b"mockllm:default:"]
    assert caplog.text.count("is there again after") == 2
    await link.close()


async def test_a_redis_that_does_not_answer_is_gone_soon(redis_server, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_S", 0.1)
    link = Link(Place.of(redis_server.url))
    await link.run(ECHO)
    redis_server.pause()
    with pytest.raises(StateGoneError):
        await link.run(ECHO)
    # The probe is not answered either.
    await asyncio.sleep(0)
    await until(lambda: link.gone is not None)
    redis_server.go_on()
    await until(lambda: link.gone is None)
    await link.close()


async def test_it_is_looked_for_until_it_is_found(redis_server, monkeypatch):
    monkeypatch.setattr(module, "_PROBE_S", 0.001)
    link, asked = Link(Place.of(redis_server.url)), []
    ping = link.client.ping

    async def counted():
        asked.append(1)
        return await ping()

    monkeypatch.setattr(link.client, "ping", counted)
    redis_server.kill()
    with pytest.raises(StateGoneError):
        await link.run(ECHO)
    await until(lambda: len(asked) > 2)
    redis_server.start()
    await until(lambda: link.gone is None)
    await link.close()


def test_without_the_client_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    monkeypatch.delitem(sys.modules, module.__name__)
    with pytest.raises(MockLLMError, match=r"pip install 'mockllm-server\[redis\]'"):
        importlib.import_module(module.__name__)
