"""One exchange of a server that runs, and what a request would be answered now."""

import base64

from mockllm.control import exchanges, gates, namespaces
from mockllm.control.exchanges import AskExchange, AskExplain
from mockllm.control.gates import OpenGate
from mockllm.control.namespaces import Bind, OneNamespace

GATED = "{name: g, rules: [{replies: [{text: a b c, faults: [{gate: {name: m, at: {token: 2}}}]}]}]}"
BODY = '{"model": "m", "messages": [{"role": "user", "content": "hi"}]}'
PATH = "/v1/chat/completions"


def test_an_exchange_that_has_ended_is_told_in_full(call, ask):
    ask()
    told = call(exchanges.GET, AskExchange(number=1))
    assert (told.row.ending, told.row.rule, told.misses) == ("complete", "rules[0]", ())
    assert all(step.done_us is not None for step in told.plan)
    assert told.plan[0].wire.startswith("HTTP/1.1 200 OK\r\n")


def test_one_that_is_open_is_told_as_far_as_it_has_come(served, call, asker):
    call(namespaces.BIND, Bind(namespace="@g", scenario=GATED))
    answer = asker(f"{served.url}/@g/v1", stream=True).later()
    served.wait_for("gate")
    told = call(exchanges.GET, AskExchange(number=1))
    assert told.row.gate == "m"
    assert [step.what for step in told.plan if step.done_us is not None] == [
        "200 text/event-stream",
        "role",
        '"a"',
        '" b"',
    ]
    assert told.row.done == 4
    call(gates.OPEN, OpenGate(namespace="@g", gate="m"))
    assert answer()[0] == 200


def test_one_that_is_not_there_is_refused(refusal):
    refused = refusal(exchanges.GET, AskExchange(number=5))
    assert (refused.status, refused.code) == (404, "no_such_exchange")


def test_a_request_is_explained_and_nothing_moves(served, call):
    call(
        namespaces.BIND, Bind(namespace="@x", scenario="{rules: [{when: {last: bye}, replies: [x]}, {replies: [yo]}]}")
    )
    told = call(exchanges.EXPLAIN, AskExplain(path=f"/@x{PATH}", body=BODY))
    assert (told.namespace, told.rule, told.status, told.attempt) == ("default@x", "rules[1]", 200, 1)
    assert '"yo"' in told.body
    assert dict(told.headers)["content-type"] == "application/json"
    assert "send   #0" in told.timeline
    assert told.misses == ("rules[0]: last: wanted a text with 'bye', found 'hi'",)
    served.journal.assert_requests(0)
    assert call(namespaces.GET, OneNamespace(namespace="@x")).state is None


def test_a_body_may_be_bytes(call):
    told = call(
        exchanges.EXPLAIN, AskExplain(path=PATH, body=base64.b64encode(BODY.encode()).decode(), encoding="base64")
    )
    assert told.status == 200


def test_what_is_no_base64_is_refused(refusal):
    assert refusal(exchanges.EXPLAIN, AskExplain(path=PATH, body="é", encoding="base64")).code == "wrong_fields"


def test_an_answer_that_is_cut_before_its_head_has_no_headers(call):
    call(
        namespaces.BIND,
        Bind(namespace="@c", scenario="{rules: [{replies: [{text: a, faults: [{reset: {at: start}}]}]}]}"),
    )
    told = call(exchanges.EXPLAIN, AskExplain(path=f"/@c{PATH}", body=BODY))
    assert (told.headers, told.body, told.status) == ((), "", 200)
    assert told.timeline.rstrip().endswith("(fault: reset before the head)")
