"""What is remembered is what would be made anew, and what could differ is never remembered."""

from dataclasses import replace

import orjson
import pytest

from mockllm import plan, recall
from mockllm.dialects import find
from mockllm.dialects.base import Surroundings
from mockllm.engine import Engine
from mockllm.exchange import Ending, Outcome
from mockllm.recall import Recall
from mockllm.request import Headers, Message
from mockllm.respond import Circumstances
from mockllm.scenario.faults.connection import Reset
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text, load_value
from mockllm.scenario.script import step_of
from mockllm.store import Store
from tests.calls import ASK, body, call, chat, engine, sent, text
from tests.turns import SEED, asked

HELLO = "rules: [{replies: [Hello there]}]"
STREAM = chat(stream=True)


def answers(scenario, *calls):
    """The exchanges of these calls with one engine that remembers and with one that does not."""
    remembering, forgetting = engine(scenario), engine(scenario)
    forgetting.hearing._decider._recall = Recall(0)
    return [remembering.handle(each) for each in calls], [forgetting.handle(each) for each in calls]


def twice(server, request):
    """The second of two exchanges, whose plan is kept."""
    server.handle(request)
    return server.handle(request)


def test_the_same_request_gets_the_same_plan_from_its_second_time_on():
    first, second, third, fourth = map(engine(HELLO).handle, [STREAM] * 4)
    assert first.plan == second.plan
    assert first.plan is not second.plan
    assert second.plan is third.plan is fourth.plan


def test_without_memory_the_plan_is_made_anew():
    server = engine(HELLO)
    server.hearing._decider._recall = Recall(0)
    second, third = twice(server, STREAM), server.handle(STREAM)
    assert second.plan is not third.plan
    assert second.plan == third.plan


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(chat(), id="plain"),
        pytest.param(chat(stream=True, stream_options={"include_usage": True}), id="with usage"),
        pytest.param(chat(stream=True, model="gpt-5.1"), id="another model"),
        pytest.param(chat("/scenario@7/v1", stream=True), id="another run"),
        pytest.param(replace(STREAM, headers=Headers((("authorization", "Bearer sk-mock-@7"),))), id="a run by key"),
        pytest.param(
            call("POST", "/v1/chat/completions", b" " + orjson.dumps({**ASK, "stream": True})), id="another writing"
        ),
    ],
)
def test_a_request_that_differs_gets_what_it_would_get_alone(other):
    (_, first, mine), (*_, alone) = answers(HELLO, STREAM, STREAM, other)
    assert mine.plan is not first.plan
    assert mine.plan == alone.plan


SCRIPTS = {
    "loop": "rules: [{then: loop, replies: [one, two, {generate: 5}]}]",
    "equal attempts": "rules: [{replies: [{attempts: [one, one, one], text: one}]}]",
    "attempts": "rules: [{replies: [{attempts: [{error: server_error}, {reset: {at: start}}, two], text: last}]}]",
    "faults": "rules: [{replies: [{text: Hi, faults: [{reset: {at: done}}, {stall: {at: {token: 9}, for: 1s}}]}]}]",
    "paced": "pace: {ttft: {uniform: {min: 1s, max: 2s}}, itl: 20ms, jitter: 10%}\nrules: [{replies: [Hello there]}]",
    "limits": "limits: {requests: 100/min}\nrules: [{replies: [Hello there]}]",
    "otherwise": "rules: [{when: {stream: false}, replies: [plain]}]\notherwise: stream",
    "verbatim": "rules: [{then: loop, replies: [{events: [a, b]}, {raw: {status: 418}}]}]",
    "auto": "rules: [{replies: [{auto: true}]}]",
}


@pytest.mark.parametrize("scenario", SCRIPTS.values(), ids=SCRIPTS)
def test_a_series_of_requests_is_answered_as_without_memory(scenario):
    series = [chat(stream=stream) for stream in (True, True, True, False, True, False, False, True, False) * 2]
    mine, alone = answers(scenario, *series)
    assert [(it.status, it.plan, it.attempt, it.unfired, it.rule) for it in mine] == [
        (it.status, it.plan, it.attempt, it.unfired, it.rule) for it in alone
    ]


def test_faults_fire_again_with_a_remembered_plan():
    server = engine("rules: [{replies: [{text: Hi, faults: [{reset: {at: {frame: 1}}}]}]}]")
    twice(server, STREAM)
    (state,) = server.namespaces().values()
    state.fired.clear()
    server.handle(STREAM)
    assert state.fired == {(0, 0, 0, 0)}


def test_a_completion_that_is_stored_is_never_the_remembered_one():
    server = engine(HELLO)
    keys = [body(server.handle(chat(store=True)))["id"] for _ in range(4)]
    assert len(set(keys)) == 4
    assert {server.handle(call("GET", f"/v1/chat/completions/{key}")).status for key in keys} == {200}
    again = engine(HELLO)
    assert [body(again.handle(chat(store=True)))["id"] for _ in range(4)] == keys


def test_a_template_sees_each_connection():
    server = engine("rules: [{replies: ['on {{ request.call.connection }}']}]")
    assert [text(server.handle(replace(chat(), connection=number))) for number in (1, 2, 3)] == ["on 1", "on 2", "on 3"]


def test_a_text_that_is_no_template_because_the_author_says_so_stays_as_it_is():
    server = engine("rules: [{replies: [{text: '{{ 1 }}', template: false}]}]")
    assert [text(server.handle(chat())) for _ in range(3)] == ["{{ 1 }}"] * 3


def test_a_callable_is_asked_each_time():
    asked = []
    scenario = load_value({"rules": [{"replies": [lambda request: asked.append(request) or f"call {len(asked)}"]}]})
    server = Engine(Library(scenarios=[scenario]))
    assert [text(server.handle(chat())) for _ in range(3)] == ["call 1", "call 2", "call 3"]


def test_an_error_that_tells_a_date_tells_the_new_one():
    server = engine("rules: [{replies: [{error: {code: rate_limit_exceeded, retry_after: {date: 1s}}}]}]")
    _, second, third = (server.handle(replace(chat(), wall_s=wall_s)) for wall_s in (0, 60, 120))
    assert second.plan != third.plan


def test_the_time_of_creation_is_the_one_of_the_request_if_it_is_now():
    server = engine("created: now\nrules: [{replies: [Hello]}]")
    assert [body(server.handle(replace(chat(), wall_s=wall_s)))["created"] for wall_s in (5, 5, 6)] == [5, 5, 6]


def test_a_resource_is_answered_from_what_is_there_now():
    server = engine("rules: [{when: {api: chat.list}, replies: [{auto: true}]}, {replies: [Hello]}]")
    listed = call("GET", "/v1/chat/completions")
    assert body(twice(server, listed))["data"] == []
    server.handle(chat(store=True))
    assert len(body(server.handle(listed))["data"]) == 1


def test_a_scenario_that_was_replaced_is_not_remembered():
    server = engine(HELLO)
    twice(server, chat())
    server.library.put(load_text("defaults: {service_tier: flex}\n" + HELLO))
    assert body(server.handle(chat()))["service_tier"] == "flex"


def respond(memory, around, *, faults=(), messages=()):
    """The plan of a step of one reply, by way of a memory."""
    step = replace(step_of(around.scenario.rules[0].replies[0], 1), faults=faults)
    return memory.respond(step, replace(asked(stream=True), messages=messages), around)[1].plan


def test_the_same_reply_with_other_faults_or_after_other_messages_is_another_response():
    scenario = load_text(HELLO)
    around = Circumstances(
        scenario=scenario,
        endpoint=find("POST", "/chat/completions").endpoint,
        parameters={},
        surroundings=Surroundings((), 0, Store(), lambda _request: 0),
        seed=SEED,
        attempt=1,
    )
    memory = Recall()
    step = step_of(scenario.rules[0].replies[0], 1)
    request = replace(asked(stream=True), messages=())
    assert [memory.recall(step, request, around)[1] for _ in range(3)] == [False, False, True]
    plain = respond(memory, around)
    assert respond(memory, around) is plain
    assert respond(memory, around, messages=(Message("user", "Hello"),)) is not plain
    assert isinstance(respond(memory, around, faults=(Reset(at="start"),))[-1], plan.Reset)


def test_a_reset_forgets():
    server = engine(HELLO)
    before = twice(server, STREAM)
    server.reset()
    after = twice(server, STREAM)
    assert after.plan is not before.plan
    assert sent(after) == sent(before)


def test_of_too_many_plans_the_oldest_are_forgotten():
    server = engine(HELLO)
    steps = len(server.handle(STREAM).plan)
    server.hearing._decider._recall = Recall(2 * (steps + 1))
    questions = [chat(stream=True, user=name) for name in ("a", "b", "c")]
    first, second, third = (twice(server, question) for question in questions)
    assert server.handle(questions[2]).plan is third.plan
    assert server.handle(questions[1]).plan is second.plan
    assert server.handle(questions[0]).plan is not first.plan


def test_a_response_made_anew_takes_the_place_of_the_old_one():
    server = engine(HELLO, f"name: other\n{HELLO}")
    steps = len(server.handle(STREAM).plan)
    server.hearing._decider._recall = Recall(2 * (steps + 1))
    other = twice(server, chat("/other/v1", stream=True))
    for _ in range(5):
        server.library.put(load_text(HELLO))
        server.handle(STREAM)
    assert server.handle(chat("/other/v1", stream=True)).plan is other.plan


def test_a_long_request_weighs_more():
    server = engine(HELLO)
    long = chat(user="x" * 10_240)
    steps = len(server.handle(long).plan)
    server.hearing._decider._recall = Recall(steps + 1 + 9)
    assert twice(server, long).plan is not server.handle(long).plan
    server.hearing._decider._recall = Recall(steps + 1 + 10)
    assert twice(server, long).plan is server.handle(long).plan


def test_of_too_many_requests_that_came_once_the_oldest_count_as_new(monkeypatch):
    monkeypatch.setattr(recall, "MOST_SEEN", 2)
    server = engine(HELLO)
    first, second, third = (chat(stream=True, user=name) for name in ("a", "b", "c"))
    for question in (first, second, third):
        server.handle(question)
    assert server.handle(third).plan is server.handle(third).plan
    assert server.handle(first).plan is not server.handle(first).plan


def test_a_busier_engine_is_another_response():
    """The first runs alone, the second beside one more; when both are gone a third is as the first was."""
    server = engine("{pace: {itl: 1ms}, load: {slowdown: 50%}, rules: [{replies: [Hello there]}]}")
    first, second = server.handle(STREAM), server.handle(STREAM)
    assert plan.duration(second.plan) == 1.5 * plan.duration(first.plan) > 0
    for exchange in (first, second):
        server.finish(exchange, (), Outcome(Ending.COMPLETE))
    assert server.handle(STREAM).plan == first.plan
