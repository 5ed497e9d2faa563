"""The checks, asked of a real engine whose exchanges are ended by hand: no server, no time."""

import orjson
import pytest

from mockllm.engine import Engine
from mockllm.exchange import Ending, Exchange, GateVisit, Outcome
from mockllm.request import Call, Headers
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.strict import Check, Evidence, Finding, findings

JSON_TYPE = Headers((("content-type", "application/json"),))


class Played:
    """A scenario and the requests that were made to it."""

    def __init__(self, yaml: str) -> None:
        self.scenario = load_text(yaml)
        self.engine = Engine(Library(scenarios=[self.scenario]))

    def ask(self, text: str = "hello", *, path: str = "/v1/chat/completions", end: bool = True) -> Exchange:
        body = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": text}]}
        exchange = self.engine.handle(Call("POST", path, headers=JSON_TYPE, body=orjson.dumps(body)))
        if end:
            self.engine.finish(exchange, (), Outcome(Ending.COMPLETE))
        return exchange

    def connect(self, number: int) -> None:
        if (exchange := self.engine.connect(number, 0)) is not None:
            self.engine.finish(exchange, (), Outcome(Ending.CUT))

    def evidence(self, *, pointed: bool = False, loaded: str | None = None) -> Evidence:
        states = tuple(self.engine.namespaces().items())
        return Evidence(self.engine.journal.all(), states, loaded, pointed, self.engine.gates.opened())

    def said(self) -> list[str]:
        return [str(finding) for finding in findings(self.evidence())]


def test_a_finding_begins_with_the_name_that_allows_it():
    assert str(Finding(Check.IDLE, "no request arrived")) == "idle: no request arrived"


def test_a_script_that_was_played_to_its_end_has_no_findings():
    played = Played("rules:\n  - replies: [one, {attempts: [{reset: {at: start}}], text: two}]")
    for text in ("a", "b", "b"):
        played.ask(text)
    assert played.said() == []


def test_one_reply_may_be_asked_for_any_number_of_times_and_a_rule_without_a_script_not_at_all():
    played = Played("rules:\n  - {when: {last: hello}, replies: [hi]}\n  - {when: {last: bye}, replies: [bye]}")
    for _ in range(3):
        played.ask()
    assert played.said() == []


def test_an_unmatched_request_is_told_with_the_nearest_rule():
    played = Played("rules:\n  - {when: {last: weather}, replies: [sun]}")
    played.ask("hello")
    assert played.said() == [
        (
            "unmatched: #1 POST /v1/chat/completions, status 400: The nearest rules: rules[0]: last: wanted a text "
            "with 'weather', found 'hello'. Add a rule that matches it, or an `otherwise`, or correct the client."
        )
    ]


def test_a_path_that_is_not_served_is_unmatched():
    played = Played("rules:\n  - replies: [hi]")
    played.ask(path="/v2/chat/completions")
    [said] = played.said()
    assert said.startswith(
        "unmatched: #1 POST /v2/chat/completions, status 404: Invalid URL (POST /v2/chat/completions)"
    )


def test_a_request_after_the_last_reply_is_told():
    played = Played("rules:\n  - {name: greetings, replies: [one, two]}")
    for text in ("a", "b", "c"):
        played.ask(text)
    assert played.said() == [
        (
            "exhausted: #3 POST /v1/chat/completions, greetings, try 1, status 400: the script of greetings is used "
            "up: all 2 replies were given. Add a reply, or say `then: repeat` or `then: loop`. Or find out why the "
            "client asks once more."
        )
    ]


def test_a_reply_that_failed_is_told_with_its_error():
    played = Played("rules: [{replies: [placeholder]}]")
    rule = played.scenario.rules[0].model_validate({"replies": [lambda request: 1 / 0]})
    played.engine.library.put(played.scenario.model_copy(update={"rules": (rule,)}))
    played.ask()
    [said] = played.said()
    assert said.startswith("failed: #1 POST /v1/chat/completions")
    assert "ZeroDivisionError: division by zero" in said
    assert said.endswith("Correct the reply so that it can answer this request.")


def test_findings_come_by_check_and_in_the_order_of_the_requests():
    played = Played("rules:\n  - {when: {last: a}, replies: [one, two]}")
    for text in ("x", "a", "aa", "aaa", "y"):
        played.ask(text)
    assert [said.split(" POST")[0] for said in played.said()] == ["unmatched: #1", "unmatched: #5", "exhausted: #4"]


def test_a_fault_beyond_the_end_is_told_with_the_length_of_the_answer():
    played = Played("name: short\nrules:\n  - replies: [{text: [hi], faults: [{reset: {at: {token: 9}}}]}]")
    played.ask()
    # role, one token, finish, [DONE]
    assert played.said() == [
        (
            "unfired: reset in faults of rules[0].replies[0] of 'short' never fired: the answer has nothing where it "
            "acts. The answer of #1 has 4 frames. Move the fault to a place that the answer has."
        )
    ]


def test_one_frame_is_one_frame():
    played = Played("rules:\n  - replies: [{raw: {body: hi}, faults: [{done: omit}]}]")
    played.ask()
    [said] = played.said()
    assert "The answer of #1 has 1 frame." in said


def test_a_fault_that_fired_once_may_have_no_place_another_time():
    played = Played(
        "rules:\n  - replies: [{text: '{{ request.messages[0].text }}', faults: [{reset: {at: {token: 3}}}]}]"
    )
    played.ask("one two three four five six")
    played.ask("one")
    assert played.engine.journal[1].unfired == ("reset",)
    assert played.said() == []


def test_a_fault_of_a_rule_that_was_never_reached_is_told():
    played = Played(
        "name: two\nrules:\n  - {when: {last: bye}, replies: [{text: hi, faults: [{done: omit}]}]}\n  - replies: [hi]"
    )
    played.ask()
    assert played.said() == [
        (
            "unfired: done in faults of rules[0].replies[0] of 'two' never fired: no request got this reply. "
            "Make the client send try 1, or take the fault out of the script."
        )
    ]


def test_attempts_that_never_came_are_left_over_and_their_faults_did_not_fire():
    played = Played(
        "name: retry\nrules:\n"
        "  - replies: [{text: hi, attempts: [{error: server_error}, {reset: {at: start}}], faults: [{done: omit}]}]"
    )
    played.ask()
    assert played.said() == [
        (
            "unfired: done in faults of rules[0].replies[0] of 'retry' never fired: the client stopped after try 1 of "
            "the same request. Make the client send try 3, or take the fault out of the script."
        ),
        (
            "unfired: reset in attempts[1] of rules[0].replies[0] of 'retry' never fired: the client stopped after try "
            "1 of the same request. Make the client send try 2, or take the fault out of the script."
        ),
        (
            "leftover: rules[0].replies[0] of 'retry' scripts 3 tries of the same request, but only 1 came. Make the "
            "client try again, or shorten `attempts`."
        ),
    ]


def test_tries_of_different_requests_do_not_add_up():
    played = Played("rules:\n  - {replies: [{text: hi, attempts: [{error: server_error}]}]}")
    played.ask("a")
    played.ask("b")
    assert [said.split(":")[0] for said in played.said()] == ["leftover"]


def test_a_rule_that_was_never_reached_has_all_its_tries_left_over():
    played = Played(
        "rules:\n  - {when: {last: bye}, replies: [{text: hi, attempts: [{error: server_error}]}]}\n  - replies: [hi]"
    )
    played.ask()
    [said] = played.said()
    assert "scripts 2 tries of the same request, but only 0 came" in said


@pytest.mark.parametrize(("first", "second", "unfired"), [(8, 9, [0, 1]), (0, 9, [1]), (9, 0, [0]), (0, 1, [])])
def test_of_two_faults_of_one_kind_in_one_step_each_is_told_by_itself(first, second, unfired):
    stalls = ", ".join(f"{{stall: {{at: {{token: {token}}}, for: 1s}}}}" for token in (first, second))
    attempts = "{text: [hi], faults: [STALLS]}, {reset: {at: start}}"
    for scripted, place, tries in (
        ("{text: [hi], faults: [STALLS]}", "faults[{}]", 1),
        (f"{{text: [ho], attempts: [{attempts}]}}", "attempts[0].faults[{}]", 3),
    ):
        played = Played(f"rules:\n  - replies: [{scripted.replace('STALLS', stalls)}]")
        for _ in range(tries):
            played.ask()
        assert [line.split(" of ")[0] for line in played.said()] == [
            f"unfired: stall in {place.format(number)}" for number in unfired
        ]


def test_a_fault_of_otherwise_without_a_place_is_told():
    played = Played("rules: []\notherwise: {text: [hi], faults: [{reset: {at: {token: 9}}}]}")
    played.ask()
    assert played.said() == [
        (
            "unfired: reset of otherwise did not fire: the answer has nothing where it acts. The answer of #1 has 4 "
            "frames. Move the fault to a place that the answer has."
        )
    ]


def test_replies_that_were_not_asked_for_are_left_over():
    played = Played("name: long\nrules:\n  - replies: [one, two, three]")
    played.ask()
    assert played.said() == [
        (
            "leftover: of the 3 replies that rules[0] of 'long' has, 1 went out. Shorten the script, or find out why "
            "the client stopped."
        )
    ]


def test_attempts_of_a_reply_that_was_not_reached_are_not_told_apart_from_it():
    played = Played("rules:\n  - replies: [one, {text: two, attempts: [{error: server_error}]}]")
    played.ask()
    assert [said.split(":")[0] for said in played.said()] == ["leftover"]


def test_a_loop_that_went_round_leaves_nothing():
    played = Played("rules:\n  - {replies: [one, two], then: loop}")
    for text in "abc":
        played.ask(text)
    assert played.said() == []


def test_an_exchange_that_is_still_open_is_left_over():
    played = Played("rules:\n  - replies: [hi]")
    played.ask(end=False)
    assert played.said() == [
        (
            "leftover: #1 POST /v1/chat/completions, rules[0], try 1, status 200 is still being answered. Let the "
            "client read the answer to its end, or close the response before the test ends."
        )
    ]


def test_an_exchange_that_the_end_of_the_server_cut_is_left_over():
    played = Played("rules:\n  - replies: [hi]")
    played.engine.finish(played.ask(end=False), (), Outcome(Ending.STOPPED, 2))
    [said] = played.said()
    assert "status 200 was still being answered when the server stopped. Let the client read" in said


@pytest.mark.parametrize("ending", [Ending.CUT, Ending.LEFT])
def test_an_exchange_that_was_cut_or_left_is_over(ending):
    played = Played("rules:\n  - replies: [hi]")
    played.engine.finish(played.ask(end=False), (), Outcome(ending, 2))
    assert played.said() == []


def test_each_run_of_a_scenario_is_checked_for_itself():
    played = Played("name: two\nrules:\n  - replies: [one, two]")
    played.ask("a", path="/two@left/v1/chat/completions")
    played.ask("a", path="/two@right/v1/chat/completions")
    played.ask("b", path="/two@right/v1/chat/completions")
    [said] = played.said()
    assert said.startswith("leftover: of the 2 replies that rules[0] of 'two@left' has, 1 went out.")


def test_no_request_at_all_is_told_with_how_to_send_one():
    played = Played("rules:\n  - {replies: [one, two]}")
    assert played.said() == [
        "idle: no request arrived: give the client base_url=mockllm.base_url, or call mockllm.env() before it is built."
    ]


def test_a_client_that_was_built_too_early_is_told_so():
    [finding] = findings(Evidence((), (), None, pointed=True))
    assert finding == Finding(
        Check.IDLE,
        "no request arrived: was the client built before env() was called? It reads its base URL when it is built.",
    )


def test_a_scenario_that_was_loaded_and_never_asked_is_told_where_the_requests_went():
    played = Played("name: used\nrules:\n  - replies: [hi]")
    played.ask()
    assert [str(finding) for finding in findings(played.evidence(loaded="unused"))] == [
        (
            "idle: no request arrived for the scenario 'unused', which was loaded; what came went to used. Use "
            "base_url as it is, or do not load what the test does not use."
        )
    ]


def test_a_scenario_that_was_asked_in_any_run_is_not_idle():
    played = Played("name: used\nrules:\n  - replies: [hi]")
    played.ask(path="/used@run/v1/chat/completions")
    assert findings(played.evidence(loaded="used")) == ()


def test_a_request_that_went_nowhere_is_unmatched_and_not_idle_too():
    played = Played("name: used\nrules:\n  - replies: [hi]")
    played.ask(path="/chat/completions")
    assert [finding.check for finding in findings(played.evidence(loaded="used"))] == [Check.UNMATCHED]


@pytest.mark.parametrize("allow", [["leftover"], (Check.LEFTOVER,), frozenset({"leftover", "idle"})])
def test_what_is_allowed_is_left_out(allow):
    played = Played("rules:\n  - {when: {last: hello}, replies: [one, two]}")
    played.ask("hello")
    played.ask("x")
    assert [finding.check for finding in findings(played.evidence(), allow=allow)] == [Check.UNMATCHED]


GATED = "name: gated\nrules:\n  - replies: [{text: hi, faults: [gate: first]}]"
NOBODY = (
    "idle: #1 POST /v1/chat/completions, rules[0], try 1, status 200 waits at the gate 'first', which nobody opened. "
    "Call mockllm.open('first'), or let the client give up before the test ends."
)


@pytest.mark.parametrize("ending", [Ending.OPEN, Ending.STOPPED, Ending.SHUT, Ending.LOST])
def test_an_exchange_that_still_waits_at_a_gate_is_told_once_with_the_gate(ending):
    played = Played(GATED)
    exchange = played.ask(end=False)
    played.engine.at_gate(exchange, GateVisit("first", 0, 5))
    if ending is not Ending.OPEN:
        played.engine.finish(exchange, (), Outcome(ending))
    assert played.said() == [NOBODY]


@pytest.mark.parametrize("ending", [Ending.LEFT, Ending.COMPLETE])
def test_an_exchange_that_left_a_gate_or_passed_it_is_nothing_to_tell(ending):
    played = Played(GATED)
    exchange = played.ask(end=False)
    passed = 6 if ending is Ending.COMPLETE else None
    played.engine.at_gate(exchange, GateVisit("first", 0, 5, passed))
    played.engine.finish(exchange, (), Outcome(ending))
    assert played.said() == []


def test_a_gate_that_was_opened_and_to_which_nobody_came_is_told_with_those_to_which_they_did():
    played = Played(GATED)
    played.engine.gates.open("gated", "frist")
    played.engine.gates.open("gated@run", "first")
    exchange = played.ask()
    played.engine.at_gate(exchange, GateVisit("first", 0, 5, 6))
    assert played.said() == [
        (
            "idle: the gate 'frist' of 'gated' was opened, but no exchange came to it; they came to first. Correct its "
            "name or its run, or take the call away."
        ),
        (
            "idle: the gate 'first' of 'gated@run' was opened, but no exchange came to it. Correct its name or its "
            "run, or take the call away."
        ),
    ]


def test_chaos_that_never_struck_is_nobodys_mistake():
    played = Played("{chaos: [{chance: 0%, faults: {reset: {at: start}}}], rules: [{replies: [hi]}]}")
    played.ask()
    assert played.said() == []


def test_a_strike_without_a_place_is_told():
    played = Played("{chaos: [faults: {reset: {at: {token: 9}}}], rules: [{replies: [{text: [hi]}]}]}")
    played.ask()
    assert played.said() == [
        (
            "unfired: chaos[0]: reset of rules[0] did not fire: the answer has nothing where it acts. The answer of #1 "
            "has 4 frames. Move the fault to a place that the answer has."
        )
    ]


def test_a_strike_that_had_its_place_some_other_time_is_not_told():
    text = "{chaos: [faults: {reset: {at: {token: 2}}}], rules: [{replies: [{text: [hi]}, {text: [o, n, e]}]}]}"
    played = Played(text)
    played.ask("a")
    assert [said.split(":")[0] for said in played.said()] == ["unfired", "leftover"]
    played.ask("b")
    assert played.said() == []


def test_a_scripted_fault_that_chaos_left_no_chance_is_not_told():
    text = "{chaos: [error: slow_down], rules: [{replies: [{text: hi, faults: [reset: {at: {token: 1}}]}]}]}"
    played = Played(text)
    played.ask()
    assert played.said() == []


def test_strikes_that_take_each_others_place_are_not_told():
    text = """
        chaos: [{faults: {reset: {at: start}}}, {faults: {truncate: {at: {token: 1}}}}]
        rules: [{replies: [hi]}]
    """
    played = Played(text)
    played.ask()
    assert played.said() == []


def test_what_no_connection_met_is_told():
    played = Played("accept: [reset, serve, {stall: 1s}]\nrules: [{replies: [hi]}]")
    played.connect(1)
    played.ask()
    assert played.said() == [
        (
            "unfired: stall in accept[2] of 'scenario' never fired: 1 connection came while it was the default "
            "scenario. Let the client connect as often, or shorten `accept`."
        )
    ]
    played.connect(2)
    assert "2 connections came" in played.said()[0]
    played.connect(3)
    assert played.said() == []


def test_a_leave_that_nobody_asked_for_is_told():
    played = Played("expect_continue: ignore\nrules: [{replies: [hi]}]")
    exchange = played.ask()
    assert played.said() == [
        (
            "unfired: expect_continue of 'scenario' never fired: no client asked for leave to send its body. Let it "
            "send `Expect: 100-continue`, or drop the key."
        )
    ]
    assert played.engine.leave(exchange.call) is False
    assert played.said() == []
