"""Everything that is kept, in long scripts of calls in random order through the official client, beside a model of it.

Two namespaces go on by turns in each script, and neither ever sees what the other has. Most scripts are played straight
into the engine, where time is what the test says; one goes over a real socket.
"""

import random
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import openai
import pytest

from mockllm.request import Call, Headers
from tests.calls import engine, head, sent
from tests.clients.state import files, responses, threads
from tests.clients.state.space import Space

SAYS = """
name: keeper
rules:
  - when: {user: slow}
    replies: [{text: [It, " takes", " long."], pace: {ttft: 10s, itl: 10s}}]
    then: loop
  - replies: [{text: "{{ request.messages | map(attribute='text') | join('|') }}"}]
    then: loop
"""
CALLS = 40
MAKE: Mapping[str, Callable[[Space], str]] = {
    "response": responses.respond,
    "conversation": responses.converse,
    "chat": files.chat,
    "file": files.upload,
    "upload": files.begin_upload,
    "batch": files.batch,
    "store": files.make_store,
    "assistant": threads.assist,
    "thread": threads.begin_thread,
}
READ: Mapping[str, Callable[[openai.OpenAI, str], Any]] = {
    "response": lambda client, key: client.responses.retrieve(key),
    "conversation": lambda client, key: client.conversations.retrieve(key),
    "chat": lambda client, key: client.chat.completions.retrieve(key),
    "file": lambda client, key: client.files.retrieve(key),
    "batch": lambda client, key: client.batches.retrieve(key),
    "store": lambda client, key: client.vector_stores.retrieve(key),
    "assistant": lambda client, key: client.beta.assistants.retrieve(key),
    "thread": lambda client, key: client.beta.threads.retrieve(key),
}
DELETE: Mapping[str, Callable[[openai.OpenAI, str], Any]] = {
    "response": lambda client, key: client.responses.delete(key),
    "conversation": lambda client, key: client.conversations.delete(key),
    "chat": lambda client, key: client.chat.completions.delete(key),
    "file": lambda client, key: client.files.delete(key),
    "store": lambda client, key: client.vector_stores.delete(key),
    "assistant": lambda client, key: client.beta.assistants.delete(key),
    "thread": lambda client, key: client.beta.threads.delete(key),
}


def delete(space: Space) -> None:
    """What is deleted is gone, and nothing else is."""
    kind = space.draw.choice(list(DELETE))
    key, _ = space.any(kind)
    DELETE[kind](space.client, key)
    del space.all(kind)[key]
    space.gone.append((kind, key))
    for other in list(space.all(kind))[:1]:
        assert READ[kind](space.client, other).id == other


def miss(space: Space) -> None:
    if space.gone:
        kind, key = space.draw.choice(space.gone)
        with pytest.raises(openai.NotFoundError):
            READ[kind](space.client, key)
        with pytest.raises(openai.NotFoundError):
            DELETE[kind](space.client, key)


OPERATIONS: tuple[Callable[[Space], object], ...] = (
    *MAKE.values(),
    responses.respond_in_a_conversation,
    responses.respond_in_the_background,
    responses.stream_in_the_background,
    responses.resume,
    responses.look_at_response,
    responses.cancel_response,
    responses.list_input,
    responses.add_to_conversation,
    responses.read_conversation,
    responses.take_from_conversation,
    files.list_chats,
    files.read_file,
    files.add_part,
    files.end_upload,
    files.poll_batch,
    files.poll_batch,
    files.cancel_batch,
    files.attach,
    files.detach,
    files.read_store,
    threads.rename_assistant,
    threads.say,
    threads.unsay,
    threads.read_thread,
    threads.begin_run,
    threads.end_run,
    threads.run_streamed,
    delete,
    delete,
    miss,
)


class Straight(httpx.BaseTransport):
    """The way into an engine without a socket; `at_us` is the time of the next call."""

    def __init__(self) -> None:
        self.engine = engine(SAYS)
        self.at_us = 0
        self.calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        headers = Headers(tuple(request.headers.multi_items()))
        path, _, query = request.url.raw_path.decode().partition("?")
        exchange = self.engine.handle(Call(request.method, path, query, headers, request.read(), self.at_us))
        return httpx.Response(exchange.status, headers=list(head(exchange).headers), content=sent(exchange))


def played(spaces: list[Space], draw: random.Random, tick: Callable[[], int]) -> None:
    """Operations in random order until each namespace had its calls; then neither has what the other has."""
    while tick() < 2 * CALLS:
        draw.choice(OPERATIONS)(draw.choice(spaces))
    for space, other in (spaces, spaces[::-1]):
        for kind in READ:
            for key in space.all(kind):
                assert READ[kind](space.client, key).id == key
                with pytest.raises(openai.NotFoundError):
                    READ[kind](other.client, key)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_scripts_in_random_order_come_to_what_the_model_says(seed):
    draw, straight = random.Random(seed), Straight()

    def tick() -> int:
        straight.at_us += draw.randrange(5_000_000)
        return straight.calls

    with httpx.Client(transport=straight) as http:
        clients = [
            openai.OpenAI(base_url=f"http://test/keeper@{run}/v1", api_key="sk-test", http_client=http, max_retries=0)
            for run in ("one", "two")
        ]
        played([Space(client, draw, MAKE) for client in clients], draw, tick)


@pytest.mark.mockllm(allow=["leftover", "idle"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_same_over_a_socket(mockllm):
    draw = random.Random(7)
    scenario = mockllm.load(SAYS)
    urls = [f"{scenario.base_url.removesuffix('/v1')}/keeper@{run}/v1" for run in ("one", "two")]
    clients = [openai.OpenAI(base_url=url, api_key="sk-test", max_retries=0) for url in urls]
    played([Space(client, draw, MAKE, can_wait=False) for client in clients], draw, lambda: len(mockllm.journal))
    for client in clients:
        client.close()


def test_every_operation_is_played_by_the_scripts_of_each_file():
    """None of the functions that the scripts are made of is forgotten in the table."""
    inner = {"heard", "message", "line", "answered"}
    named = {
        value
        for module in (responses, files, threads)
        for name, value in vars(module).items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and name not in inner
    }
    assert named <= set(OPERATIONS)
