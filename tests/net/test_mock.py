"""The whole server behind its one object, asked by real clients on real sockets."""

import asyncio
import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import openai
import pytest

from mockllm.errors import MockLLMError, ScenarioError
from mockllm.net.mock import ANY_KEY, MockLLM
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.match import When
from mockllm.scenario.reply import ContentReply

HI = "name: hi\nrules:\n  - replies: [Hello there]\n"
SCRIPT = "name: script\nrules:\n  - replies: [one, two, three]\n"
ENDLESS = "name: endless\nrules:\n  - replies: [{text: one two three, faults: [{stall: {at: {token: 2}}}]}]\n"
BODY = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


def ask(base_url: str, **more: object) -> httpx.Response:
    return httpx.post(f"{base_url}/chat/completions", json={**BODY, **more}, trust_env=False)


def said(base_url: str, **more: object) -> str:
    return ask(base_url, **more).json()["choices"][0]["message"]["content"]


@contextlib.contextmanager
def open_request(llm: MockLLM) -> Iterator[None]:
    """A client that has sent a request which the server has seen, that reads nothing, and that hangs up at the end."""
    address = urlsplit(llm.url)
    body = json.dumps({**BODY, "stream": True}).encode()
    lines = ("POST /v1/chat/completions HTTP/1.1", "host: x", "content-type: application/json")
    head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""])
    before = len(llm.journal)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(head.encode() + body)
        while len(llm.journal) == before:
            pass
        yield


def test_a_block_serves_a_scenario_from_its_start_to_its_end():
    with MockLLM(HI) as llm:
        assert llm.base_url == f"{llm.url}/v1"
        assert said(llm.base_url) == "Hello there"
        url = llm.base_url
    with pytest.raises(httpx.ConnectError):
        ask(url)


async def test_an_async_block_does_the_same():
    async with MockLLM(HI) as llm, openai.AsyncOpenAI(base_url=llm.base_url, api_key="any") as client:
        answer = await client.chat.completions.create(**BODY)
        assert answer.choices[0].message.content == "Hello there"
        llm.journal.assert_outcomes("complete")
        url = llm.base_url
    with pytest.raises(httpx.ConnectError):
        ask(url)


def test_starting_and_closing_twice_do_nothing_more():
    llm = MockLLM(HI)
    assert llm.start() is llm
    url = llm.url
    assert llm.start().url == url
    llm.close()
    llm.close()


def test_what_was_closed_can_be_started_again_and_keeps_its_journal():
    llm = MockLLM(HI)
    for _ in range(2):
        with llm:
            ask(llm.base_url)
    llm.journal.assert_requests(2)


@pytest.mark.parametrize("attribute", ["url", "base_url", "env"])
def test_there_is_no_url_while_it_does_not_run(attribute):
    llm = MockLLM(HI)
    for _ in range(2):
        with pytest.raises(MockLLMError, match=r"it does not run: call start\(\), or use it as a context manager"):
            _ = getattr(llm, attribute)()
        llm.start().close()


def test_a_port_can_be_chosen_and_one_that_is_taken_is_an_error():
    with MockLLM(HI) as llm:
        port = urlsplit(llm.url).port
        with pytest.raises(MockLLMError, match=f"127.0.0.1:{port}"), MockLLM(HI, port=port):
            pass
    with MockLLM(HI, port=port) as again:
        assert urlsplit(again.url).port == port


def test_a_body_over_the_limit_is_refused():
    with MockLLM(HI, max_body=10) as llm:
        assert ask(llm.base_url).status_code == 413


def test_without_a_scenario_the_gallery_is_served_by_name():
    with MockLLM() as llm:
        assert said(llm.base_url).startswith("Hello")
        assert ask(f"{llm.url}/hello/v1").status_code == 200
        assert llm.problems() == ()


def test_a_library_of_values_is_served_and_left_as_it_was():
    scenario = Scenario.model_validate({"name": "value", "rules": [{"replies": ["a value"]}]})
    library = Library(scenarios=[scenario])
    with MockLLM(library=library) as llm:
        assert said(llm.base_url) == "a value"
        llm.load(HI)
    assert library.names() == ("value",)


def test_names_are_looked_up_in_the_library_that_is_given(tmp_path: Path):
    (tmp_path / "mine.yaml").write_text("rules:\n  - replies: [my own]\n")
    library = Library.of_paths([tmp_path])
    with MockLLM("mine", library=library) as llm:
        assert said(llm.base_url) == "my own"
        assert said(f"{llm.url}/mine/v1") == "my own"
        with pytest.raises(ScenarioError, match="there is no scenario of this name: known: mine;"):
            llm.load("hello")


@pytest.mark.parametrize("running", [False, True])
def test_loading_replaces_the_default_scenario_and_returns_the_mock(running):
    llm = MockLLM(HI)
    if running:
        llm.start()
    assert llm.load("name: other\nrules:\n  - replies: [Other]\n") is llm
    with llm:
        assert said(llm.base_url) == "Other"
        assert said(f"{llm.url}/hi/v1") == "Hello there"


def test_calling_it_is_loading():
    with MockLLM() as llm:
        assert said(llm(HI).base_url) == "Hello there"


def test_loading_the_same_scenario_again_begins_it_anew():
    scenario = Scenario.model_validate({"name": "two", "rules": [{"replies": ["one", "two"]}]})
    with MockLLM(scenario) as llm:
        assert said(llm.base_url) == "one"
        llm.load(scenario)
        assert said(llm.base_url, n=1) == "one"


def test_a_wrong_scenario_leaves_the_loaded_one_in_place():
    with MockLLM(HI) as llm:
        with pytest.raises(ScenarioError, match="unknown key 'rulse'"):
            llm.load({"rulse": []})
        assert said(llm.base_url) == "Hello there"


def test_a_scenario_can_be_made_of_classes_and_functions():
    scenario = Scenario(
        name="made",
        rules=(
            Rule(when=When(model="gpt-4o"), replies=(ContentReply(text="from a class"),)),
            Rule(replies=[lambda request: f"hi {request.model}"]),
        ),
    )
    with MockLLM(scenario) as llm:
        assert said(llm.base_url) == "from a class"
        assert said(llm.base_url, model="gpt-5.1") == "hi gpt-5.1"


def test_a_function_may_return_any_form_of_a_reply():
    replies = [lambda request: {"error": "server_error"}, lambda request: ContentReply(text="fine")]
    with MockLLM({"rules": [{"replies": replies}]}) as llm:
        assert ask(llm.base_url).status_code == 500
        assert said(llm.base_url) == "fine"


def test_a_function_that_raises_is_a_problem_and_a_500():
    with MockLLM({"rules": [{"replies": [lambda request: {}["city"]]}]}) as llm:
        assert ask(llm.base_url).status_code == 500
        [problem] = llm.problems()
    assert problem.startswith("failed: ")
    assert "KeyError: 'city'" in problem


def test_a_function_may_read_what_the_journal_has_of_earlier_requests():
    with MockLLM() as llm:
        llm.load({"rules": [{"replies": [lambda request: f"after {len(llm.journal)}"]}]})
        assert [said(llm.base_url) for _ in range(2)] == ["after 0", "after 1"]


def test_an_answer_that_was_read_to_its_end_is_complete():
    with MockLLM(HI) as llm, httpx.Client(trust_env=False) as client:
        for count in range(1, 21):
            client.post(f"{llm.base_url}/chat/completions", json={**BODY, "stream": True})
            llm.journal.assert_outcomes(*["complete"] * count)


def test_a_client_that_hung_up_has_left():
    with MockLLM(ENDLESS) as llm:
        for count in range(1, 21):
            with open_request(llm):
                pass
            llm.journal.assert_outcomes(*["client left"] * count)
        assert llm.journal.last.request.stream


def test_a_scripted_reset_is_found_when_the_client_has_met_it():
    with MockLLM("rules:\n  - replies: [{text: one two, faults: [{reset: {at: {token: 1}}}]}]\n") as llm:
        for count in range(1, 21):
            with pytest.raises(httpx.TransportError):
                ask(llm.base_url, stream=True)
            llm.journal.assert_outcomes(*["cut as scripted"] * count)


def test_the_journal_can_be_read_after_the_end():
    with MockLLM(ENDLESS) as llm, open_request(llm):
        llm.close()
        llm.journal.assert_outcomes("server stopped")
        [problem] = llm.problems()
    assert "was still being answered when the server stopped" in problem


def test_waiting_for_idle_returns_when_all_is_answered():
    with MockLLM("rules:\n  - replies: [{text: hi, pace: {ttft: 30ms}}]\n") as llm, open_request(llm):
        llm.wait_idle()
        llm.journal.assert_outcomes("complete")
    llm.wait_idle()


def test_waiting_in_vain_says_for_what():
    with MockLLM(ENDLESS) as llm, open_request(llm), pytest.raises(TimeoutError) as failure:
        llm.wait_idle(timeout_s=0.01)
    assert str(failure.value).startswith("after 0.01 s these exchanges are still open:\n#  request")
    assert "POST /v1/chat/completions" in str(failure.value)


def test_what_is_open_for_long_is_a_problem_and_what_is_about_to_end_is_none():
    with MockLLM("rules:\n  - replies: [{text: hi, pace: {ttft: 30ms}}]\n") as llm:
        with open_request(llm):
            assert llm.problems() == ()
        llm.load(ENDLESS)
        with open_request(llm):
            [problem] = llm.problems()
    assert "#2 POST /v1/chat/completions, rules[0], try 1, status 200 is still being answered" in problem


def test_problems_are_found_in_all_that_was_served():
    with MockLLM(SCRIPT) as llm:
        ask(llm.base_url)
        llm.load(HI)
        ask(llm.base_url)
        ask(f"{llm.url}/script@run/v1")
        problems = llm.problems()
    assert [problem.split(",")[0] for problem in problems] == [
        "leftover: of the 3 replies that rules[0] of 'script' has",
        "leftover: of the 3 replies that rules[0] of 'script@run' has",
    ]


def test_a_scenario_that_was_replaced_by_one_of_its_name_is_still_checked_once():
    with MockLLM("rules:\n  - replies: [one, two, three]\n") as llm:
        ask(llm.base_url)
        llm.load("rules:\n  - replies: [one, two]\n")
        llm.load("rules:\n  - replies: [only]\n")
        # Nobody has asked yet, so the state of the first one is still there beside the note of it.
        assert len(llm.problems()) == 1
        ask(llm.base_url)
        [problem] = llm.problems()
    assert problem.startswith("leftover: of the 3 replies that rules[0] of 'scenario' has, 1 went out.")


def test_a_scenario_that_was_replaced_before_anybody_asked_is_no_problem():
    with MockLLM(SCRIPT) as llm:
        llm.load(HI)
        ask(llm.base_url)
        assert llm.problems() == ()


def test_a_loaded_scenario_that_nobody_asked_is_a_problem():
    with MockLLM(HI) as llm:
        ask(f"{llm.url}/hello/v1")
        [problem] = llm.problems()
    assert problem.startswith(
        "idle: no request arrived for the scenario 'hi', which was loaded; what came went to hello."
    )


def test_problems_can_be_allowed():
    with MockLLM(HI) as llm:
        assert len(llm.problems()) == 1
        assert llm.problems(allow=["idle"]) == ()


def test_resetting_forgets_requests_and_state_but_not_the_scenario():
    with MockLLM(SCRIPT) as llm:
        ask(llm.base_url)
        llm.load(SCRIPT)
        ask(llm.base_url)
        llm.reset()
        llm.journal.assert_requests(0)
        assert [problem.split(":")[0] for problem in llm.problems()] == ["idle"]
        assert said(llm.base_url) == "one"


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing about OpenAI and names a proxy."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "OPENAI_API_BASE", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:9")


def test_the_environment_leads_clients_here_until_the_end(clean):
    with MockLLM(HI) as llm:
        llm.env()
        assert os.environ["OPENAI_BASE_URL"] == llm.base_url
        assert os.environ["OPENAI_API_KEY"] == ANY_KEY
        with openai.OpenAI() as client:
            assert client.chat.completions.create(**BODY).choices[0].message.content == "Hello there"
    assert "OPENAI_BASE_URL" not in os.environ
    assert os.environ["HTTP_PROXY"] == "http://192.0.2.1:9"


def test_the_environment_can_be_changed_for_a_block(clean):
    with MockLLM(HI) as llm:
        with llm.env():
            assert os.environ["OPENAI_BASE_URL"] == llm.base_url
        assert "OPENAI_BASE_URL" not in os.environ
        os.environ["OPENAI_BASE_URL"] = "set in between"
    assert os.environ.pop("OPENAI_BASE_URL") == "set in between"


def test_environments_are_undone_in_reverse_order(clean):
    with MockLLM(HI) as llm:
        llm.env()
        llm.load("name: locked\nauth: {keys: [sk-one, sk-two]}\nrules: []\n")
        llm.env()
        assert os.environ["OPENAI_API_KEY"] == "sk-one"
    assert "OPENAI_API_KEY" not in os.environ


def test_the_environment_can_be_changed_through_somebody_else(clean):
    with pytest.MonkeyPatch.context() as patch, MockLLM(HI, environ=patch) as llm:
        llm.env()
        patch.setenv("OPENAI_API_KEY", "the test's own")
    assert "OPENAI_API_KEY" not in os.environ


def test_a_client_that_was_built_before_the_environment_is_told_so(clean):
    with MockLLM(HI) as llm:
        llm.env()
        [problem] = llm.problems()
    assert "was the client built before env() was called?" in problem


def test_several_threads_may_ask_and_load_at_once():
    def work(number: int) -> None:
        llm.load({"name": f"own{number}", "rules": [{"replies": [f"answer {number}"]}]})
        answers[number] = said(f"{llm.url}/own{number}/v1")

    answers: dict[int, str] = {}
    with MockLLM() as llm:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        llm.journal.assert_outcomes(*["complete"] * 8)
    assert answers == {number: f"answer {number}" for number in range(8)}


GATED = "name: gated\nrules:\n  - replies: [{text: one two, faults: [{gate: {name: mid, at: {token: 1}}}]}]\n"


def asking(llm: MockLLM, base_url: str, answers: list[str]) -> threading.Thread:
    """A client that asks in a thread of its own and keeps what it gets."""
    thread = threading.Thread(target=lambda: answers.append(ask(base_url, stream=True).text))
    thread.start()
    return thread


def test_a_gate_holds_an_answer_until_it_is_opened():
    answers: list[str] = []
    with MockLLM(GATED) as llm:
        client = asking(llm, llm.base_url, answers)
        [waiting] = llm.wait_for("gate", gate="mid", timeout_s=20)
        assert waiting.gate == "mid"
        assert answers == []
        llm.open("mid")
        client.join()
        [ended] = llm.wait_for("ended", timeout_s=20)
        assert llm.problems() == ()
    assert ended.gates[0].passed_us >= ended.gates[0].reached_us
    assert ended.outcome.at_us >= ended.gates[0].passed_us
    assert answers[0].endswith("data: [DONE]\n\n")


def test_a_gate_that_is_open_already_lets_everybody_through_until_it_is_closed():
    answers: list[str] = []
    with MockLLM(GATED) as llm:
        llm.open("mid")
        for _ in range(2):
            assert ask(llm.base_url).status_code == 200
        llm.close_gate("mid")
        client = asking(llm, llm.base_url, answers)
        llm.wait_for("gate", gate="mid", since=2, timeout_s=20)
        llm.open("mid", once=True)
        client.join()
        client = asking(llm, llm.base_url, answers)
        llm.wait_for("gate", gate="mid", since=3, timeout_s=20)
        [problem] = llm.problems()
        llm.open("mid")
        client.join()
    assert problem.startswith("idle: #4 POST /v1/chat/completions")
    assert "waits at the gate 'mid', which nobody opened" in problem


def test_a_gate_belongs_to_a_run_and_to_a_scenario():
    answers: list[str] = []
    with MockLLM(GATED) as llm:
        llm.load(HI)
        client = asking(llm, f"{llm.url}/gated@a/v1", answers)
        llm.wait_for("gate", timeout_s=20)
        llm.open("mid", scenario="gated")
        llm.open("mid", run="a")
        assert len(llm.journal.open_exchanges()) == 1
        llm.open("mid", run="a", scenario="gated")
        client.join()
        llm.close_gate("mid", scenario="gated")
        llm.close_gate("mid", run="a")
        assert said(llm.base_url) == "Hello there"
        assert llm.problems() == ()


@pytest.mark.parametrize("forget", [MockLLM.reset, lambda llm: llm.load(GATED)])
def test_a_scenario_in_its_first_state_has_all_gates_closed(forget):
    answers: list[str] = []
    with MockLLM(GATED) as llm:
        llm.open("mid")
        ask(llm.base_url)
        forget(llm)
        client = asking(llm, llm.base_url, answers)
        llm.wait_for("gate", since=1, timeout_s=20)
        assert llm.journal.last.gate == "mid"
        llm.open("mid")
        client.join()


def test_the_server_stops_while_somebody_waits_at_a_gate():
    with MockLLM(GATED) as llm, open_request(llm):
        llm.wait_for("gate", timeout_s=20)
        llm.close()
        llm.journal.assert_outcomes("server stopped")
        [problem] = llm.problems()
    assert "waits at the gate 'mid'" in problem


def test_a_client_that_leaves_while_it_waits_at_a_gate_has_left_there():
    with MockLLM(GATED) as llm:
        with open_request(llm):
            [waiting] = llm.wait_for("gate", timeout_s=20)
        [left] = llm.wait_for("left", timeout_s=20)
        assert llm.problems() == ()
    assert left.outcome.step == waiting.gates[0].step
    assert left.outcome.at_us >= waiting.gates[0].reached_us
    assert 0 < left.bytes_sent < left.bytes_planned


def test_after_the_longest_wait_at_a_gate_the_connection_is_reset():
    with MockLLM("rules:\n  - replies: [{text: hi, faults: [{gate: {name: g, most: 10ms}}]}]\n") as llm:
        with pytest.raises(httpx.TransportError):
            ask(llm.base_url)
        [ended] = llm.wait_for("ended", outcome="gate never opened", timeout_s=20)
        [problem] = llm.problems()
    assert ended.deliveries[:] == ()
    assert problem.startswith("idle: ")


def test_what_is_waited_for_in_vain_is_told():
    with MockLLM(HI) as llm:
        ask(llm.base_url)
        with pytest.raises(
            TimeoutError, match=r"waited 0 s for 1 exchange that came to the gate 'mid', found 0\. This"
        ):
            llm.wait_for("gate", gate="mid", timeout_s=0)
        with pytest.raises(TimeoutError, match="of namespace 'hi@a'"):
            llm.wait_for("arrived", run="a", timeout_s=0)
        assert len(llm.wait_for("arrived", when={"model": "gpt-4o"}, rule="rules[0]", timeout_s=0)) == 1


async def test_code_on_the_loop_of_its_client_awaits():
    held = GATED.replace("{token: 1}", "{share: 50%}")  # in the middle of a plain body
    async with MockLLM(held) as llm, openai.AsyncOpenAI(base_url=llm.base_url, api_key="any") as client:
        answer = asyncio.ensure_future(client.chat.completions.create(**BODY))
        await llm.wait_for_async("gate", run="", timeout_s=20)
        llm.open("mid")
        assert (await answer).choices[0].message.content == "one two"


def test_the_servers_own_thread_cannot_wait_for_itself():
    def reply(request: object) -> str:
        llm.wait_for("left")
        return "never"

    with MockLLM({"rules": [{"replies": [reply]}]}) as llm:
        assert ask(llm.base_url).status_code == 500
        [problem] = llm.problems()
    assert "wait_for was called in the server's own thread, which cannot wait for itself" in problem


def test_what_was_opened_for_a_scenario_that_was_replaced_before_anybody_asked_is_closed_again():
    with MockLLM(GATED) as llm:
        llm.open("mid")
        llm.open("mid", run="a")
        llm.load("name: gated\nrules:\n  - replies: [Hello there]\n")
        assert said(llm.base_url) == "Hello there"
        assert llm.problems() == ()
        llm.open("mid")
        llm.load(HI)
        assert said(llm.base_url) == "Hello there"
        [problem] = llm.problems()
    assert problem.startswith("idle: the gate 'mid' of 'gated' was opened, but no exchange came to it.")
