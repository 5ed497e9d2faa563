from dataclasses import replace

import orjson
import pytest

from mockllm.address import Address
from mockllm.decision import Decider, failed, refused
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Trouble
from mockllm.namespace import Namespace
from mockllm.plan import Reset, Send
from mockllm.scenario.load import load_text
from mockllm.store import Stored
from tests.calls import ASK, JSON_HEADERS, call, chat


def decided(text, *calls):
    scenario = load_text(text)
    decider, state = Decider(), Namespace(scenario)
    return [decider.decide(asked, Address(scenario, "", asked.path.removeprefix("/v1")), state) for asked in calls]


def test_a_decision_takes_its_step_from_the_state_it_is_given():
    first, second = decided("rules: [{replies: [One, Two]}]", chat(), chat())
    assert first.answer.frames != second.answer.frames
    assert (first.rule, first.attempt, first.trouble) == ("rules[0]", 1, None)


def test_a_state_of_its_own_begins_anew_whatever_was_decided_before():
    scenario = load_text("rules: [{replies: [One, Two]}]")
    decider, address = Decider(), Address(scenario, "", "/chat/completions")
    first, again = (decider.decide(chat(), address, Namespace(scenario)) for _ in range(2))
    assert first.compiled.plan == again.compiled.plan


def test_forgetting_what_was_answered_changes_no_decision():
    scenario = load_text("rules: [{replies: [One]}]")
    decider, address, state = Decider(), Address(scenario, "", "/chat/completions"), Namespace(scenario)
    before = decider.decide(chat(), address, state)
    decider.clear()
    after = decider.decide(chat(), address, state)
    assert before.compiled.plan == after.compiled.plan


def test_what_cannot_be_served_is_decided_too():
    (decision,) = decided("rules: []", call("POST", "/v1/nowhere"))
    assert (decision.answer.status, decision.trouble) == (404, Trouble.UNMATCHED)


@pytest.mark.parametrize(
    ("error", "status", "trouble"),
    [(ApiError(404, "none such"), 404, None), (MockLLMError("no such tool"), 500, Trouble.FAILED)],
)
def test_an_error_of_the_api_is_answered_as_it_is_and_any_other_is_the_scenarios(error, status, trouble):
    decision = failed(call("POST", "/v1/chat/completions"), error, None)
    assert (decision.answer.status, decision.trouble) == (status, trouble)


def test_a_refusal_says_why():
    decision = refused(call("GET", "/v1/models"), ApiError(400, "no"), None, Trouble.UNMATCHED, rule="r", why="because")
    assert (decision.rule, decision.why, decision.trouble) == ("r", "because", Trouble.UNMATCHED)


def fates(text, *calls):
    """By call: the status, the attempt and what struck."""
    return [
        (decision.answer.status, decision.attempt, [line for line in decision.why.splitlines() if "struck" in line])
        for decision in decided(text, *calls)
    ]


FIRST = "{chaos: [{first: 1, error: slow_down}], "


def test_a_try_that_chaos_struck_does_not_eat_the_next_turn():
    found = decided(FIRST + "rules: [{replies: [One, Two]}]}", chat(), chat(), chat())
    assert [(it.answer.status, it.attempt) for it in found] == [(429, 1), (200, 2), (200, 1)]
    assert found[1].answer.frames != found[2].answer.frames


def test_chaos_is_told_in_the_reasons():
    assert fates(FIRST + "rules: [{replies: [One]}]}", chat(), chat()) == [
        (429, 1, ["struck by chaos[0]: error slow_down"]),
        (200, 2, []),
    ]


def test_a_request_that_was_struck_is_answered_as_if_it_had_not_been():
    plain = "rules: [{replies: [{generate: 20}]}]"
    struck, after = decided("{name: a, " + FIRST[1:] + plain + "}", chat(), chat())
    (usual,) = decided("{name: a, " + plain + "}", chat())
    assert struck.compiled != usual.compiled
    assert after.compiled == usual.compiled


def test_chaos_never_comes_from_memory():
    text = "{chaos: [{every: 3, faults: {reset: {at: start}}}], rules: [{replies: [One]}]}"
    ends = [len(decision.compiled.plan) for decision in decided(text, *[chat()] * 9)]
    assert [length == 1 for length in ends] == [False, False, True] * 3


def test_each_try_has_a_fate_of_its_own_that_the_order_does_not_change():
    text = "{chaos: [{chance: 50%, error: slow_down}], rules: [{replies: [Hi]}]}"
    calls = [chat(user=str(number)) for number in range(40)]
    forward, backward = decided(text, *calls), decided(text, *calls[::-1])[::-1]
    assert [it.compiled for it in forward] == [it.compiled for it in backward]
    again = decided(text, *calls, *calls)[40:]
    assert {(one.answer.status, other.answer.status) for one, other in zip(forward, again, strict=True)} == {
        (200, 200),
        (200, 429),
        (429, 200),
        (429, 429),
    }


def test_a_rule_has_chaos_of_its_own():
    text = "{rules: [{when: {user: bye}, replies: [Bye]}, {chaos: [error: slow_down], replies: [Hi]}]}"
    bye = chat(messages=[{"role": "user", "content": "bye"}])
    assert fates(text, chat(), bye) == [(429, 1, ["struck by rules[1].chaos[0]: error slow_down"]), (200, 1, [])]


def test_chaos_strikes_otherwise_too():
    assert fates("{chaos: [error: slow_down], otherwise: Hi}", chat())[0][0] == 429


def test_what_nobody_scripted_is_no_business_of_chaos():
    text = "{chaos: [error: slow_down], rules: [{when: {user: x}, replies: [a]}]}"
    assert [status for status, _, _ in fates(text, chat(), call("GET", "/v1/models"))] == [400, 200]


def test_what_the_server_holds_is_struck_by_entries_that_name_its_api():
    text = "chaos: [{when: {api: models}, first: 1, error: slow_down}]"
    assert fates(text, *[call("GET", "/v1/models")] * 2) == [
        (429, 1, ["struck by chaos[0]: error slow_down"]),
        (200, 1, []),
    ]


def test_a_fault_strikes_what_the_server_holds():
    text = "{chaos: [{when: {api: models}, faults: {body: {text: Oops}}}]}"
    (decision,) = decided(text, call("GET", "/v1/models"))
    assert b"".join(step.data for step in decision.compiled.plan if isinstance(step, Send)) == b"Oops"


def test_a_header_that_nobody_understands_takes_no_step():
    text = "{chaos: {header: x-fault}, rules: [{replies: [One, Two]}]}"
    wrong = call("POST", "/v1/chat/completions", ASK, (*JSON_HEADERS, ("X-Fault", "5%")))
    found = decided(text, wrong, chat(), chat())
    assert [it.answer.status for it in found] == [400, 200, 200]


def test_a_client_may_ask_for_a_fault_only_where_the_scenario_lets_it():
    asks = call("POST", "/v1/chat/completions", ASK, (*JSON_HEADERS, ("x-fault", "reset@start")))
    allowed = decided("{chaos: {header: x-fault}, rules: [{replies: [Hi]}]}", asks)
    elsewhere = decided("{rules: [{replies: [Hi]}]}", asks)
    assert allowed[0].compiled.plan == (Reset("x-fault: reset before the head"),)
    assert elsewhere[0].answer.status == 200
    assert len(elsewhere[0].compiled.plan) > 1


def test_windows_are_counted_from_the_first_call_whatever_it_got():
    text = "{chaos: [{from: 30s, for: 10s, error: slow_down}], rules: [{when: {stream: true}, replies: [Hi]}]}"
    times = [(5, False), (34, True), (35, True), (44, True), (45, True)]
    calls = [replace(chat(stream=stream), at_us=1_000_000 * second) for second, stream in times]
    assert [status for status, _, _ in fates(text, *calls)] == [400, 200, 429, 429, 200]


def test_a_try_that_was_struck_has_an_id_of_its_own():
    text = "{chaos: [{first: 1, faults: {status: 503}}], rules: [{replies: [Hi]}]}"
    heads = [decision.compiled.plan[0] for decision in decided(text, chat(), chat(), chat())]
    struck, second, third = (dict(head.headers)["x-request-id"] for head in heads)
    assert struck != second
    assert second == third


LINE = b'{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":%b}'
BATCH = {"input_file_id": "file-in", "endpoint": "/v1/embeddings", "completion_window": "24h"}


def batched(text, *lines):
    """What becomes of a batch of these lines in a namespace of its own, with the namespace's state."""
    scenario = load_text(text)
    decider, state = Decider(), Namespace(scenario)
    state.store.put(Stored("file", "file-in", {"purpose": "batch"}, content=b"\n".join(lines)))

    def ask(method, path, data=None):
        decision = decider.decide(call(method, f"/v1{path}", data), Address(scenario, "", path), state)
        return orjson.loads(b"".join(step.data for step in decision.compiled.plan if isinstance(step, Send)))

    path = f"/batches/{ask('POST', '/batches', BATCH)['id']}"
    for _ in range(3):
        batch = ask("GET", path)
    return batch, state


def test_an_endpoint_can_ask_another_and_no_limit_counts_that():
    embed = LINE % b'{"model":"text-embedding-3-small","input":"Hi"}'
    batch, state = batched("{rules: [], limits: [{requests: 1/min}]}", embed)
    assert batch["request_counts"] == {"total": 1, "completed": 1, "failed": 0}
    assert not list(state.usage.levels())


def test_what_an_endpoint_asks_in_vain_is_not_counted_either():
    batch, state = batched("{rules: [], limits: [{requests: 1/min}]}", LINE % b"{}")
    assert batch["request_counts"] == {"total": 1, "completed": 0, "failed": 1}
    assert not list(state.usage.levels())
