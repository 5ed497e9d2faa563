"""What the tests of real clients share: the official Python client, sync and async, and scenarios in one line."""

import inspect

import pytest
from openai import AsyncOpenAI, OpenAI

KEY = "sk-test-0123456789"


class Asker:
    """The official client behind coroutines, so that one test asks with the sync and with the async client.

    `body` is what every request has; each method adds to it what the test gives.
    """

    def __init__(self, client):
        self.client = client
        self.body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "How is the weather?"}]}

    @property
    def completions(self):
        return self.client.chat.completions

    def using(self, **options):
        return Asker(self.client.with_options(**options))

    async def done(self, result):
        return await result if inspect.isawaitable(result) else result

    async def items(self, source, into=None):
        """All items of a sync or async iterable; in `into` they stay even if it fails."""
        into = [] if into is None else into
        if hasattr(source, "__aiter__"):
            async for item in source:
                into.append(item)
        else:
            for item in source:
                into.append(item)
        return into

    async def create(self, **body):
        return await self.done(self.completions.create(**{**self.body, **body}))

    async def parse(self, **body):
        return await self.done(self.completions.parse(**{**self.body, **body}))

    async def chunks(self, into=None, **body):
        """All chunks of a stream; in `into` they stay even if the stream fails."""
        stream = await self.create(stream=True, **body)
        try:
            return await self.items(stream, into)
        finally:
            await self.done(stream.close())

    async def helper(self, **body):
        """The events of the `.stream()` helper and the completion that it ends with."""
        manager = self.completions.stream(**{**self.body, **body})
        if isinstance(self.client, AsyncOpenAI):
            async with manager as stream:
                return await self.items(stream), await stream.get_final_completion()
        with manager as stream:
            return await self.items(stream), stream.get_final_completion()


@pytest.fixture(params=[OpenAI, AsyncOpenAI], ids=["sync", "async"])
async def ask(request, mockllm):
    """A client that found the server by the environment and does not retry."""
    mockllm.env()
    client = request.param(api_key=KEY, max_retries=0)
    asker = Asker(client)
    yield asker
    await asker.done(client.close())


@pytest.fixture
def reply(mockllm):
    """Load a scenario that answers every request with one reply."""

    def load(**reply):
        return mockllm.load({"rules": [{"replies": [reply]}]})

    return load
