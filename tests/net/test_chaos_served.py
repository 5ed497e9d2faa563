"""The same request has the same bytes and the same fate in any order and in any process: law 1, over sockets.

1,000 requests go to each of two servers, fifty at a time and each time in another order. The servers are processes of
their own whose hashes of texts differ, so that nothing may follow from the order of a set. Half of the requests meet a
plain scenario, half one with chaos; each is sent twice, and its second try comes after its first.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

REQUESTS = 500
AT_ONCE = 50
PATIENCE_S = 60

PLAIN = """
name: plain
pace: {ttft: {uniform: {min: 0, max: 4ms}}, itl: 100us}
rules:
  - when: {tools: get_weather}
    replies: [{auto: true}]
  - when: {turn: 1}
    replies: [{text: "Again: {{ user }} {{ fake.name() }}", faults: [{split: {bytes: 7}}]}]
  - replies: [{generate: 12}]
"""

ROUGH = """
name: rough
seed: 5
pace: {ttft: {uniform: {min: 0, max: 4ms}}, itl: 100us}
chaos:
  - {chance: 20%, faults: {reset: {at: {share: 50%}}}}
  - {chance: 10%, error: {code: rate_limit_exceeded, retry_after: 1s}}
  - {chance: 10%, faults: {corrupt: {frames: all, how: cut_json}}}
  - {chance: 50%, when: {stream: true}, faults: [{close: {at: headers}}]}
rules:
  - when: {stream: true}
    replies: [Streamed to the end.]
  - chaos: [{chance: 30%, faults: {status: 500}}]
    replies: [{generate: 12}]
"""


@dataclass(frozen=True)
class Received:
    """All bytes that a client got, and how the connection ended."""

    data: bytes
    ending: str

    @property
    def fate(self):
        if self.ending == "RST":
            return "reset"
        head, _, body = self.data.partition(b"\r\n\r\n")
        if b"\r\ntransfer-encoding: chunked" in head.lower() and not body.endswith(b"0\r\n\r\n"):
            return "closed"
        return head.split(b" ")[1].decode()


class Listener(asyncio.Protocol):
    """Sends one request and keeps all that comes, also what came before a reset."""

    def __init__(self, request, done):
        self.request, self.done, self.received = request, done, bytearray()

    def connection_made(self, transport):
        transport.write(self.request)

    def data_received(self, data):
        self.received += data

    def connection_lost(self, error):
        if not self.done.done():
            self.done.set_result(Received(bytes(self.received), "FIN" if error is None else "RST"))


def body(number):
    asked = {"model": "gpt-5.1", "messages": [{"role": "user", "content": f"Question {number}"}]}
    match number % 5:
        case 0 | 1:
            asked["stream"] = True
        case 2:
            asked["messages"] += [{"role": "assistant", "content": "Yes?"}, {"role": "user", "content": f"So {number}"}]
        case 3:
            schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
            asked["tools"] = [{"type": "function", "function": {"name": "get_weather", "parameters": schema}}]
    return json.dumps(asked).encode()


def written(number, host):
    name = ("plain", "rough")[number % 2]
    data = body(number // 2)
    lines = [
        f"POST /{name}/v1/chat/completions HTTP/1.1",
        f"host: {host}",
        "content-type: application/json",
        f"content-length: {len(data)}",
        "connection: close",
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + data


async def ask(url, request):
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    transport, _ = await loop.create_connection(lambda: Listener(request, done), url.hostname, url.port)
    try:
        return await asyncio.wait_for(done, PATIENCE_S)
    finally:
        transport.abort()


async def ask_all(url, order):
    """By number, what the two tries of each request received."""
    found, waiting = {}, iter(order)

    async def work():
        for number in waiting:
            request = written(number, url.netloc)
            found[number] = (await ask(url, request), await ask(url, request))

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found


@contextmanager
def serving(folder, hash_seed):
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "MOCKLLM_QUIET": "1", "MOCKLLM_RELOAD": "0"}
    command = [sys.executable, "-m", "mockllm", "serve", str(folder), "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        try:
            yield urlsplit(json.loads(server.stdout.readline())["url"])
        finally:
            server.kill()


def visit(folder, hash_seed, shuffle_seed):
    order = list(range(REQUESTS))
    random.Random(shuffle_seed).shuffle(order)
    with serving(folder, hash_seed) as url:
        return asyncio.run(ask_all(url, order))


@pytest.fixture(scope="module")
def visits(tmp_path_factory):
    """What came of the same requests in two processes."""
    folder = tmp_path_factory.mktemp("scenarios")
    for name, text in (("plain", PLAIN), ("rough", ROUGH)):
        (folder / f"{name}.yaml").write_text(text)
    return visit(folder, "1", 1), visit(folder, "2", 2)


def tries(found, name):
    """The tries of the requests that go to a scenario, in the order of the requests."""
    own = range(("plain", "rough").index(name), REQUESTS, 2)
    return [received for number in own for received in found[number]]


@pytest.mark.parametrize("name", ["plain", "rough"])
def test_every_try_gets_the_same_bytes_and_the_same_end(visits, name):
    one, other = visits
    assert sum(map(len, one.values())) == 2 * REQUESTS
    assert tries(one, name) == tries(other, name)


def test_a_plain_scenario_gives_both_tries_the_same_answer(visits):
    for found in visits:
        answers = tries(found, "plain")
        assert answers[::2] == answers[1::2]
        assert {received.fate for received in answers} == {"200"}
    assert len(set(answers)) == REQUESTS // 2


def test_chaos_gives_the_second_try_a_fate_of_its_own(visits):
    found = tries(visits[0], "rough")
    fates = [received.fate for received in found]
    assert {*fates} == {"200", "429", "500", "reset", "closed"}
    assert sum(one != other for one, other in zip(fates[::2], fates[1::2], strict=True)) > len(fates) // 8


# Of 500 tries 50 are refused on average, with a standard deviation of sqrt(500 * 0.1 * 0.9) = 6.7; the bounds are four
# of them away.
def test_shares_come_out_on_the_wire(visits):
    fates = Counter(received.fate for received in tries(visits[0], "rough"))
    assert 23 <= fates["429"] <= 77
