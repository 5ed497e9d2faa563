import pytest

from mockllm.address import Address
from mockllm.decision import Decider, failed, refused
from mockllm.errors import ApiError, MockLLMError
from mockllm.exchange import Trouble
from mockllm.namespace import Namespace
from mockllm.scenario.load import load_text
from tests.calls import call, chat


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
