"""A server that stands for one elsewhere, and a request without any client library."""

import json
import urllib.error
import urllib.request

import pytest

from mockllm.net.mock import MockLLM
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text

PATIENCE_S = 20
HELLO = load_text("{name: hello, rules: [{replies: [hi]}]}")


@pytest.fixture
def elsewhere():
    """A running server; its own journal has the exchanges of all runs."""
    with MockLLM(library=Library({}, [HELLO])) as mock:
        yield mock


@pytest.fixture
def ask():
    """The answer's text or the error's message, whatever its status."""

    def asked(base_url, text="hello", key="any"):
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]}).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        try:
            with urllib.request.urlopen(
                urllib.request.Request(f"{base_url}/chat/completions", body, headers), timeout=PATIENCE_S
            ) as it:
                return json.load(it)["choices"][0]["message"]["content"]
        except urllib.error.HTTPError as error:
            with error:
                return json.load(error)["error"]["message"]

    return asked
