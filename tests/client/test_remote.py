"""A run on a server elsewhere, with the methods of `MockLLM`."""

import asyncio
import os

import pytest

from mockllm.client.base import Place
from mockllm.client.remote import RemoteMockLLM
from mockllm.control.base import ControlError
from mockllm.errors import MockLLMError, ScenarioError
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text

TWO = "rules: [{replies: [one, two]}]"
GATED = "rules: [{replies: [{text: a, faults: [{gate: {name: g, at: start}}]}]}]"


@pytest.fixture
def remote(elsewhere):
    with RemoteMockLLM(elsewhere.url, "mine", library=Library()) as it:
        yield it


def test_without_a_scenario_the_default_of_the_server_is_served(remote, ask):
    assert ask(remote.base_url) == "hi"
    remote.journal.assert_requests(1)
    assert remote.journal.last.namespace == "default@mine"


def test_a_scenario_is_this_runs_alone(elsewhere, remote, ask):
    with RemoteMockLLM(elsewhere.url, "other", TWO, library=Library()) as other:
        assert remote(GATED.replace("start", "end")) is remote
        assert (ask(other.base_url), ask(other.base_url, "again")) == ("one", "two")
        other.journal.assert_requests(2)
        remote.journal.assert_requests(0)


def test_a_run_begins_anew_and_leaves_nothing(elsewhere, ask):
    for _ in range(2):
        with RemoteMockLLM(elsewhere.url, "mine", TWO, library=Library()) as remote:
            assert ask(remote.base_url) == "one"
            remote.start()  # it runs already
    assert list(elsewhere.journal) == []
    remote.journal.assert_requests(1)  # it can still be read
    remote.wait_idle()
    remote.close()


def test_names_are_looked_up_here_and_then_there(elsewhere, remote, ask, tmp_path):
    (tmp_path / "mine.yaml").write_text(TWO)
    local = RemoteMockLLM(elsewhere.url, "local", library=Library.of_paths([tmp_path])).start()
    assert ask(local.load("mine").base_url) == "one"
    local.close()
    elsewhere.load(load_text("{name: theirs, rules: [{replies: [yo]}]}"))
    assert ask(remote.load("theirs").base_url) == "yo"
    with pytest.raises(ScenarioError, match="there is no scenario of this name"):
        remote.load("nobodys")
    with pytest.raises(ScenarioError, match="rules"):
        remote.load("rules: 1\n")


def test_a_refusal_is_not_taken_for_an_unknown_name(remote, monkeypatch):
    def refuse(*_):
        raise ControlError(503, "busy", "not now")

    monkeypatch.setattr(remote._client, "call", refuse)
    with pytest.raises(ControlError, match="not now"):
        remote.load("theirs")
    with pytest.raises(ControlError, match="not now"):
        remote._serve_default()
    monkeypatch.undo()


def test_a_server_without_a_default_serves_what_is_loaded(elsewhere, ask):
    elsewhere._engine.library = Library()
    with RemoteMockLLM(elsewhere.url, "mine", library=Library()) as remote:
        assert ask(remote.load(TWO).base_url) == "one"


def test_gates_events_and_quiet(remote, ask):
    remote.load(GATED)

    async def both():
        asked = asyncio.ensure_future(asyncio.to_thread(ask, remote.base_url))
        (waiting,) = await remote.wait_for_async("gate", gate="g")
        assert waiting.gate == "g"
        with pytest.raises(TimeoutError, match="after 0 s these exchanges are still open:\n#1 POST"):
            remote.wait_idle(0)
        remote.open("g")
        return await asked

    assert asyncio.run(both()) == "a"
    (ended,) = remote.wait_for("ended", when={"last": "hello"})
    assert ended.number == remote.journal.last.number
    remote.wait_idle()
    remote.close_gate("g")
    with pytest.raises(TimeoutError, match="waited 0 s for 1 exchange whose client left"):
        remote.wait_for("left", timeout_s=0)


def test_the_strict_checks(remote, ask):
    remote.load(TWO)
    (idle,) = remote.problems(allow=["leftover"])
    assert idle.startswith("idle: no request arrived: give the client base_url")
    ask(remote.base_url)
    (problem,) = remote.problems()
    assert problem.startswith("leftover: of the 2 replies that rules[0] of 'default@mine' has, 1 went out.")
    assert remote.problems(allow=["leftover"]) == ()


def test_what_is_open_is_a_problem_and_not_waited_for_too_long(remote, ask):
    remote.load(GATED)

    async def both():
        asked = asyncio.ensure_future(asyncio.to_thread(ask, remote.base_url))
        await remote.wait_for_async("gate")
        found = remote.problems()
        remote.open("g")
        await asked
        return found

    assert any("waits at the gate 'g', which nobody opened" in problem for problem in asyncio.run(both()))


def test_resetting_begins_anew(remote, ask):
    remote.load(TWO)
    assert ask(remote.base_url) == "one"
    remote.reset()
    remote.journal.assert_requests(0)
    assert ask(remote.base_url) == "one"


def test_the_environment_leads_to_the_run_until_the_end(elsewhere, monkeypatch, ask):
    monkeypatch.setenv("OPENAI_BASE_URL", "before")
    with RemoteMockLLM(Place.of(elsewhere.url), "mine", library=Library()) as remote:
        remote.env()
        assert os.environ["OPENAI_BASE_URL"] == remote.base_url
        assert ask(f"{elsewhere.url}/v1", key=os.environ["OPENAI_API_KEY"]) == "hi"
        remote.journal.assert_requests(1)
        assert remote.url == elsewhere.url
    assert os.environ["OPENAI_BASE_URL"] == "before"


async def test_it_is_an_async_context_manager_too(elsewhere):
    async with RemoteMockLLM(elsewhere.url, "mine", TWO, library=Library()) as remote:
        assert remote.base_url.endswith("/@mine/v1")
    assert list(elsewhere.journal) == []


def test_a_server_that_is_not_there_is_told():
    with pytest.raises(MockLLMError, match="which does not answer"):
        RemoteMockLLM("http://127.0.0.1:9", "mine", library=Library()).start()


def test_names_come_from_the_gallery_unless_somebody_says_otherwise(elsewhere, ask):
    with RemoteMockLLM(elsewhere.url, "mine", "hello") as remote:
        assert ask(remote.base_url).startswith("Hello")
