"""From a call to an exchange under a number that somebody else chose; nothing is recorded."""

from mockllm.engine import Engine
from mockllm.errors import ApiError
from mockllm.exchange import Trouble
from mockllm.hearing import CONNECTION, at_base, knock, turn
from mockllm.plan import FOREVER_US, Gate
from mockllm.scenario.library import Library
from tests.calls import chat, engine, error, sent

ONE = "{limits: {concurrent: 1, queue: 1}, rules: [{replies: [one]}]}"


def test_an_exchange_has_the_number_it_was_given_and_no_record():
    served = engine(ONE)
    exchange = served.hearing.decide(chat(), 42)
    assert (exchange.number, exchange.namespace, exchange.rule) == (42, "scenario", "rules[0]")
    assert len(served.journal) == 0
    assert served.get("scenario").usage.places.keys() == {42}


def test_one_that_waits_for_a_place_comes_to_a_gate_of_its_own():
    served = engine(ONE)
    served.hearing.decide(chat(), 42)
    assert served.hearing.decide(chat(), 43).plan[0] == Gate(turn(43), "limits: concurrent", FOREVER_US)
    assert served.hearing.leave(43) is served.get("scenario")
    assert served.hearing.leave(43) is None


def test_a_call_that_is_nobodys_and_one_that_is_too_large_are_refused():
    served = engine("{name: a}", "{name: b}")
    nobody = served.hearing.decide(chat("/c/v1"), 7)
    assert (nobody.number, nobody.namespace, nobody.trouble, nobody.status) == (7, "", Trouble.UNMATCHED, 404)
    assert served.hearing.refuse_size(chat("/c/v1"), 5, 8).namespace == ""
    large = served.hearing.refuse_size(chat("/b/v1"), 5, 8)
    assert (large.number, large.namespace, large.status) == (8, "b", 413)


def test_a_refusal_for_which_nothing_is_known_has_no_number():
    refusal = engine(ONE).hearing.refuse(chat(), ApiError(503, "gone", code="x", headers=(("retry-after", "1"),)))
    assert (refusal.number, refusal.namespace, error(refusal)["code"]) == (0, "", "x")


def test_a_knock_belongs_to_the_default_scenario():
    call = knock(3, 5, 7)
    assert (call.method, call.path, call.connection, call.at_us, call.wall_s) == (CONNECTION, "*", 3, 5, 7)
    assert at_base(call).path == "/v1"
    served = engine("{name: a, accept: [reset, serve]}")
    assert served.hearing.based(call).namespace == "a"
    assert served.hearing.meet(call, 9).number == 9
    assert served.hearing.meet(call, 10) is None
    assert engine().hearing.meet(call, 9) is None


def test_leave_is_given_refused_or_answered():
    assert engine().hearing.permit(chat(), 1) is True
    assert engine("{name: a}").hearing.permit(chat(), 1) is True
    assert engine("{name: a, expect_continue: ignore}").hearing.permit(chat(), 1) is False
    answer = engine("{name: a, expect_continue: {status: 417}}").hearing.permit(chat(), 5)
    assert (answer.number, answer.status, answer.rule) == (5, 417, "expect_continue")


def test_a_scenario_that_cannot_be_read_fails_the_call(tmp_path):
    (tmp_path / "a.yaml").write_text("rulez: []")
    served = Engine(Library.of_paths([tmp_path]))
    failed = served.hearing.decide(chat(), 3)
    assert (failed.number, failed.status, failed.trouble) == (3, 500, Trouble.FAILED)


def test_what_is_remembered_changes_no_answer():
    served = engine("rules: [{replies: [one]}]")
    first = served.hearing.decide(chat(), 1)
    served.hearing.clear()
    assert sent(served.hearing.decide(chat(), 2)) == sent(first)
