"""The control API for code on an event loop."""

import socket

import pytest

from mockllm.client.awaiting import AsyncControlClient
from mockllm.client.base import Place
from mockllm.control import clock, namespaces, scenarios, status
from mockllm.control.base import ControlError, Nothing
from mockllm.control.clock import PutClock
from mockllm.control.namespaces import OneNamespace
from mockllm.control.scenarios import NamedScenario
from mockllm.control.status import Health
from mockllm.errors import MockLLMError


async def test_a_call_is_answered_with_a_value(elsewhere):
    client = AsyncControlClient(Place.of(elsewhere.url))
    assert await client.call(status.HEALTH, Nothing()) == Health(status="ok")
    assert (await client.call(clock.PUT, PutClock(scale=2))).scale == 2
    assert (await client.call(namespaces.GET, OneNamespace(namespace="@a"))).name == "hello@a"
    with pytest.raises(ControlError, match="there is no scenario 'a/b'"):
        await client.call(scenarios.GET, NamedScenario(name="a/b"))


async def test_a_server_that_is_not_there_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        client = AsyncControlClient(Place.of(f"http://127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(MockLLMError, match="which does not answer"):
            await client.call(status.HEALTH, Nothing())
