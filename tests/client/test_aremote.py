"""A run on a server elsewhere, with coroutines."""

import asyncio
import os

import pytest

from mockllm.client.aremote import AsyncRemoteMockLLM
from mockllm.control.base import ControlError
from mockllm.errors import ScenarioError
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text

TWO = "rules: [{replies: [one, two]}]"
GATED = "rules: [{replies: [{text: a, faults: [{gate: {name: g, at: start}}]}]}]"


@pytest.fixture
async def remote(elsewhere):
    async with AsyncRemoteMockLLM(elsewhere.url, "mine", library=Library()) as it:
        yield it


@pytest.fixture
def asking(ask):
    return lambda *args, **kwargs: asyncio.to_thread(ask, *args, **kwargs)


async def test_a_run_from_its_beginning_to_its_end(elsewhere, remote, asking):
    assert remote.url == elsewhere.url
    assert await asking(remote.base_url) == "hi"
    await remote.load(TWO)
    assert await asking(remote.base_url) == "one"
    (await remote.journal()).assert_outcomes("complete", "complete")
    (problem,) = await remote.problems()
    assert problem.startswith("leftover: of the 2 replies")
    await remote.reset()
    (await remote.journal()).assert_requests(0)
    assert await asking(remote.base_url) == "one"
    await remote.close()
    assert list(elsewhere.journal) == []


async def test_gates_events_and_quiet(remote, asking):
    await remote.load(GATED)
    asked = asyncio.ensure_future(asking(remote.base_url))
    (waiting,) = await remote.wait_for("gate", gate="g")
    assert waiting.gate == "g"
    with pytest.raises(TimeoutError, match="after 0 s these exchanges are still open"):
        await remote.wait_idle(0)
    await remote.open("g", once=True)
    assert await asked == "a"
    await remote.wait_idle()
    await remote.close_gate("g")
    assert len(await remote.wait_for("ended")) == 1


async def test_names_are_looked_up_here_and_then_there(elsewhere, remote, asking):
    elsewhere.load(load_text("{name: theirs, rules: [{replies: [yo]}]}"))
    await remote.load("theirs")
    assert await asking(remote.base_url) == "yo"
    with pytest.raises(ScenarioError, match="there is no scenario of this name"):
        await remote.load("nobodys")
    with pytest.raises(ScenarioError, match="rules"):
        await remote.load("rules: 1\n")


async def test_a_refusal_is_not_taken_for_an_unknown_name(remote, monkeypatch):
    async def refuse(*_):
        raise ControlError(503, "busy", "not now")

    monkeypatch.setattr(remote._client, "call", refuse)
    with pytest.raises(ControlError, match="not now"):
        await remote.load("theirs")
    monkeypatch.undo()


async def test_a_run_may_begin_with_a_scenario(elsewhere, asking):
    async with AsyncRemoteMockLLM(elsewhere.url, "two", TWO, library=Library()) as remote:
        assert await asking(remote.base_url) == "one"


async def test_a_server_without_a_default_serves_what_is_loaded(elsewhere, asking):
    elsewhere._engine.library = Library()
    async with AsyncRemoteMockLLM(elsewhere.url, "mine", library=Library()) as remote:
        await remote.load(TWO)
        assert await asking(remote.base_url) == "one"


async def test_another_refusal_at_the_start_is_raised(elsewhere, monkeypatch):
    remote = AsyncRemoteMockLLM(elsewhere.url, "a b", library=Library())
    with pytest.raises(ControlError, match="is no name of a namespace"):
        await remote.start()
    calls = iter([None, ControlError(409, "fixed_clock", "another clock"), ControlError(503, "busy", "not now")])

    async def second_refused(*_):
        if isinstance(error := next(calls), ControlError):
            raise error

    monkeypatch.setattr(remote._client, "call", second_refused)
    with pytest.raises(ControlError, match="not now"):
        await remote.start()


async def test_the_environment_leads_to_the_run_until_the_end(elsewhere, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "before")
    async with AsyncRemoteMockLLM(elsewhere.url, "mine") as remote:
        remote.env()
        assert os.environ["OPENAI_BASE_URL"] == remote.base_url
    assert os.environ["OPENAI_BASE_URL"] == "before"


async def test_what_is_open_is_a_problem(remote, asking):
    await remote.load(GATED)
    asked = asyncio.ensure_future(asking(remote.base_url))
    await remote.wait_for("gate")
    assert any("waits at the gate 'g', which nobody opened" in problem for problem in await remote.problems())
    await remote.open("g")
    await asked
