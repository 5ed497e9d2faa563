"""The same clients meet the same events on real TCP in real time and in virtual time.

What is compared is the order of events and every link of every chain of exceptions; times are the laws' business.
"""

import asyncio
import json
import socket

import aiohttp
import httpx
import pytest
import requests
from openai import AsyncOpenAI, OpenAI

from mockllm import MockLLM, virtual_time
from tests.net.virtual.conftest import MESSAGES

PACE = {"ttft": "10ms", "itl": "10ms"}
TEXT = list("abcdef")


def rule(model, **reply):
    return {"when": {"model": model}, "replies": [{"text": TEXT, "pace": PACE, **reply}]}


SCRIPT = {
    "name": "script",
    "rules": [
        rule("plain"),
        rule("slow", pace={"ttft": "3s"}),
        rule("stalled", faults=[{"stall": {"at": {"token": 3}, "for": "3s"}}]),
        rule("limited", attempts=[{"error": {"code": "rate_limit_exceeded", "retry_after": {"ms": 50}}}] * 2),
        rule("down", attempts=[{"error": {"status": 503}}]),
        rule("reset", faults=[{"reset": {"at": {"token": 3}}}]),
        rule("closed", faults=[{"close": {"at": {"token": 3}}}]),
        rule("reset-at-start", faults=[{"reset": {"at": "start"}}]),
        rule("closed-at-start", faults=[{"close": {"at": "start"}}]),
        rule("truncated", faults=[{"truncate": {"at": {"token": 3}}}]),
        rule("split", faults=[{"split": {"bytes": 7}}]),
    ],
}
MODELS = [entry["when"]["model"] for entry in SCRIPT["rules"]]


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


async def openai_streams(url, events):
    async with AsyncOpenAI(base_url=url, api_key="any", timeout=0.8, max_retries=2) as client:
        for model in MODELS:
            try:
                async for chunk in await client.chat.completions.create(model=model, messages=MESSAGES, stream=True):
                    events.append((model, chunk.choices[0].delta.content))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


async def httpx_bodies(url, events):
    async with httpx.AsyncClient(timeout=0.8) as client:
        for model in MODELS:
            try:
                answer = await client.post(f"{url}/chat/completions", json={"model": model, "messages": MESSAGES})
                events.append((model, answer.status_code, len(answer.content)))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


async def aiohttp_streams(url, events):
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(sock_read=0.8)) as session:
        for model in MODELS:
            call = {"model": model, "messages": MESSAGES, "stream": True}
            try:
                async with session.post(f"{url}/chat/completions", json=call) as answer:
                    async for line in answer.content:
                        events.append((model, len(line)))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


def openai_sync_streams(url, events):
    with OpenAI(base_url=url, api_key="any", timeout=0.8, max_retries=2) as client:
        for model in MODELS:
            try:
                for chunk in client.chat.completions.create(model=model, messages=MESSAGES, stream=True):
                    events.append((model, chunk.choices[0].delta.content))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


def requests_bodies(url, events):
    with requests.Session() as session:
        for model in MODELS:
            call = {"model": model, "messages": MESSAGES}
            try:
                answer = session.post(f"{url}/chat/completions", json=call, timeout=0.8)
                events.append((model, answer.status_code, len(answer.content)))
            except Exception as error:  # noqa: BLE001 - what it is, is what is compared
                events.append((model, chain(error)))


def run(client, url):
    events = []
    for place in (url, f"http://127.0.0.1:{free_port()}/v1"):
        found = client(place, events)
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
    [openai_streams, httpx_bodies, aiohttp_streams, openai_sync_streams, requests_bodies],
    ids=lambda client: client.__name__,
)
def test_a_client_meets_the_same_events_in_virtual_time(client):
    """Real waits of a few seconds in all; nothing depends on how long they really take, below 0.8 s."""
    with virtual_time(), MockLLM(SCRIPT) as mock:
        virtual, virtual_seen = run(client, mock.base_url), seen(mock)
    with MockLLM(SCRIPT) as mock:
        real, real_seen = run(client, mock.base_url), seen(mock)
    assert virtual == real
    assert virtual_seen == real_seen
    assert len({str(event) for event in real}) > len(MODELS)
