"""The same clients meet the same events on real TCP in real time and in virtual time.

What is compared is the order of events and every link of every chain of exceptions; times are the laws' business.
"""

import asyncio
import json
import socket
import time
from dataclasses import dataclass

import aiohttp
import httpx
import pytest
import requests
from openai import AsyncOpenAI, OpenAI

from mockllm import MockLLM, virtual_time
from tests.net.virtual.conftest import MESSAGES

PACE = {"ttft": "10ms", "itl": "10ms"}
TEXT = list("abcdef")
APART = {"ttft": "1s", "itl": "10ms"}
"""Long after the head: a client that gets both at once is another case, and which of them it meets is chance."""


def rule(model, **reply):
    return {"when": {"model": model}, "replies": [{"text": TEXT, "pace": PACE, **reply}]}


HEARTBEATS = [{"stall": {"at": {"token": 3}, "for": "900ms"}}, {"heartbeat": {"every": "300ms"}}]
SCRIPT = {
    "name": "script",
    "rules": [
        rule("plain"),
        rule("slow", pace={"ttft": "60s"}),
        rule("stalled", faults=[{"stall": {"at": {"token": 3}, "for": "60s"}}]),
        rule("heartbeats", faults=HEARTBEATS),
        rule("limited", attempts=[{"error": {"code": "rate_limit_exceeded", "retry_after": {"ms": 50}}}] * 2),
        rule("down", attempts=[{"error": {"status": 503}}]),
        rule("reset", faults=[{"reset": {"at": {"token": 3}}}]),
        rule("closed", faults=[{"close": {"at": {"token": 3}}}]),
        rule("reset-at-start", faults=[{"reset": {"at": "start"}}]),
        rule("closed-at-start", faults=[{"close": {"at": "start"}}]),
        rule("truncated", faults=[{"truncate": {"at": {"token": 3}}}]),
        rule("split", faults=[{"split": {"bytes": 7}}]),
        rule("hanging", faults=[{"hang": {}}]),
        rule("hanging-up", faults=[{"hang": {"for": "100ms"}}]),
        rule("slow-head", faults=[{"slow_headers": {"bytes": 20, "every": "20ms"}}]),
        rule("too-slow-head", faults=[{"slow_headers": {"bytes": 4, "every": "60s"}}]),
        rule("left-open", faults=[{"keep_open": {}}]),
        rule("closing", faults=[{"close_idle": {}}]),
        rule("dripping", faults=[{"drip": {"bytes": 100, "every": "5ms"}}]),
        rule("redirected", faults=[{"redirect": "/hello/v1/chat/completions"}]),
        rule("redirected-away", faults=[{"redirect": "http://127.0.0.1:1/v1/chat/completions"}]),
        rule("gzip", faults=[{"gzip": {}}]),
        rule("gzip-garbled", faults=[{"gzip": {}}, {"garble": {"at": {"byte": 1}, "bytes": 2}}]),
        rule("br", faults=[{"br": {}}]),
        rule("garbled", faults=[{"garble": {"at": {"byte": 1}, "bytes": 2}}]),
        rule("garbage", faults=[{"garbage": {"at": "start", "text": "no HTTP\r\n"}}]),
        rule("garbage-between", pace=APART, faults=[{"garbage": {"at": {"frame": 0}, "text": "oops!!"}}]),
        rule("bad-chunk", pace=APART, faults=[{"bad_chunk_size": {"at": {"frame": 0}}}]),
        rule("too-short", faults=[{"content_length": {"by": 5}}]),
        rule("too-long", faults=[{"content_length": {"by": -1}}]),
        rule("interim", faults=[{"interim": {"status": 103, "headers": {"link": "</a>"}, "times": 2}}]),
        rule("http-1.0", faults=[{"http_1_0": {}}]),
        rule("error-event", faults=[{"error_event": {"at": {"token": 3}, "error": "server_error"}}]),
    ],
}
MODELS = [entry["when"]["model"] for entry in SCRIPT["rules"]]
RETRIES = {"limited": 2}
PATIENCE_S = dict.fromkeys(("slow", "stalled", "hanging", "too-slow-head", "left-open"), 1.5)
"""How long a client waits for what does not come; all else may take its time on a busy machine."""

LONG_S = 30
PAUSE_S = 0.05
"""Before each call: whether surplus bytes and closes are there when a connection is used again is chance otherwise."""

UNKNOWN = "http://nobody.invalid/v1"


def chain(error):
    """The types of an exception and of all that it was raised from or during."""
    names = []
    while error is not None:
        names.append(f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return names


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def patient(client, model):
    return client.with_options(max_retries=RETRIES.get(model, 1), timeout=PATIENCE_S.get(model, LONG_S))


async def openai_streams(visit, events):
    async with AsyncOpenAI(base_url=visit.url, api_key="any") as client:
        for model in visit.models:
            await asyncio.sleep(PAUSE_S)
            call = patient(client, model).chat.completions.create
            try:
                async for chunk in await call(model=model, messages=MESSAGES, stream=True):
                    events.append((model, chunk.choices[0].delta.content))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


async def httpx_bodies(visit, events):
    async with httpx.AsyncClient() as client:
        for model in visit.models:
            await asyncio.sleep(PAUSE_S)
            try:
                call = {"model": model, "messages": MESSAGES}
                answer = await client.post(visit.to, json=call, timeout=PATIENCE_S.get(model, LONG_S))
                events.append((model, answer.status_code, len(answer.content)))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


async def aiohttp_streams(visit, events):
    async with aiohttp.ClientSession() as session:
        for model in visit.models:
            await asyncio.sleep(PAUSE_S)
            call = {"model": model, "messages": MESSAGES, "stream": True}
            try:
                # What is no chunk lets it wait without an end: it reads no more, and has no read timeout then.
                total_s = 4 if model in {"garbage-between", "bad-chunk"} else None
                timeout = aiohttp.ClientTimeout(total=total_s, sock_read=PATIENCE_S.get(model, LONG_S))
                async with session.post(visit.to, json=call, timeout=timeout) as answer:
                    async for line in answer.content:
                        events.append((model, len(line)))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


def openai_sync_streams(visit, events):
    with OpenAI(base_url=visit.url, api_key="any") as client:
        for model in visit.models:
            time.sleep(PAUSE_S)
            call = patient(client, model).chat.completions.create
            try:
                for chunk in call(model=model, messages=MESSAGES, stream=True):
                    events.append((model, chunk.choices[0].delta.content))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


def httpx_sync_streams(visit, events):
    with httpx.Client() as client:
        for model in visit.models:
            time.sleep(PAUSE_S)
            call = {"model": model, "messages": MESSAGES, "stream": True}
            try:
                with client.stream("POST", visit.to, json=call, timeout=PATIENCE_S.get(model, LONG_S)) as answer:
                    events.append((model, answer.status_code))
                    for line in answer.iter_lines():
                        events.append((model, len(line)))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


def requests_bodies(visit, events):
    with requests.Session() as session:
        for model in visit.models:
            time.sleep(PAUSE_S)
            call = {"model": model, "messages": MESSAGES}
            try:
                answer = session.post(visit.to, json=call, timeout=PATIENCE_S.get(model, LONG_S))
                events.append((model, answer.status_code, len(answer.content)))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


@dataclass(frozen=True)
class Visit:
    """Where a client goes, and what it asks for there."""

    url: str
    models: list[str]

    @property
    def to(self):
        return f"{self.url}/chat/completions"


def run(client, url):
    events = []
    refused = f"http://127.0.0.1:{free_port()}/v1"
    for visit in (Visit(url, MODELS), Visit(refused, ["plain"]), Visit(UNKNOWN, ["plain"])):
        found = client(visit, events)
        if asyncio.iscoroutine(found):
            asyncio.run(found)
    return events


def seen(mock):
    """What the server saw: which request came on a connection that was used before, and how it ended.

    Whether a client that leaves at the end marker leaves before the last seven bytes is chance on real TCP.
    """
    return [
        (exchange.call.reused, exchange.outcome.ending.name)
        for exchange in mock.journal
        if json.loads(exchange.call.body)["model"] != "split"
    ]


@pytest.mark.wall_clock
@pytest.mark.parametrize(
    "client",
    [openai_streams, httpx_bodies, aiohttp_streams, openai_sync_streams, httpx_sync_streams, requests_bodies],
    ids=lambda client: client.__name__,
)
def test_a_client_meets_the_same_events_in_virtual_time(client):
    """Real waits of a few seconds for each; nothing depends on how long they really take, below 1.5 s where a client
    gives up and 30 s elsewhere.
    """
    with virtual_time(), MockLLM(SCRIPT) as mock:
        virtual, virtual_seen = run(client, mock.base_url), seen(mock)
    with MockLLM(SCRIPT) as mock:
        real, real_seen = run(client, mock.base_url), seen(mock)
    assert virtual == real
    assert virtual_seen == real_seen
    assert len({str(event) for event in real}) > len(MODELS)
