"""What the tests of profiles share: one call to a scenario, and the comparison with a shape."""

import json
import re

from mockllm.engine import Engine
from mockllm.plan import Head, Send
from mockllm.request import Call, Headers
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text

BODY = {"model": "some-model", "messages": [{"role": "user", "content": "Hi"}]}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}


def exchange(scenario, body=None, *, path="/v1/chat/completions", method="POST", query="", headers=()):
    head = (("content-type", "application/json"), *headers) if body is not None else headers
    call = Call(method, path, query, Headers(tuple(head)), b"" if body is None else json.dumps(body).encode())
    return Engine(Library(scenarios=[load_text(scenario)])).handle(call)


def sent(exchange_):
    """Status, headers and body of what is planned."""
    head = next(step for step in exchange_.plan if isinstance(step, Head))
    body = b"".join(step.data for step in exchange_.plan if isinstance(step, Send)).decode()
    return head.status, dict(head.headers), body


def answer(scenario, **asked):
    """The plain body that a scenario gives, as JSON."""
    return json.loads(sent(exchange(scenario, {**BODY, **asked}))[2])


def lines(scenario, **asked):
    """The lines of the stream that a scenario gives."""
    text = sent(exchange(scenario, {**BODY, "stream": True, **asked}))[2]
    return [line for line in text.split("\n") if line]


def chunks(scenario, **asked):
    """The JSON of the events."""
    payloads = [line.removeprefix("data: ") for line in lines(scenario, **asked) if line.startswith("data: ")]
    return [json.loads(payload) for payload in payloads if payload != "[DONE]"]


def like(found, shape, where="$"):
    """Assert that the value has the shape: keys in their order, a pattern for a whole text, a type for any of its
    values, and else the very value.
    """
    match shape:
        case dict():
            assert isinstance(found, dict), where
            assert list(found) == list(shape), where
            for key, inner in shape.items():
                like(found[key], inner, f"{where}.{key}")
        case list():
            assert isinstance(found, list), where
            assert len(found) == len(shape), where
            for index, inner in enumerate(shape):
                like(found[index], inner, f"{where}[{index}]")
        case re.Pattern():
            assert isinstance(found, str), where
            assert shape.fullmatch(found), f"{where}: {found}"
        case type():
            assert type(found) is shape, f"{where}: {found}"
        case _:
            assert found == shape, where
            assert type(found) is type(shape), where
