"""The namespaces of a server that runs."""

import json

import pytest

from mockllm.control import gates, namespaces
from mockllm.control.base import Nothing
from mockllm.control.gates import OpenGate
from mockllm.control.namespaces import AskProblems, Bind, OneNamespace, PutSeed
from mockllm.net.control import namespaces as actions
from mockllm.net.mock import MockLLM
from mockllm.scenario.library import Library
from mockllm.strict import Check
from tests.net.control.conftest import Asker

TWO = "rules: [{replies: [one, two]}]"


def one(name):
    return OneNamespace(namespace=name)


def said(answer):
    return json.loads(answer[1])["choices"][0]["message"]["content"]


def test_a_namespace_holds_what_was_asked_of_it(call, ask):
    assert call(namespaces.LIST, Nothing()).namespaces == ()
    ask("hello@a")
    assert call(namespaces.LIST, Nothing()).namespaces == ("hello@a",)
    told = call(namespaces.GET, one("hello@a"))
    assert (told.name, told.scenario, told.bound, told.exchanges, told.open) == ("hello@a", "hello", False, 1, 0)
    assert told.state["scripts"] == [{"rule": "rules[0]", "taken": 1, "replies": 1}]


def test_one_that_nobody_used_holds_nothing(call):
    told = call(namespaces.GET, one("@never"))
    assert (told.name, told.scenario, told.bound, told.exchanges, told.state) == (
        "hello@never",
        None,
        False,
        0,
        None,
    )


@pytest.mark.parametrize("name", ["a/b", "@", "v1@x", "a b", "@r s"])
def test_a_name_that_no_call_can_have_is_refused(refusal, name):
    refused = refusal(namespaces.GET, one(name))
    assert (refused.status, refused.code) == (400, "wrong_namespace")


def test_a_scenario_of_its_own_is_nobody_elses(call, ask):
    told = call(namespaces.BIND, Bind(namespace="@a", scenario=TWO))
    assert (told.name, told.scenario, told.bound, told.state) == ("default@a", "scenario", True, None)
    assert said(ask("@a")) == "one"
    assert said(ask("@b")) == "hi"


def test_resetting_begins_anew_and_keeps_the_scenario(call, ask):
    call(namespaces.BIND, Bind(namespace="@a", scenario=TWO))
    assert (said(ask("@a")), said(ask("@a", "again"))) == ("one", "two")
    told = call(namespaces.RESET, one("@a"))
    assert (told.bound, told.exchanges, told.state) == (True, 0, None)
    assert said(ask("@a")) == "one"


def test_dropping_forgets_the_scenario_too(call, ask):
    call(namespaces.BIND, Bind(namespace="@a", scenario=TWO))
    ask("@a")
    told = call(namespaces.DROP, one("@a"))
    assert (told.dropped, told.namespaces) == (True, ())
    assert not call(namespaces.DROP, one("@a")).dropped
    assert said(ask("@a")) == "hi"


def test_resetting_everything_keeps_scenarios(call, ask):
    call(namespaces.BIND, Bind(namespace="@a", scenario=TWO))
    call(namespaces.BIND, Bind(namespace="@a", scenario=TWO))
    ask("@a")
    ask()
    assert call(namespaces.RESET_ALL, Nothing()).namespaces == ("default@a",)
    assert said(ask("@a")) == "one"


def test_a_scenario_may_be_one_that_the_server_has(call, ask, refusal):
    assert call(namespaces.BIND, Bind(namespace="@a", named="hello")).scenario == "hello"
    assert call(namespaces.BIND, Bind(namespace="@b", default=True)).scenario == "hello"
    assert call(namespaces.BIND, Bind(namespace="@c", called="mine", scenario=TWO)).scenario == "mine"
    refused = refusal(namespaces.BIND, Bind(namespace="@d", named="helo"))
    assert (refused.status, refused.code) == (404, "no_such_scenario")
    assert "did you mean 'hello'" in str(refused)


def test_a_server_without_a_default_says_so(served, refusal):
    served._engine.library = Library()
    refused = refusal(namespaces.BIND, Bind(namespace="@a", default=True))
    assert (refused.status, refused.code) == (404, "no_such_scenario")


@pytest.mark.parametrize("fields", [{}, {"named": "hello", "default": True}, {"named": "hello", "scenario": TWO}])
def test_one_scenario_is_bound_no_more_and_no_less(refusal, fields):
    refused = refusal(namespaces.BIND, Bind(namespace="@a", **fields))
    assert (refused.status, refused.code) == (400, "wrong_fields")


def test_there_is_room_for_so_many(call, refusal, monkeypatch):
    monkeypatch.setattr(actions, "MOST_BOUND", 1)
    call(namespaces.BIND, Bind(namespace="@a", scenario=TWO))
    call(namespaces.BIND, Bind(namespace="@a", scenario=TWO))
    refused = refusal(namespaces.BIND, Bind(namespace="@b", scenario=TWO))
    assert (refused.status, refused.code) == (409, "too_many_namespaces")


GENERATE = "{seed: 1, rules: [{replies: [{generate: {tokens: 40}}]}]}"


def test_a_seed_is_read_and_set(call, ask, refusal):
    assert call(namespaces.GET_SEED, one("@a")).seed is None
    call(namespaces.BIND, Bind(namespace="@a", scenario=GENERATE))
    assert call(namespaces.GET_SEED, one("@a")).seed == 1
    before = said(ask("@a"))
    assert call(namespaces.PUT_SEED, PutSeed(namespace="@a", seed=2)).seed == 2
    assert said(ask("@a")) != before
    call(namespaces.PUT_SEED, PutSeed(namespace="@a", seed=1))
    assert said(ask("@a")) == before
    assert call(namespaces.PUT_SEED, PutSeed(namespace="hello", seed=3)).seed == 3
    assert call(namespaces.PUT_SEED, PutSeed(namespace="@b", seed=3)).namespace == "hello@b"
    assert refusal(namespaces.PUT_SEED, PutSeed(namespace="nowhere@b", seed=3)).code == "no_such_scenario"


def test_a_bound_scenario_draws_the_same_whatever_its_run_is_called(call, ask):
    texts = set()
    for name in ("@a", "@b", "mine@c"):
        call(namespaces.BIND, Bind(namespace=name, scenario=GENERATE))
        texts.add(ask(name)[1])
    assert len(texts) == 1
    with MockLLM(GENERATE, library=Library()) as mock:
        status, body = Asker(mock.base_url).answer()
        mock.journal.assert_requests(1)
    assert (status, {body}) == (200, texts)


def test_the_strict_checks_see_what_was_replaced_too(call, ask):
    call(namespaces.BIND, Bind(namespace="@a", scenario=TWO))
    ask("@a")
    call(namespaces.BIND, Bind(namespace="@a", scenario="rules: [{when: {last: x}, replies: [yo]}]"))
    ask("@a")
    ask("@b", "not mine")
    found = [it.partition(":")[0] for it in call(namespaces.PROBLEMS, AskProblems(namespace="@a")).problems]
    assert found == ["unmatched", "leftover"]
    allowed = AskProblems(namespace="@a", allow=(Check.LEFTOVER, Check.UNMATCHED))
    assert call(namespaces.PROBLEMS, allowed).problems == ()


def test_no_request_at_all_is_a_problem_with_the_cure_that_fits(call):
    (plain,) = call(namespaces.PROBLEMS, AskProblems(namespace="@a")).problems
    (pointed,) = call(namespaces.PROBLEMS, AskProblems(namespace="@a", pointed=True)).problems
    assert "give the client base_url" in plain
    assert "was the client built before env() was called?" in pointed


def test_a_gate_that_was_opened_for_nobody_is_a_problem_of_its_namespace_alone(call, ask):
    ask("hello@a")
    for name in ("hello@a", "hello@b"):
        call(gates.OPEN, OpenGate(namespace=name, gate="g"))
    (found,) = call(namespaces.PROBLEMS, AskProblems(namespace="hello@a")).problems
    assert "the gate 'g' of 'hello@a' was opened, but no exchange came to it" in found
