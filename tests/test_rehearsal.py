"""A rehearsal decides as the engine would, and changes nothing."""

import pytest

from mockllm.engine import Engine
from mockllm.exchange import Trouble
from mockllm.limits import Place
from mockllm.plan import render
from mockllm.rehearsal import misses, rehearse
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.library import Library
from tests.calls import chat, engine

SCRIPT = "{name: s, rules: [{name: bye, when: {last: bye}, replies: [never]}, {replies: [one, two], then: loop}]}"


def words(rehearsal):
    return render(rehearsal.decision.compiled.plan)


def test_it_is_what_the_next_call_gets():
    server = engine("{name: s, rules: [{replies: [one, two]}]}")
    first = rehearse(server, chat(stream=True))
    assert '"one"' in words(first)
    assert render(server.handle(chat(stream=True)).plan) == words(first)
    second = rehearse(server, chat(stream=True, user="another"))
    assert '"two"' in words(second)
    assert render(server.handle(chat(stream=True, user="another")).plan) == words(second)


def test_nothing_moves_on_by_it():
    server = engine(SCRIPT)
    server.handle(chat())
    before = server.state("s")
    told = [words(rehearse(server, chat(stream=True, user=str(number)))) for number in range(5)]
    assert ['"two"' in it for it in told] == [True] * 5
    assert server.state("s") == before
    assert len(server.journal) == 1


def test_a_namespace_that_nobody_has_used_gets_no_state():
    server = engine(SCRIPT)
    assert rehearse(server, chat("/@new/v1")).namespace == "s@new"
    assert server.namespaces() == {}


def test_limits_are_asked_and_not_charged():
    server = engine("{name: s, limits: [{requests: 1/min}], rules: [{replies: [hi]}]}")
    assert [rehearse(server, chat()).decision.answer.status for _ in range(3)] == [200, 200, 200]
    server.handle(chat())
    assert rehearse(server, chat()).decision.answer.status == 429


def test_a_place_is_not_taken():
    server = engine("{name: s, limits: [{concurrent: 1}], rules: [{replies: [hi]}]}")
    decision = rehearse(server, chat()).decision
    assert decision.place is not Place.WAITS
    assert server.handle(chat()).status == 200


def test_the_rules_before_are_told_with_their_reasons():
    found = rehearse(engine(SCRIPT), chat())
    assert found.decision.rule == "rules[1]"
    assert [miss.partition(":")[0] for miss in found.misses] == ["bye"]


@pytest.mark.parametrize(
    ("base", "status", "trouble"), [("/nowhere/v1", 404, Trouble.UNMATCHED), ("/broken/v1", 500, Trouble.FAILED)]
)
def test_a_call_that_leads_nowhere_is_refused(tmp_path, base, status, trouble):
    (tmp_path / "broken.yaml").write_text("rules: 1")
    found = rehearse(Engine(Library.of_paths([tmp_path])), chat(base))
    assert (found.namespace, found.decision.answer.status, found.decision.trouble) == ("", status, trouble)
    assert found.misses == ()


def test_a_reply_that_is_a_function_is_called():
    server = Engine(Library(scenarios=[Scenario(name="s", rules=[Rule(replies=[lambda request: request.model])])]))
    server.handle(chat())
    assert '"g' in words(rehearse(server, chat(stream=True)))


def test_what_was_not_read_has_no_misses():
    assert misses(None, None) == ()
