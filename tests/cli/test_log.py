"""What is told of exchanges and events."""

import json
import logging
from dataclasses import replace

import pytest

from mockllm.cli.log import Log, LogHandler, line, record_of
from mockllm.engine import HEALTH, Engine
from mockllm.errors import Problem
from mockllm.exchange import Delivery, Ending, Exchange, Outcome, Trouble
from mockllm.plan import End, Frame, Head, Reset, Send, Wait, stamp
from mockllm.request import Call
from mockllm.scenario.library import Library

FRAMES = stamp((Frame("a"), Frame("b")))
PLAN = (
    Head(200, (("content-type", "text/event-stream"),)),
    Wait(250_000),
    Send(b"aaaa", FRAMES[0], 0),
    Send(b"bb", FRAMES[1], 4),
    Send(b"bb", FRAMES[1], 6),
    End(),
)
TIMES = (100, 250_050, 250_100, 250_150, 1_250_200, 1_250_300)
BYTES = (0, 0, 4, 2, 2, 0)
WHOLE = Exchange(
    3,
    "talk@run1",
    Call("POST", "/talk@run1/v1/chat/completions"),
    None,
    200,
    PLAN,
    rule="rules[0]",
    deliveries=tuple(Delivery(step, due, due, BYTES[step]) for step, due in enumerate(TIMES)),
    outcome=Outcome(Ending.COMPLETE, 5),
)


def test_a_finished_exchange_is_one_line():
    assert line(WHOLE) == (
        "POST /talk@run1/v1/chat/completions  talk@run1  rules[0]  200  2 frames, 8 B"
        "  first 250ms, total 1250ms  complete"
    )


def test_what_a_client_left_behind_is_told_as_far_as_it_came():
    left = replace(WHOLE, attempt=2, deliveries=WHOLE.deliveries[:4], outcome=Outcome(Ending.LEFT, 4))
    assert line(left).endswith(
        "  rules[0] attempt 2  200  1 frame, 6 B  first 250ms, total 250ms  client left at step 4"
    )


def test_a_frame_counts_when_its_last_piece_is_out():
    assert [record_of(replace(WHOLE, deliveries=WHOLE.deliveries[:steps]))["frames"] for steps in (2, 3, 4, 5)] == [
        0,
        1,
        1,
        2,
    ]


def test_an_exchange_without_a_head_has_no_status():
    reset = replace(
        WHOLE, plan=(Reset(),), deliveries=(Delivery(0, 0, 1_200, 0),), outcome=Outcome(Ending.CUT, 0), rule=None
    )
    assert line(reset).endswith("  talk@run1  no status  0 frames, 0 B  total 1.2ms  cut as scripted")


def test_trouble_and_faults_that_did_not_fire_are_told():
    troubled = replace(
        WHOLE, namespace="", trouble=Trouble.UNMATCHED, why="no rule: because\nof this", unfired=("a", "b")
    )
    assert line(troubled).startswith("POST /talk@run1/v1/chat/completions  rules[0]  200  ")
    assert line(troubled).endswith("  complete  unfired a, b  unmatched: no rule: because\nof this")


def test_a_long_time_is_told_in_seconds():
    late = replace(WHOLE, deliveries=(*WHOLE.deliveries[:-1], Delivery(5, 0, 12_340_000, 0)))
    assert "total 12.3s" in line(late)


def test_machines_get_every_field():
    assert record_of(WHOLE) == {
        "number": 3,
        "method": "POST",
        "path": "/talk@run1/v1/chat/completions",
        "namespace": "talk@run1",
        "rule": "rules[0]",
        "attempt": 1,
        "status": 200,
        "frames": 2,
        "bytes": 8,
        "first_us": 250_100,
        "total_us": 1_250_300,
        "outcome": "complete",
        "step": 5,
        "trouble": None,
        "why": None,
        "unfired": [],
        "struck": [],
    }


def test_the_status_is_that_of_the_head_which_a_fault_may_have_changed():
    changed = replace(WHOLE, plan=(Head(503), *PLAN[1:]))
    assert record_of(changed)["status"] == 503


def test_machines_get_what_is_wrong():
    troubled = record_of(replace(WHOLE, namespace="", trouble=Trouble.EXHAUSTED, why="used up", unfired=("a",)))
    assert (troubled["namespace"], troubled["trouble"], troubled["why"], troubled["unfired"]) == (
        None,
        "script exhausted",
        "used up",
        ["a"],
    )


@pytest.fixture
def lines():
    return []


def test_each_thing_is_one_line_without_anything_a_terminal_would_obey(lines):
    log = Log(lines.append)
    log.exchange(replace(WHOLE, call=Call("GET", "/a\n\x1b[31m\u202e/ä")))
    log.note("reloaded", "reloaded a\nb")
    assert lines[0].startswith("GET /a\\n\\x1b[31m\\u202e/ä  ")
    assert lines[1] == "reloaded a\\nb"


def test_machines_get_one_object_a_line(lines):
    log = Log(lines.append, form="json")
    log.exchange(WHOLE)
    log.note("reloaded", "reloaded a", scenario="a")
    log.problem(Problem("wrong", "rules[0]", "a.yaml", 3, 5))
    exchange, note, problem = map(json.loads, lines)
    assert exchange == {"event": "exchange", **record_of(WHOLE)}
    assert note == {"event": "reloaded", "message": "reloaded a", "scenario": "a"}
    assert problem == {
        "event": "problem",
        "message": "wrong",
        "file": "a.yaml",
        "line": 3,
        "column": 5,
        "path": "rules[0]",
    }


def test_people_get_problems_as_check_prints_them(lines):
    Log(lines.append).problem(Problem("wrong", "rules[0]", "a.yaml", 3, 5))
    assert lines == ["a.yaml:3:5: rules[0]: wrong"]


def test_quiet_leaves_out_exchanges_and_nothing_else(lines):
    log = Log(lines.append, quiet=True)
    log.exchange(WHOLE)
    log.note("stopping", "stopping")
    assert lines == ["stopping"]


def test_warnings_of_others_go_to_the_same_log(lines):
    logger = logging.getLogger("probe")
    handler = LogHandler(Log(lines.append, form="json"))
    logger.addHandler(handler)
    try:
        logger.info("nothing")
        logger.warning("first %d\nsecond", 1)
    finally:
        logger.removeHandler(handler)
    assert [json.loads(line) for line in lines] == [
        {"event": "warning", "message": "first 1", "logger": "probe"},
        {"event": "warning", "message": "second", "logger": "probe"},
    ]


def test_an_engine_shows_each_exchange_when_it_has_ended_but_no_check_of_health():
    seen = []
    engine = Engine(Library(), observers=[seen.append, seen.append])
    for path in (HEALTH, "/v1/nothing"):
        exchange = engine.handle(Call("GET", path))
        engine.finish(exchange, (Delivery(0, 0, 5, 0),), Outcome(Ending.COMPLETE))
    assert [(it.call.path, it.deliveries, it.outcome) for it in seen] == [
        ("/v1/nothing", (Delivery(0, 0, 5, 0),), Outcome(Ending.COMPLETE))
    ] * 2


def test_what_chaos_did_is_told():
    struck = replace(WHOLE, struck=("chaos[0]: reset", "chaos[2]: split"))
    assert line(struck).endswith("  struck by chaos[0]: reset, chaos[2]: split")
    assert record_of(struck)["struck"] == ["chaos[0]: reset", "chaos[2]: split"]
