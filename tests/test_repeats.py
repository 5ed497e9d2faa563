"""Calls that were decided before: what is remembered of them changes no exchange, no state and no record."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm.address import Address
from mockllm.exchange import Deliveries, Ending, Exchange, Outcome
from mockllm.plan import End, Head, Step, Wait
from mockllm.repeats import Repeats, Settled
from mockllm.request import Call, Headers
from mockllm.scenario.load import load_text
from tests.calls import JSON_HEADERS, body, call, chat, engine, error, text

HELLO = "{name: a, rules: [{replies: [Hello]}]}"
OTHER = "{name: b, rules: [{replies: [Good bye]}]}"

SETTLED = {
    "text": HELLO,
    "the second rule": "{name: a, rules: [{when: {model: other}, replies: [no]}, {replies: [Hello]}]}",
    "a reply that is looped": "{name: a, rules: [{replies: [Hello], then: loop}]}",
    "paced": "{name: a, pace: {ttft: 1s, itl: 20ms}, rules: [{replies: [Hello]}]}",
    "generated": "{name: a, rules: [{replies: [{generate: {tokens: 5}}]}]}",
    "a key": "{name: a, auth: {keys: [sk-test]}, rules: [{replies: [Hello]}]}",
    "a profile": "{name: a, profile: openrouter, rules: [{replies: [Hello]}]}",
}
OPEN = {
    "a script": "{name: a, rules: [{replies: [one, two], then: loop}]}",
    "attempts": "{name: a, rules: [{replies: [{text: Hello, attempts: [{error: rate_limit_exceeded}]}]}]}",
    "faults": "{name: a, rules: [{replies: [{text: Hello, faults: [{cut_arguments: {}}]}]}]}",
    "chaos": "{name: a, chaos: [{chance: 1%, faults: [{reset: {at: start}}]}], rules: [{replies: [Hello]}]}",
    "chaos of a rule": "{name: a, rules: [{chaos: [{chance: 1%, faults: [{hang: {}}]}], replies: [Hello]}]}",
    "limits": "{name: a, limits: {requests: 99/min}, rules: [{replies: [Hello]}]}",
    "limits of a key": "{name: a, auth: {keys: [{key: sk-test, limits: {requests: 99/min}}]}, rules: [{replies: [a]}]}",
    "places": "{name: a, limits: {concurrent: 50}, rules: [{replies: [Hello]}]}",
    "load": "{name: a, load: {slots: 50}, rules: [{replies: [Hello]}]}",
    "the time": "{name: a, created: now, rules: [{replies: [Hello]}]}",
    "a template": "{name: a, rules: [{replies: [{text: '{{ request.call.at_us }}', template: true}]}]}",
    "an error": "{name: a, rules: [{replies: [{error: rate_limit_exceeded}]}]}",
    "otherwise": "{name: a, otherwise: Hello, rules: []}",
}


def decided_before(server, asked):
    """The exchange of the tenth call, which nothing could decide anew."""
    for _ in range(9):
        server.handle(asked)
    server.hearing._decider = None
    return server.handle(asked)


@pytest.mark.parametrize("scenario", SETTLED.values(), ids=SETTLED)
def test_a_call_that_comes_again_is_not_decided_anew(scenario):
    plain, asked = engine(scenario), replace(chat(stream=True), at_us=5)
    plain.hearing._repeats = Repeats(0)
    expected = [plain.handle(asked) for _ in range(10)][-1]
    again = decided_before(engine(scenario), asked)
    assert again == expected
    assert (again.number, again.attempt, again.request.call) == (10, 10, asked)


@pytest.mark.parametrize("scenario", OPEN.values(), ids=OPEN)
def test_where_more_than_the_bytes_decide_it_is_decided_anew(scenario):
    with pytest.raises(AttributeError):
        decided_before(engine(scenario), chat())


def test_an_answer_that_is_kept_is_another_each_time():
    with pytest.raises(AttributeError):
        decided_before(engine(HELLO), chat(store=True))
    with pytest.raises(AttributeError):
        decided_before(engine(HELLO), call("GET", "/v1/models"))


def test_an_answer_that_is_kept_is_kept_again_after_the_namespace_was_forgotten():
    server, asked = engine(HELLO), chat(store=True)
    for _ in range(5):
        server.reset("a")
        server.handle(asked)
        assert len(server.get("a").copies) == 1


def test_a_call_is_itself_whenever_it_comes_and_on_whatever_connection():
    server, asked = engine(HELLO), chat()
    calls = [replace(asked, connection=number, at_us=number, wall_s=number) for number in range(1, 6)]
    exchanges = [server.handle(each) for each in calls]
    assert [exchange.call for exchange in exchanges] == calls
    assert [exchange.request.call for exchange in exchanges] == calls
    assert [exchange.attempt for exchange in exchanges] == [1, 2, 3, 4, 5]
    assert all(exchange.outcome == Outcome(Ending.OPEN) for exchange in exchanges)
    assert server.state("a") == after(engine(HELLO), [replace(each, path=each.path) for each in calls]).state("a")


def after(server, calls):
    """The engine after calls that it remembered nothing of."""
    server.hearing._repeats = Repeats(0)
    for each in calls:
        server.handle(each)
    return server


def test_a_namespace_that_was_forgotten_counts_anew():
    server, asked = engine(HELLO), chat()
    assert decided_before(server, asked).attempt == 10
    server._registry.forget("a")
    assert server.handle(replace(asked, at_us=50)).attempt == 1
    assert server.get("a").elapsed_us(75) == 25


def test_a_request_that_refers_to_what_is_kept_is_decided_anew():
    server = engine(HELLO)
    first = body(server.handle(call("POST", "/v1/responses", {"model": "gpt-4o", "input": "first"})))["id"]
    follow = {"model": "gpt-4o", "input": "second", "store": False, "previous_response_id": first}
    asked = call("POST", "/v1/responses", follow)
    assert [server.handle(asked).status for _ in range(9)] == [200] * 9
    server.handle(call("DELETE", f"/v1/responses/{first}"))
    assert error(server.handle(asked))["code"] == "previous_response_not_found"


@pytest.mark.parametrize(
    "change",
    [
        lambda server: server.library.put(load_text(OTHER)),
        lambda server: server.library.put(load_text("{name: a, rules: [{replies: [Good bye]}]}")),
        lambda server: server.bind("a", load_text(OTHER)),
        lambda server: server.bind("default", load_text(OTHER)),
        lambda server: server.change("a", load_text(OTHER)),
    ],
    ids=["another default", "replaced", "bound", "bound as the default", "changed"],
)
def test_a_scenario_that_took_the_place_of_the_one_that_answered_answers(change):
    server, asked = engine(HELLO), chat()
    assert text([server.handle(asked) for _ in range(4)][-1]) == "Hello"
    change(server)
    assert text(server.handle(asked)) == "Good bye"


def test_what_is_bound_elsewhere_changes_nothing():
    server, asked = engine(HELLO), chat()
    server.bind("other", load_text(OTHER))
    assert text(decided_before(server, asked)) == "Hello"


def test_a_scenario_that_was_taken_away_answers_no_more():
    server, asked = engine(HELLO), chat("/a/v1")
    for _ in range(4):
        server.handle(asked)
    server.library.remove("a")
    assert error(server.handle(asked))["code"] == "no_such_scenario"


def test_an_answer_to_the_same_request_that_is_kept_makes_the_next_another():
    scenario = "{name: a, rules: [{when: {header: {x-kind: raw}}, replies: [{raw: {body: x}}]}, {replies: [Hello]}]}"
    raw = replace(chat(store=True), headers=Headers((*JSON_HEADERS, ("x-kind", "raw"))))
    plain, server = engine(scenario), engine(scenario)
    plain.hearing._repeats = Repeats(0)
    for asked in (raw, raw, raw, raw, chat(store=True), raw):
        assert server.handle(asked) == plain.handle(asked)
    server.hearing._decider = None
    with pytest.raises(AttributeError):
        server.handle(raw)


def test_a_reset_forgets():
    server, asked = engine(HELLO), chat()
    decided_before(server, asked)
    server.hearing._decider = engine().hearing._decider
    server.reset()
    server.hearing._decider = None
    with pytest.raises(AttributeError):
        server.handle(asked)


def settled(asked: Call, *plan: Step) -> Settled:
    exchange = Exchange(1, "a", asked, None, 200, plan)
    return Settled(Address(load_text(HELLO), "", "/", asked=""), 0, exchange)


def test_headers_are_told_apart_by_identity_and_all_else_by_value():
    repeats, asked = Repeats(), call("POST", "/v1?a=1", b"body")
    repeats.put(asked, kept := settled(asked))
    assert repeats.get(replace(asked, body=bytes(bytearray(b"body")), at_us=7)) is kept
    equal = Headers(asked.headers.pairs)
    others = {"headers": equal, "body": b"x", "path": "/", "query": "a=2", "method": "PUT"}
    assert [repeats.get(replace(asked, **{name: value})) for name, value in others.items()] == [None] * 5


def test_the_oldest_is_forgotten_when_there_are_too_many_bytes():
    first, second = chat(), chat(model="other")
    repeats = Repeats(len(second.body) + 1024)
    repeats.put(first, settled(first))
    repeats.put(second, settled(second))
    assert repeats.get(first) is None
    assert repeats.get(second) is not None
    repeats.clear()
    assert repeats.get(second) is None


def test_a_plan_weighs_as_much_as_its_steps():
    asked = chat()
    repeats = Repeats(len(asked.body) + 3 * 1024)
    repeats.put(asked, settled(asked, Head(200), End()))
    assert repeats.get(asked) is not None
    repeats.put(asked, settled(asked, Head(200), Wait(1), End()))
    assert repeats.get(asked) is None


SCENARIOS = (*SETTLED.values(), *OPEN.values())
CALLS = [
    replace(chat(base, **fields), headers=headers)
    for base in ("/v1", "/a/v1", "/a@run/v1", "/b/v1")
    for fields in ({}, {"stream": True}, {"store": True})
    for headers in (Headers(JSON_HEADERS), Headers((*JSON_HEADERS[:1], ("authorization", "Bearer sk-mock-@run"))))
]
ACTS = {
    "put": lambda server, scenario: server.library.put(scenario),
    "bind": lambda server, scenario: server.bind("a@run", scenario),
    "change": lambda server, _: change(server, "a"),
    "change a run": lambda server, _: change(server, "a@run"),
    "drop": lambda server, _: server.drop("a"),
    "drop a run": lambda server, _: server.drop("a@run"),
    "reset": lambda server, _: server.reset(),
    "reset one": lambda server, _: server.reset("a"),
    "end": lambda server, _: ended(server),
}


def change(server, name):
    if (state := server.get(name)) is not None:
        server.change(name, state.scenario.model_copy(update={"seed": 99}))


def ended(server):
    for exchange in server.journal.open_exchanges():
        deliveries = Deliveries(exchange.plan)
        deliveries.add_rest(10)
        server.finish(exchange, deliveries, Outcome(Ending.COMPLETE, len(deliveries) - 1, 10))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(SCENARIOS),
    st.lists(
        st.tuples(st.sampled_from(range(len(CALLS))), st.integers(1, 5)) | st.sampled_from(sorted(ACTS)), max_size=12
    ),
)
def test_whatever_happens_nothing_shows_what_is_remembered(scenario, story):
    loaded, other = load_text(scenario), load_text(OTHER.replace("name: b", "name: a"))
    servers = engine(OTHER), engine(OTHER)
    servers[1].hearing._repeats = Repeats(0)
    for server in servers:
        server.library.put(loaded)
    now_us = 0
    for each in story:
        if isinstance(each, str):
            for server in servers:
                ACTS[each](server, other)
            continue
        place, times = each
        for _ in range(times):
            now_us += 1_000
            asked = replace(CALLS[place], at_us=now_us, wall_s=now_us // 1_000_000)
            one, two = (server.handle(asked) for server in servers)
            assert one == two
    one, two = servers
    assert one.journal.json_lines() == two.journal.json_lines()
    assert list(one.namespaces()) == list(two.namespaces())
    assert [one.state(name) for name in one.namespaces()] == [two.state(name) for name in two.namespaces()]
