"""The control API for code that blocks."""

import socket

import pytest

from mockllm.client.base import Place
from mockllm.client.blocking import ControlClient
from mockllm.control import namespaces, scenarios, status
from mockllm.control.base import ControlError, Nothing
from mockllm.control.namespaces import OneNamespace
from mockllm.control.scenarios import NamedScenario
from mockllm.control.status import Health
from mockllm.errors import MockLLMError


def test_a_call_is_answered_with_a_value(elsewhere):
    client = ControlClient(Place.of(elsewhere.url))
    assert client.call(status.HEALTH, Nothing()) == Health(status="ok")
    assert client.call(namespaces.GET, OneNamespace(namespace="@a")).name == "hello@a"
    with pytest.raises(ControlError, match="there is no scenario 'x'"):
        client.call(scenarios.GET, NamedScenario(name="x"))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_not_there_is_told(scheme):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens there
        client = ControlClient(Place.of(f"{scheme}://127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(MockLLMError, match="which does not answer"):
            client.call(status.HEALTH, Nothing())


def test_proxies_of_the_environment_are_not_used(elsewhere, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert ControlClient(Place.of(elsewhere.url)).call(status.HEALTH, Nothing()).status == "ok"
