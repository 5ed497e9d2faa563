"""A call that was read before comes to the same request and the same rule, and to nothing else."""

from dataclasses import replace

import orjson
import pytest

from mockllm import readings
from mockllm.address import Address
from mockllm.readings import Readings
from mockllm.request import Headers, Request
from mockllm.scenario.load import load_text
from mockllm.scenario.script import Match
from tests.calls import ASK, JSON_HEADERS, body, call, chat, engine, error, text

RULES = """
rules:
  - when: {header: {x-kind: a}}
    replies: [for a]
  - when: {user: {contains: bye}}
    replies: [Good bye]
  - when: {model: other}
    replies: [from another]
  - replies: [Hello]
"""


def twice(server, request):
    """The second of two exchanges, whose reading is kept."""
    server.handle(request)
    return server.handle(request)


def test_an_equal_call_has_the_same_request_but_is_itself():
    server = engine(RULES)
    first = server.handle(replace(chat(), connection=1, at_us=5))
    second = server.handle(replace(chat(), connection=2, at_us=6))
    assert second.request == replace(first.request, call=second.call)
    assert second.request.messages is first.request.messages
    assert (second.request.call.connection, second.request.call.at_us) == (2, 6)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        pytest.param(chat(messages=[{"role": "user", "content": "bye"}]), "Good bye", id="another body"),
        pytest.param(chat(model="other"), "from another", id="another model"),
        pytest.param(replace(chat(), headers=Headers((*JSON_HEADERS, ("x-kind", "a")))), "for a", id="another header"),
        pytest.param(chat("/second/v1"), "from the second", id="another scenario"),
    ],
)
def test_another_call_is_read_and_matched_by_itself(other, said):
    server = engine(RULES, "name: second\nrules: [{replies: [from the second]}]")
    assert text(twice(server, chat())) == "Hello"
    assert text(twice(server, other)) == said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("GET", "/v1/chat/completions/a"), ("GET", "/v1/chat/completions/b"), id="path"),
        pytest.param(("GET", "/v1/chat/completions/a"), ("DELETE", "/v1/chat/completions/a"), id="method"),
        pytest.param(("GET", "/v1/chat/completions?limit=1"), ("GET", "/v1/chat/completions?limit=2"), id="query"),
    ],
)
def test_the_path_the_method_and_the_query_tell_calls_apart(one, other):
    server = engine(RULES)
    twice(server, call(*one))
    assert server.handle(call(*other)).request == engine(RULES).handle(call(*other)).request


def test_scenarios_do_not_take_each_others_place():
    server = engine(RULES, "name: second\nrules: [{replies: [from the second]}]")
    first, second = (server.handle(chat(base)).request for base in ("/v1", "/second/v1"))
    assert server.handle(chat("/v1")).request.messages is first.messages
    assert server.handle(chat("/second/v1")).request.messages is second.messages


def test_a_request_that_refers_to_the_store_is_read_anew():
    server = engine("rules: [{when: {message: {contains: first}}, replies: [knows it]}, {replies: [Hello]}]")
    first = body(server.handle(call("POST", "/v1/responses", {"model": "gpt-4o", "input": "first"})))["id"]
    follow = call("POST", "/v1/responses", {"model": "gpt-4o", "input": "second", "previous_response_id": first})
    assert body(twice(server, follow))["output"][0]["content"][0]["text"] == "knows it"
    server.handle(call("DELETE", f"/v1/responses/{first}"))
    assert error(server.handle(follow))["code"] == "previous_response_not_found"


def test_a_refusal_is_not_remembered():
    server = engine("auth: {keys: [sk-other]}\nrules: [{replies: [Hello]}]")
    assert twice(server, chat()).status == 401
    assert twice(server, replace(chat(), headers=Headers((("authorization", "Bearer sk-other"),)))).status == 200


def test_a_call_that_no_rule_matches_is_refused_again():
    server = engine("rules: [{when: {model: other}, replies: [Hello]}]")
    assert error(twice(server, chat()))["code"] == "no_rule_matched"


def test_a_scenario_that_was_replaced_matches_anew():
    server = engine(RULES)
    twice(server, chat())
    server.library.put(load_text("rules: [{when: {model: gpt-4o}, replies: [new]}]"))
    assert text(server.handle(chat())) == "new"


def test_a_reset_forgets():
    server = engine(RULES)
    first = server.handle(chat())
    server.reset()
    assert server.handle(chat()).request.messages is not first.request.messages


def test_the_oldest_is_forgotten_when_there_are_too_many_bytes(monkeypatch):
    data = orjson.dumps(ASK)
    monkeypatch.setattr(readings, "MOST_BYTES", 2 * (len(data) + 1024))
    server = engine(RULES)
    server._readings = Readings()
    calls = [replace(chat(), headers=Headers((*JSON_HEADERS, ("x-number", str(number))))) for number in range(3)]
    requests = [server.handle(each).request for each in calls]
    assert server.handle(calls[2]).request.messages is requests[2].messages
    assert server.handle(calls[1]).request.messages is requests[1].messages
    assert server.handle(calls[0]).request.messages is not requests[0].messages


def test_what_the_path_says_is_part_of_a_reading():
    readings = Readings()
    asked = call("POST", "/v1/chat/completions", ASK)
    scenario = load_text("rules: [{replies: [Hi]}]")
    one, other = (Address(scenario, "", "/chat/completions", given=(("model", model),)) for model in "ab")
    request = Request("chat", asked, ASK)
    readings.put(asked, one, request, Match(0, ()))
    assert readings.get(asked, one) is not None
    assert readings.get(asked, other) is None
