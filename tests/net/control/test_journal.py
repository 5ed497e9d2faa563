"""What happened, read in every form, and waiting for it."""

import json
import threading

import pytest

from mockllm.control import journal, namespaces
from mockllm.control.journal import AskClear, AskEvent, AskIdle, AskJournal
from mockllm.control.namespaces import Bind
from mockllm.control.wire import unpacked
from tests.net.control.conftest import PATIENCE_S

HANGS = "rules: [{replies: [{text: hi, faults: [{stall: {at: headers}}]}]}]"


def test_the_record_in_every_form(served, call, ask):
    ask("hello@a", "first")
    ask("hello@b", "second")
    told = call(journal.GET, AskJournal())
    assert ([it["namespace"] for it in told.exchanges], told.dropped) == (["hello@a", "hello@b"], 0)
    lines = call(journal.LINES, AskJournal()).text
    assert [json.loads(line) for line in lines.splitlines()] == list(told.exchanges)
    entries = call(journal.HAR, AskJournal()).log["entries"]
    assert [it["_mockllm_namespace"] for it in entries] == ["hello@a", "hello@b"]
    records = call(journal.RECORDS, AskJournal()).records
    assert [unpacked(it).call for it in records] == [it.call for it in served.journal]


def test_the_record_is_narrowed_down(call, ask, refusal):
    ask("hello@a")
    ask("hello@b")
    ask("nowhere")

    def numbers(**only):
        return [it["number"] for it in call(journal.GET, AskJournal(**only)).exchanges]

    assert numbers(namespace="hello@b") == [2]
    assert numbers(rule="rules[0]") == [1, 2]
    assert numbers(since=1) == [2, 3]
    assert numbers(outcome="complete", since=2) == [3]
    refused = refusal(journal.GET, AskJournal(outcome="compleet"))
    assert (refused.status, refused.code) == (400, "wrong_fields")
    assert "did you mean 'complete'" in str(refused)


def test_the_record_is_cleared_and_state_stays(call, ask):
    ask("hello@a")
    ask("hello@b")
    assert call(journal.CLEAR, AskClear(namespace="hello@a")).exchanges == 1
    assert call(journal.CLEAR, AskClear()).exchanges == 0
    assert "hello@a" in call(namespaces.LIST, namespaces.Nothing()).namespaces


def test_waiting_for_quiet(served, call, asker):
    assert call(journal.WAIT_IDLE, AskIdle()).idle
    call(namespaces.BIND, Bind(namespace="@a", scenario=HANGS))
    hanging = asker(f"{served.url}/@a/v1", stream=True)
    served.wait_for("arrived")
    told = call(journal.WAIT_IDLE, AskIdle(timeout_s=0.01))
    assert not told.idle
    assert told.open == ("#1 POST /@a/v1/chat/completions, rules[0], try 1, status 200",)
    assert call(journal.WAIT_IDLE, AskIdle(namespace="@b", timeout_s=0)).idle
    hanging.connection.close()
    assert call(journal.WAIT_IDLE, AskIdle(timeout_s=PATIENCE_S)).idle


def test_an_event_that_has_happened_is_told_at_once(call, ask):
    ask("hello@a")
    told = call(journal.WAIT_FOR, AskEvent(event="ended", namespace="hello@a", when={"last": "hello"}, timeout_s=0))
    assert (told.happened, told.exchanges, told.instead) == (True, (1,), None)


def test_an_event_is_told_as_soon_as_it_happens(call, ask):
    found = []
    waiting = threading.Thread(
        target=lambda: found.append(call(journal.WAIT_FOR, AskEvent(event="arrived", count=2, timeout_s=PATIENCE_S)))
    )
    waiting.start()
    ask()
    ask()
    waiting.join(PATIENCE_S)
    assert found[0].exchanges == (1, 2)


def test_what_did_not_happen_is_told_with_what_did(call, ask):
    ask("hello@a")
    ask("hello@b", "not mine")
    told = call(journal.WAIT_FOR, AskEvent(event="left", namespace="hello@a", timeout_s=0))
    assert (told.happened, told.exchanges) == (False, ())
    assert "waited 0 s for 1 exchange whose client left of namespace 'hello@a', found 0" in told.instead
    assert "/hello@a/v1" in told.instead
    assert "/hello@b/v1" not in told.instead


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"event": "arived"}, "did you mean 'arrived'"),
        ({"event": "arrived", "gate": "g"}, "has no gate"),
        ({"event": "ended", "outcome": "done"}, "no exchange ends with 'done'"),
        ({"event": "ended", "when": {"lst": "x"}}, "this is not a matcher"),
    ],
)
def test_words_that_there_are_not_are_refused(refusal, fields, words):
    refused = refusal(journal.WAIT_FOR, AskEvent(**fields))
    assert refused.status == 400
    assert words in str(refused)
