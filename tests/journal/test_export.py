"""JSON lines. The keys are pinned here, because other programs read them."""

import json

import pytest

from mockllm.exchange import Delivery, Ending, Exchange, GateVisit, Outcome, Trouble
from mockllm.journal.export import FORMAT, json_lines, text_of, verb
from mockllm.plan import Close, End, Frame, Gate, Head, HeadRest, Raw, Reset, Send, Wait
from mockllm.request import Call, Headers

CALL = Call(
    "POST",
    "/v1/chat/completions",
    "a=b",
    Headers((("Host", "mock"), ("X-Stainless-Retry-Count", "0"))),
    b'{"model": "\xe2\x98\x83"}',
    at_us=5_000,
    wall_s=1_700_000_000,
    connection=3,
    reused=True,
)
PLAN = (
    Head(200, (("content-type", "text/event-stream"),)),
    Wait(100),
    Send(b"data: 1\n\n", Frame("x")),
    Gate("g"),
    Wait(50),
    Send(b"data: 2\n\n", Frame("x")),
    End(),
)
LEFT = Exchange(
    1,
    "n@a",
    CALL,
    None,
    200,
    PLAN,
    rule="rules[0]",
    why="matched",
    attempt=2,
    unfired=("stall",),
    deliveries=(Delivery(0, 0, 10, 0), Delivery(1, 100, 110, 0), Delivery(2, 100, 120, 9)),
    outcome=Outcome(Ending.LEFT, 3, 400),
    gates=(GateVisit("g", 3, 130),),
)


def lines(*exchanges):
    return [json.loads(line) for line in json_lines(exchanges)]


def test_an_exchange_is_told_whole_and_in_this_shape():
    assert FORMAT == 1
    assert lines(LEFT) == [
        {
            "format": 1,
            "number": 1,
            "namespace": "n@a",
            "rule": "rules[0]",
            "why": "matched",
            "attempt": 2,
            "trouble": None,
            "unfired": ["stall"],
            "at_us": 5_000,
            "wall_s": 1_700_000_000,
            "connection": 3,
            "reused": True,
            "call": {"number": 1, "attempt": 1, "attempts": 1, "gap_us": None},
            "request": {
                "method": "POST",
                "path": "/v1/chat/completions",
                "query": "a=b",
                "headers": [["Host", "mock"], ["X-Stainless-Retry-Count", "0"]],
                "body": '{"model": "☃"}',
                "encoding": "utf-8",
            },
            "response": {
                "status": 200,
                "headers": [["content-type", "text/event-stream"]],
                "body": "data: 1\n\n",
                "encoding": "utf-8",
                "planned_bytes": 18,
                "sent_bytes": 9,
                "unsent_bytes": 9,
            },
            "steps": [
                {"step": 0, "verb": "head", "due_us": 0, "done_us": 10, "bytes": 0},
                {"step": 1, "verb": "wait", "due_us": 100, "done_us": 110, "bytes": 0},
                {"step": 2, "verb": "send", "due_us": 100, "done_us": 120, "bytes": 9},
                {"step": 3, "verb": "gate", "due_us": 100, "done_us": None, "bytes": 0, "gate": "g"},
                {"step": 4, "verb": "wait", "due_us": 150, "done_us": None, "bytes": 0},
                {"step": 5, "verb": "send", "due_us": 150, "done_us": None, "bytes": 9},
                {"step": 6, "verb": "end", "due_us": 150, "done_us": None, "bytes": 0},
            ],
            "gates": [{"name": "g", "step": 3, "reached_us": 130, "passed_us": None}],
            "outcome": {"ending": "client left", "step": 3, "at_us": 400},
        }
    ]


def test_nothing_is_no_line():
    assert lines() == []


def test_what_was_never_answered_has_no_status():
    [told] = lines(Exchange(1, "", Call("GET", "/"), None, 404, (Head(404), End()), trouble=Trouble.UNMATCHED))
    assert told["response"] == {
        "status": None,
        "headers": None,
        "body": "",
        "encoding": "utf-8",
        "planned_bytes": 0,
        "sent_bytes": 0,
        "unsent_bytes": 0,
    }
    assert told["trouble"] == "unmatched"
    assert told["outcome"]["ending"] == "open"


def test_attempts_of_one_call_say_so_with_the_time_between():
    def attempt(number, at_us, count):
        headers = Headers((("x-stainless-retry-count", str(count)),))
        call = Call("POST", "/", headers=headers, at_us=at_us)
        return Exchange(number, "", call, None, 500, (), outcome=Outcome(Ending.COMPLETE, 0, 100))

    told = lines(attempt(1, 0, 0), attempt(2, 10, 0), attempt(3, 600, 1))
    assert [it["call"] for it in told] == [
        {"number": 1, "attempt": 1, "attempts": 2, "gap_us": None},
        {"number": 2, "attempt": 1, "attempts": 1, "gap_us": None},
        {"number": 1, "attempt": 2, "attempts": 2, "gap_us": 500},
    ]


def test_bytes_that_are_no_text_are_told_in_base64():
    assert text_of("é".encode()) == ("é", "utf-8")
    assert text_of(b"\xff\x00") == ("/wA=", "base64")


@pytest.mark.parametrize(
    ("step", "word"),
    [
        (Wait(1), "wait"),
        (Gate("g"), "gate"),
        (Head(200), "head"),
        (HeadRest(), "head_rest"),
        (Send(b"", Frame("")), "send"),
        (Raw(b""), "raw"),
        (End(), "end"),
        (Close(), "close"),
        (Reset(), "reset"),
    ],
)
def test_every_step_has_its_word(step, word):
    assert verb(step) == word
