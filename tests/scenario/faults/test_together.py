"""Faults that cannot both hold are refused as they are loaded, at the place of the later one."""

from itertools import combinations_with_replacement

import pytest

from mockllm.errors import ScenarioError
from mockllm.scenario.faults import FAULTS
from mockllm.scenario.faults.together import EXCLUSIONS, clash
from mockllm.scenario.load import load_text

KINDS = list(FAULTS)
ONCE = "an answer ends once"


def scenario(faults: str) -> str:
    return f"rules:\n  - replies:\n      - text: a\n        faults:\n{faults}"


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ("reset: {at: start}", "close: {at: end}", ONCE),
        ("truncate: {at: {frame: 1}}", "truncate: {at: {frame: 2}}", ONCE),
        ("garbage: {}", "reset: {at: end}", ONCE),
        ("hang: {}", "hang: {}", ONCE),
        ("hang: {}", "status: 500", "no answer comes, so nothing else can be wrong with it"),
        ("done: omit", "hang: {}", "no answer comes, so nothing else can be wrong with it"),
        ("status: 500", "status: 503", "an answer has one status"),
        ("redirect: /x", "status: 500", "an answer has one status"),
        ("body: {html: true}", "redirect: /x", "an answer has one body"),
        ("body: {html: true}", "body: {empty: true}", "an answer has one body"),
        ("error_in_200: server_error", "body: {empty: true}", "an answer has one body"),
        ("content_type: a/b", "content_type: null", "an answer has one content type"),
        ("gzip: {}", "br: {}", "a body has one encoding here"),
        ("content_length: {by: 1}", "content_length: {is: 0}", "the end of a body is told in one way"),
        ("chunked: 5", "http_1_0: {}", "the end of a body is told in one way"),
        ("http_1_0: {}", "bad_chunk_size: {at: end}", "such an answer has no chunks"),
        ("bad_chunk_size: {at: end}", "content_length: {by: 1}", "such an answer has no chunks"),
        ("slow_headers: {}", "slow_headers: {bytes: 2}", "a head goes out at one speed"),
        ("finish_reason: a", "finish_reason: b", "a turn has one finish reason"),
        ("close: {at: end}", "keep_open: {}", "the connection is gone by then"),
        ("close_idle: 0", "reset: {at: end}", "the connection is gone by then"),
        ("http_1_0: {}", "close_idle: 0", "the end of the body is the end of the connection anyway"),
    ],
)
def test_two_faults_that_cannot_both_hold_are_refused(first, second, why):
    with pytest.raises(ScenarioError) as error:
        load_text(scenario(f"          - {first}\n          - ids: {{}}\n          - {second}\n"), source="x.yaml")
    kinds = [text.partition(":")[0] for text in (first, second)]
    named = f"two of {kinds[0]}" if kinds[0] == kinds[1] else f"{kinds[0]} and {kinds[1]}"
    problems = [str(problem) for problem in error.value.problems if f"{named} cannot" in problem.message]
    assert problems == [
        (
            f"x.yaml:7:13: rules[0].replies[0].faults[2].{kinds[1]}: {named} cannot both hold: {why}: keep one of "
            "them, or give each to a try of its own"
        )
    ]


@pytest.mark.parametrize(
    "faults",
    [
        "reset: {at: start}}, {done: omit",
        "interim: 102}, {hang: {}",
        "truncate: {at: end}}, {keep_open: {}",
        "line_ending: {style: cr, frames: 1}}, {line_ending: {style: crlf, frames: 2}",
        "keep_open: {for: 1s}}, {close_idle: 0",
        "headers: {remove: [a]}}, {headers: {set: {b: c}}",
        "gzip: {}}, {garble: {at: end}",
        "stall: {at: start}}, {stall: {at: end}",
    ],
)
def test_what_can_hold_together_is_left_alone(faults):
    (rule,) = load_text(f"rules: [{{replies: [{{text: a, faults: [{{{faults}}}]}}]}}]").rules
    assert len(rule.replies[0].faults) == 2


def test_a_try_may_take_the_place_of_what_its_reply_scripts():
    (rule,) = load_text(
        "rules: [{replies: [{text: a, attempts: [{reset: {at: start}}], faults: [{close: {at: end}}]}]}]"
    ).rules
    assert rule.replies[0].attempts[0].kind == "reset"


def test_an_entry_of_chaos_is_checked_too():
    with pytest.raises(ScenarioError, match=r"chaos\[0\].faults\[1\].reset: hang and reset cannot both hold"):
        load_text("chaos: [{faults: [{hang: {}}, {reset: {at: start}}]}]")


def test_the_table_names_only_kinds_that_there_are():
    for entry in EXCLUSIONS:
        assert entry.kinds | entry.others | entry.tolerated <= set(KINDS)


@pytest.mark.parametrize(("one", "other"), [*combinations_with_replacement(["hang", "close", "ids", "body"], 2)])
def test_the_order_makes_no_difference(one, other):
    assert clash(one, other) == clash(other, one)
