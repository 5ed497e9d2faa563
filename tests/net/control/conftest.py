"""A server of this process, its control API, and a client that asks it something."""

import http.client
import json
import threading
from urllib.parse import urlsplit

import pytest

from mockllm.client.base import Place
from mockllm.client.blocking import ControlClient
from mockllm.control.base import ControlError
from mockllm.net.mock import MockLLM
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text

HELLO = load_text("{name: hello, about: says hi, source: [here], rules: [{replies: [hi]}]}")
SLOW = "{name: slow, pace: {ttft: 10s, itl: 5s}, rules: [{replies: [{text: [a, b]}]}]}"
PATIENCE_S = 20


class Asker:
    """Asks for a completion, and keeps what came."""

    def __init__(self, base_url, text="hello", *, stream=False):
        parts = urlsplit(base_url)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
        body = {"model": "m", "stream": stream, "messages": [{"role": "user", "content": text}]}
        headers = {"content-type": "application/json"}
        self.connection.request("POST", f"{parts.path}/chat/completions", json.dumps(body), headers)

    def answer(self):
        response = self.connection.getresponse()
        body = response.read().decode()
        self.connection.close()
        return response.status, body

    def later(self):
        """The answer, once it is there."""
        found = []
        thread = threading.Thread(target=lambda: found.append(self.answer()))
        thread.start()

        def wait():
            thread.join(PATIENCE_S)
            return found[0]

        return wait


@pytest.fixture
def served():
    with MockLLM(library=Library({}, [HELLO])) as mock:
        yield mock


@pytest.fixture
def call(served):
    return ControlClient(Place.of(served.url)).call


@pytest.fixture
def refusal(call):
    """Why an operation is refused."""

    def refused(operation, asked):
        with pytest.raises(ControlError) as found:
            call(operation, asked)
        return found.value

    return refused


@pytest.fixture
def ask(served):
    """A completion from a namespace: its status and its body."""

    def asked(namespace="", text="hello"):
        return Asker(f"{served.url}/{namespace}/v1".replace("//v1", "/v1"), text).answer()

    return asked


@pytest.fixture
def asker():
    return Asker
