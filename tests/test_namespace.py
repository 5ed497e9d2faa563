import pytest

from mockllm import namespace
from mockllm.errors import ApiError
from mockllm.namespace import Namespace
from mockllm.request import Call, Request
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.load import load_text, load_value
from mockllm.scenario.script import step_of
from mockllm.store import Stored


def asked(name):
    return Request("chat", Call("POST", "/"), fingerprint=name)


def state(*replies, then=None):
    """A function that takes the next step for a request by name, as (reply, attempt)."""
    rule = Rule(replies=replies, then=then)
    found = Namespace(Scenario(rules=(rule,)))
    return lambda name: found.take(0, rule, asked(name))


TWICE = {"text": "A", "attempts": [{"error": {"status": 500}}, {"error": {"status": 503}}]}


def test_replies_are_taken_in_order_one_for_each_request():
    take = state("A", "B")
    assert [take("x"), take("y")] == [(0, 1), (1, 1)]


def test_a_longer_script_ends():
    take = state("A", "B")
    assert [take("x"), take("y"), take("z"), take("z")] == [(0, 1), (1, 1), None, None]


def test_one_reply_repeats_for_ever():
    take = state("A")
    assert [take("x"), take("x"), take("y")] == [(0, 1), (0, 2), (0, 1)]


@pytest.mark.parametrize(("then", "after"), [("repeat", [1, 1, 1]), ("loop", [0, 1, 0])])
def test_a_used_up_script_goes_on_as_it_says(then, after):
    take = state("A", "B", then=then)
    assert [take(str(number))[0] for number in range(5)] == [0, 1, *after]


def test_tries_of_one_request_walk_through_its_attempts():
    take = state(TWICE)
    assert [take("x") for _ in range(5)] == [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5)]


def test_a_retry_never_eats_the_next_reply():
    take = state(TWICE, "B")
    assert [take("x") for _ in range(3)] == [(0, 1), (0, 2), (0, 3)]
    assert take("y") == (1, 1)


def test_the_same_request_after_its_attempts_gets_the_next_reply():
    take = state(TWICE, "B")
    assert [take("x") for _ in range(4)] == [(0, 1), (0, 2), (0, 3), (1, 1)]


def test_interleaved_requests_do_not_mix_their_attempts():
    take = state(TWICE, TWICE)
    assert [take("x"), take("y"), take("y"), take("x"), take("x"), take("y")] == [
        (0, 1),
        (1, 1),
        (1, 2),
        (0, 2),
        (0, 3),
        (1, 3),
    ]


def test_in_a_loop_attempts_are_not_given_again_to_the_same_request():
    take = state(TWICE, "B", then="loop")
    assert [take("x") for _ in range(5)] == [(0, 1), (0, 2), (0, 3), (1, 1), (0, 4)]
    assert take("y") == (1, 1)
    assert take("z") == (0, 1)


def test_rules_have_positions_of_their_own():
    rules = (Rule(replies=("A", "B")), Rule(replies=("C", "D")))
    found = Namespace(Scenario(rules=rules))
    assert found.take(0, rules[0], asked("x")) == (0, 1)
    assert found.take(1, rules[1], asked("x")) == (0, 1)
    assert found.take(0, rules[0], asked("x")) == (1, 1)


def test_the_oldest_request_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(namespace, "MOST_REMEMBERED", 2)
    take = state(TWICE)
    assert [take("x"), take("y"), take("z"), take("y"), take("x")] == [(0, 1), (0, 1), (0, 1), (0, 2), (0, 1)]


FAULTY = {
    "text": "A",
    "faults": [{"reset": {"at": "done"}}, {"stall": {"at": "end"}}],
    "attempts": [{"status": 500}, {"text": "B", "faults": [{"done": "omit"}]}],
}


def test_faults_that_had_a_place_are_noted_under_their_try():
    rule = Rule(replies=(FAULTY,))
    found = Namespace(Scenario(rules=(rule,)))
    found.fire(0, 0, 1, step_of(rule.replies[0], 1), ())
    assert found.fired == {(0, 0, 1, 0), (0, 0, 1, 1), (0, 0, 1, 2)}, "the reply's own two, and that of the try"
    found.fire(0, 0, 2, step_of(rule.replies[0], 2), (0,))
    assert (0, 0, 2, 0) not in found.fired


@pytest.mark.parametrize("attempt", [3, 4, 9])
def test_all_tries_after_the_scripted_ones_are_the_reply_itself(attempt):
    rule = Rule(replies=(FAULTY,))
    found = Namespace(Scenario(rules=(rule,)))
    found.fire(0, 0, attempt, step_of(rule.replies[0], attempt), (1,))
    assert found.fired == {(0, 0, 0, 0)}


# Rate limits.

LIMITED = load_value({"limits": {"requests": "2/min", "models": "gpt-4o"}})
MINUTE_US = 60_000_000


def charged(found, at_us=0, model="gpt-4o"):
    """The remaining requests that the headers tell."""
    told = found.charge(Request("chat", Call("POST", "/", at_us=at_us), model=model))
    return dict(told.told).get("x-ratelimit-remaining-requests")


def test_without_limits_and_beside_them_nothing_is_charged_or_told():
    assert charged(Namespace(Scenario())) is None
    found = Namespace(LIMITED)
    assert charged(found, model="gpt-9") is None
    assert found.usage.meters == {}


def test_each_request_takes_from_its_limit_which_fills_again_with_time():
    found = Namespace(LIMITED)
    assert [charged(found), charged(found)] == ["1", "0"]
    assert charged(found, at_us=MINUTE_US) == "1"


def test_above_the_limit_a_request_is_refused_and_another_namespace_is_not():
    found, other = Namespace(LIMITED), Namespace(LIMITED)
    charged(found), charged(found)
    with pytest.raises(ApiError) as caught:
        charged(found)
    assert (caught.value.status, caught.value.code) == (429, "rate_limit_exceeded")
    assert charged(other) == "1"


def test_the_first_call_begins_the_time_and_later_ones_change_nothing():
    state = Namespace(load_text("rules: []"))
    assert state.elapsed_us(7) == 0
    state.begin(5_000)
    state.begin(9_000)
    assert [state.elapsed_us(now_us) for now_us in (5_000, 8_000, 4_000)] == [0, 3_000, 0]


def test_a_request_that_was_told_to_stay_gets_the_same_reply_again():
    scenario = load_text("rules: [{replies: [One, Two]}]")
    state, (rule,) = Namespace(scenario), scenario.rules
    assert state.take(0, rule, asked("a")) == (0, 1)
    state.stay(0, 0, asked("a"))
    assert [state.take(0, rule, asked("a")) for _ in range(2)] == [(0, 2), (1, 1)]


def test_what_is_kept_is_counted_by_request_and_has_the_time_of_its_call():
    found = Namespace(Scenario())
    request = Request("responses", Call("POST", "/", at_us=7), fingerprint="x")
    found.keep((Stored("response", "a", {}),), request)
    found.keep((), request)
    found.keep((Stored("response", "b", {}),), request)
    assert found.copies == {"x": 2}
    assert [(stored.id, stored.at_us) for stored in found.store.all("response")] == [("a", 7), ("b", 7)]
