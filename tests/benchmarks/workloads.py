"""What is asked and what is answered: the scenarios, the requests and the bytes that the references repeat.

Here: constant values, and the check of one whole response. Not here: who serves them (`servers.py`) and who asks
(`load.py`, `paced.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import orjson

from mockllm import http1
from mockllm.engine import Engine
from mockllm.plan import Head, Plan, Send
from mockllm.request import Call
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text

STREAM_TOKENS = 50
TTFT_US = 500_000
ITL_US = 50_000

DONE = b"data: [DONE]\n\n\r\n0\r\n\r\n"
"""How a finished stream ends on the wire, whoever serves it."""

BODY_END = b"\n}\n"
"""How a plain body ends."""

DIGITS = 8
"""How many digits the number in a request has."""

_MOST_BYTES = 1_000_000
_NUMBER = b"0" * DIGITS
_HEAD = (
    b"POST %b HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: application/json\r\naccept-encoding: gzip, deflate\r\n"
    b"user-agent: benchmark\r\nauthorization: Bearer sk-mock\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n\r\n"
)


def words(count: int) -> list[str]:
    """Tokens of the same length, all different."""
    return [f" word{number:03d}" for number in range(count)]


def scenarios(paced_tokens: int) -> Mapping[str, str]:
    """The scenarios by name: the one that is served by default, and the one of the paced runs."""
    pace = {"ttft": f"{TTFT_US}us", "itl": f"{ITL_US}us"}
    values: dict[str, dict[str, object]] = {
        "default": {"rules": [{"replies": [{"text": words(STREAM_TOKENS)}]}]},
        "paced": {"pace": pace, "rules": [{"replies": [{"text": words(paced_tokens)}]}]},
    }
    return {name: orjson.dumps(value).decode() for name, value in values.items()}  # JSON is YAML


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of request. With `different` every request has a number of its own in the user's message, so no two
    are the same; all requests and all responses have the same length either way.
    """

    stream: bool
    different: bool = False
    path: str = "/v1/chat/completions"

    def body(self) -> bytes:
        """The JSON body of a request, with its number zero."""
        question = f"What is the number {_NUMBER.decode()}?"
        messages = [{"role": "user", "content": question}]
        return orjson.dumps({"model": "gpt-4o", "stream": self.stream, "messages": messages})

    def halves(self) -> tuple[bytes, bytes]:
        """The bytes of a request before and after its number."""
        body = self.body()
        before, after = body.split(_NUMBER)
        return _HEAD % (self.path.encode(), len(body)) + before, after


@cache
def _plan(workload: Workload) -> Plan:
    """What mockllm answers, for the references to repeat."""
    library = Library(scenarios=[load_text(scenarios(1)["default"])])
    return Engine(library).handle(Call("POST", workload.path, body=workload.body())).plan


def chunks(workload: Workload) -> tuple[bytes, ...]:
    """The body of mockllm's answer, event by event."""
    return tuple(step.data for step in _plan(workload) if isinstance(step, Send))


def headers(workload: Workload) -> dict[str, str]:
    """The headers of mockllm's answer."""
    return dict(next(step.headers for step in _plan(workload) if isinstance(step, Head)))


def wire(workload: Workload) -> bytes:
    """All bytes of mockllm's answer, as they go over the wire."""
    whole = http1.whole(_plan(workload), _MOST_BYTES)
    assert whole is not None, "an answer without pace and faults goes out whole"
    return whole


def check(response: bytes, *, stream: bool) -> None:
    """Raise ValueError unless this is the whole answer, token by token."""
    events = _decoded(response)
    if not stream:
        said = orjson.loads(events[0])["choices"][0]["message"]["content"]
    elif events.pop() != b"data: [DONE]":
        raise ValueError("the stream has no end marker")
    else:
        deltas = [orjson.loads(event.removeprefix(b"data: "))["choices"][0]["delta"] for event in events]
        said = "".join(delta.get("content") or "" for delta in deltas)
    if said != "".join(words(STREAM_TOKENS)):
        raise ValueError(f"the answer says something else: {said[:200]!r}")


def _decoded(response: bytes) -> list[bytes]:
    """The events of a chunked response, or its plain body as the only one. Raises ValueError if it is not whole."""
    head, _, rest = response.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(f"not a success: {head[:80]!r}")
    if b"\r\ntransfer-encoding: chunked" not in head.lower():
        return [rest]
    body = b""
    length = -1
    while length:
        size, _, rest = rest.partition(b"\r\n")
        length = int(size, 16)
        if rest[length : length + 2] != b"\r\n":
            raise ValueError("a chunk does not end where its size says")
        body += rest[:length]
        rest = rest[length + 2 :]
    if rest or not body.endswith(b"\n\n"):
        raise ValueError("the body does not end after its last chunk")
    return body[:-2].split(b"\n\n")
