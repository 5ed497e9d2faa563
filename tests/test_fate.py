"""What chaos makes of a try: its step, its traces, and what is reported."""

import pytest

from mockllm.compile import Compiled
from mockllm.errors import ApiError
from mockllm.fate import Fate, Prospect
from mockllm.namespace import Namespace
from mockllm.plan import End, Frame, Head, Reset, Send
from mockllm.request import Call, Headers, Request
from mockllm.scenario.chaos import Blow, Strike
from mockllm.scenario.load import load_text
from mockllm.scenario.reply import ErrorReply
from mockllm.scenario.script import step_of
from mockllm.seeds import Seed

SEED = Seed.of("test")
TEXT = "rules: [{replies: [{text: Hi, faults: [{split: {bytes: 1}}]}]}]"


def strike(by, **blow):
    return Strike.of(by, Blow.model_validate(blow))


def request(**headers):
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Request("chat", Call("POST", "/v1/chat/completions", headers=Headers(pairs)))


def scripted():
    return step_of(load_text(TEXT).rules[0].replies[0], 1)


def met(text, asked, attempt=1):
    scenario = load_text(text)
    rule = (0, scenario.rules[0]) if scenario.rules else None
    return Prospect.of(asked, scenario, rule).fate(asked, Namespace(scenario), SEED, attempt)


def test_without_chaos_nothing_happens():
    fate = met(TEXT, request(x_mockllm_fault="hang"))
    assert not fate
    assert fate.titles() == ()


def test_faults_come_after_those_of_the_step():
    step = scripted()
    changed = Fate((strike("chaos[0]", faults={"hang": {}}),)).step(step)
    assert changed.reply is step.reply
    assert [fault.title for fault in changed.faults] == ["split", "chaos[0]: hang"]


def test_an_error_takes_the_place_of_the_reply_and_of_its_faults():
    changed = Fate((strike("chaos[0]", error="slow_down", faults={"slow_headers": {"every": "1s"}}),)).step(scripted())
    assert isinstance(changed.reply, ErrorReply)
    assert changed.reply.error.code == "slow_down"
    assert [fault.title for fault in changed.faults] == ["chaos[0]: slow_headers"]


def test_what_left_no_cause_of_its_own_stands_at_the_head():
    fate = Fate((strike("chaos[1]", error="slow_down"), strike("chaos[2]", faults={"reset": {"at": "headers"}})))
    plan = (Head(429), Reset("chaos[2]: reset after the head"))
    assert fate.told(Compiled(plan, ())).plan == (
        Head(429, cause="chaos[1]: error slow_down"),
        Reset("chaos[2]: reset after the head"),
    )


def test_a_head_keeps_the_cause_that_it_has():
    fate = Fate((strike("chaos[0]", error={"status": 418}),))
    plan = (Head(418, cause="fault: headers"), End())
    assert fate.told(Compiled(plan, ())).plan[0].cause == "fault: headers, chaos[0]: error 418"


def test_an_answer_without_a_head_has_no_place_for_a_trace():
    plan = (Reset("chaos[1]: reset before the head"),)
    fate = Fate((strike("chaos[0]", faults={"no_space": {}}), strike("chaos[1]", faults={"reset": {"at": "start"}})))
    assert fate.told(Compiled(plan, ())).plan == plan


def test_a_plan_that_tells_everything_is_left_as_it_is():
    plan = (Head(200), Send(b"x", Frame("x"), cause="chaos[0]: patch"), End())
    told = Fate((strike("chaos[0]", faults={"patch": {"remove": "$.a"}}),)).told(Compiled(plan, ()))
    assert told.plan is plan


def test_only_what_chaos_asked_for_is_reported_without_a_place():
    plan = (Head(200), End())
    told = Fate((strike("chaos[0]", faults={"done": "omit"}),)).told(Compiled(plan, ("split", "chaos[0]: done")))
    assert told == Compiled(plan, ("chaos[0]: done",))


def test_a_single_strike_acted_if_it_had_a_place_and_of_several_each_is_excused():
    one, other = strike("chaos[0]", faults={"done": "omit"}), strike("chaos[1]", faults={"hang": {}})
    assert Fate((one,)).acted(("chaos[0]: done",)) == ()
    assert Fate((one,)).acted(()) == ("chaos[0]: done",)
    assert Fate((one, other)).acted(("chaos[0]: done",)) == ("chaos[0]: done", "chaos[1]: hang")


def test_why_has_a_line_for_each_strike():
    one = strike("chaos[0]", error="slow_down", faults=[{"slow_headers": {"every": "1s"}}])
    other = strike("rules[0].chaos[1]", faults={"hang": {}})
    assert Fate((one, other)).why() == (
        "\nstruck by chaos[0]: error slow_down, slow_headers\nstruck by rules[0].chaos[1]: hang"
    )


def test_the_rule_comes_before_the_scenario():
    text = "{chaos: [faults: {hang: {}}], rules: [{chaos: [faults: {hang: {}}], replies: [Hi]}]}"
    assert met(text, request()).titles() == ("rules[0].chaos[0]: hang", "chaos[0]: hang")


def test_a_client_that_asks_gets_what_it_asks_for_and_nothing_else():
    text = "{chaos: {header: X-Mockllm-Fault, entries: [faults: {hang: {}}]}, rules: []}"
    assert met(text, request(x_mockllm_fault="reset@start")).titles() == ("x-mockllm-fault: reset",)
    assert met(text, request()).titles() == ("chaos[0]: hang",)


def test_a_header_that_both_allow_is_read_once():
    text = "{chaos: {header: x-fault}, rules: [{chaos: {header: X-Fault}, replies: [Hi]}]}"
    assert met(text, request(x_fault="hang")).titles() == ("x-fault: hang",)


def test_a_header_that_nobody_understands_is_refused():
    scenario = load_text("chaos: {header: x-fault}")
    with pytest.raises(ApiError, match="the header x-fault cannot be understood"):
        Prospect.of(request(x_fault="5%"), scenario)


def test_what_is_asked_for_is_not_counted():
    scenario = load_text("chaos: {header: x-fault, entries: [{first: 1, error: slow_down}]}")
    state = Namespace(scenario)
    for asked, titles in [(request(x_fault="hang"), "x-fault: hang"), (request(), "chaos[0]: error slow_down")]:
        assert Prospect.of(asked, scenario).fate(asked, state, SEED, 1).titles() == (titles,)
    assert state.counts.seen == {"chaos[0]": 1}
