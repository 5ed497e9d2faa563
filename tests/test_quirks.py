"""Every quirk of the gallery: its timeline, what a robust client makes of it, and its bytes on a real socket.

The client is the one of `tests/robust`, fed by the engine on simulated time; the bytes are read from a server whose
waits take no time. Golden timelines are in tests/golden/quirks; after a change that is meant, write them anew with
`MOCKLLM_WRITE_GOLDEN=1 pytest tests/test_quirks.py` and read the difference.
"""

from functools import cache

import jsonschema
import pytest
import yaml

from mockllm.explain import explain
from mockllm.scenario.load import load_text
from mockllm.scenario.reader import read_file
from tests.expected import unmet
from tests.gallery import GALLERY, GOLDEN, QUIRKS, SCHEMA, TESTS, assert_golden, comment, drop_golden
from tests.quirk_catalogue import Catalogue, catalogue, report
from tests.robust.outcome import Outcome, ToolCall
from tests.simulated import converse
from tests.wire_checks import Answer as WireAnswer
from tests.wire_checks import Answers, failing

CATALOGUE = catalogue()
CHECKS = {
    path.stem: yaml.safe_load(path.read_text())
    for path in sorted((TESTS / "quirks").glob("*.yaml"))
    if path.stem != "catalogue"
}
PLAIN = load_text("{pace: {itl: 10ms}, rules: [{replies: [An ordinary answer.]}]}")

SHOWN_BYTES = 3_000


def section(name):
    """The folder that a quirk is in."""
    return GALLERY.entries()[name].group.split("/")[1]


def checks(name):
    return CHECKS.get(section(name), {}).get(name, [])


def ids(name):
    return f"{section(name)}-{name}"


each = pytest.mark.parametrize("name", QUIRKS, ids=ids)


@cache
def visits(name):
    """The conversation of a robust client with a quirk."""
    return tuple(converse(GALLERY.get(name), GALLERY))


def sendings(name):
    return [sending for visit in visits(name) for sending in visit.sendings]


def shown(raws):
    """Bytes for people who read why a test failed; the middle of very long ones is left out."""
    half = SHOWN_BYTES // 2
    texts = [raw.decode("utf-8", "backslashreplace") for raw in raws]
    cut = [text if len(text) <= 2 * half else f"{text[:half]}\n[...]\n{text[-half:]}" for text in texts]
    return "\n".join(f"--- answer {number}:\n{text}" for number, text in enumerate(cut, start=1))


@each
def test_the_file_says_what_it_imitates_what_a_good_client_does_and_who_saw_it(name):
    scenario = GALLERY.get(name)
    text = comment(GALLERY.entries()[name].path)
    assert "Imitates:" in text
    assert "A good client:" in text
    assert scenario.name == name
    assert scenario.about
    assert scenario.source
    assert scenario.expect
    assert GALLERY.entries()[name].group.count("/") == 1


@each
def test_the_file_is_valid_for_editors(name):
    value = read_file(GALLERY.entries()[name].path).value
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    assert yaml.safe_load(GALLERY.entries()[name].path.read_text()) == value


@each
def test_the_timeline_is_the_golden_one(name):
    scenario = GALLERY.get(name)
    found = explain(scenario, tuple(scenario.requests()))
    assert_golden(found, GOLDEN / "quirks" / section(name) / f"{name}.txt")
    assert "unmatched" not in found
    assert "unfired" not in found


@each
def test_a_robust_client_ends_up_with_what_the_file_expects(name):
    for number, (visit, expected) in enumerate(zip(visits(name), GALLERY.get(name).expect, strict=True), start=1):
        problems = unmet(expected, visit.outcome)
        told = "\n".join([f"request {number} of {name}", *problems, f"the client has {visit.outcome}"])
        assert not problems, f"{told}\n{shown(sending.wire.raw for sending in visit.sendings)}"


@pytest.fixture(scope="module")
def answers():
    with Answers() as server:
        yield server


@each
def test_what_makes_it_a_quirk_is_on_the_wire(answers, name):
    received = answers.to(GALLERY.get(name), [sending.exchange.call for sending in sendings(name)])
    failed = failing(checks(name), received)
    told = "\n".join([name, *failed, *(f"answer {n} ends: {answer.end}" for n, answer in enumerate(received, start=1))])
    assert not failed, f"{told}\n{shown(answer.raw for answer in received)}"


@each
def test_an_ordinary_answer_would_fail_its_checks(answers, name):
    received = answers.to(PLAIN, [sending.exchange.call for sending in sendings(name)])
    assert failing(checks(name), received), shown(answer.raw for answer in received)


def test_every_quirk_has_checks_and_every_check_a_quirk():
    checked = {(folder, name) for folder, entries in CHECKS.items() for name in entries}
    assert checked == {(section(name), name) for name in QUIRKS}


def test_no_golden_file_is_left_over():
    wanted = {GOLDEN / "quirks" / section(name) / f"{name}.txt" for name in QUIRKS}
    drop_golden({*(GOLDEN / "quirks").rglob("*.txt")} - wanted)
    assert {*(GOLDEN / "quirks").rglob("*.txt")} == wanted


def test_every_entry_of_the_catalogue_that_weighs_has_a_file_or_a_reason():
    assert CATALOGUE.untold(QUIRKS, least_weight=2) == []


def test_no_entry_is_excused_that_has_a_file():
    assert [name for name in CATALOGUE.excused if CATALOGUE.file_of(name) in QUIRKS] == []


def test_the_catalogue_names_only_its_own_entries_and_files():
    assert {*CATALOGUE.excused, *CATALOGUE.told_by} <= CATALOGUE.weights.keys()
    assert set(CATALOGUE.told_by.values()) <= set(QUIRKS)


def test_the_report_counts_by_section_and_names_what_is_missing():
    small = Catalogue(
        sections={"1. Tools": {"a": 3, "b": 3, "c": 2, "d": 1}},
        told_by={"a": "other"},
        not_on_the_wire={"c": "no server does it"},
        not_yet={},
    )
    assert small.untold(["other"]) == ["b", "d"]
    assert small.untold(["other"], least_weight=2) == ["b"]
    assert report(small, ["other"]).splitlines() == [
        "1. Tools: weight 3: 1/2, weight 2: 0/1, weight 1: 0/1",
        "  3 b",
        "  2 c: no server does it",
        "  1 d",
    ]


CHUNKED = b"HTTP/1.1 200 OK\r\nx: y\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncd\xff\r\n0\r\n\r\n"
ANSWERS = [
    WireAnswer(CHUNKED, "open", (5_000_000,), (CHUNKED[:-5], CHUNKED[-5:])),
    WireAnswer(b"", "reset"),
]


@pytest.mark.parametrize(
    ("passed", "failed"),
    [
        ({"has": "abcd\xff"}, {"has": "x: y"}),
        ({"lacks": "x: y"}, {"lacks": "bc"}),
        ({"times": {"[a-d]": 4, "z": 0}}, {"times": {"a": 2}}),
        ({"head": r"\AHTTP/1.1 200 .*x: y\r\n"}, {"head": "ab"}),
        ({"raw": r"ab\r\n3\r\n"}, {"raw": "abcd"}),
        ({"lacks_raw": "abcd"}, {"lacks_raw": "ab"}),
        ({"write": r"\A0\r\n\r\n"}, {"write": r"cd.*0\r\n\r\n"}),
        ({"ends": "reset"}, {"ends": "close"}),
        ({"waits": ">= 5s"}, {"waits": "> 5s"}),
        ({"has": "ab", "answer": 1}, {"has": "ab", "answer": 2}),
        ({"lacks": "ab", "answer": 2}, {"lacks": "ab", "answer": 3}),
    ],
)
def test_a_check_passes_and_fails(passed, failed):
    assert failing([passed], ANSWERS) == []
    assert len(failing([failed], ANSWERS)) == 1


@pytest.mark.parametrize(
    ("expected", "names"),
    [
        ("{text: Hi, usage: {input: 1}, data: [0.1], requests: 2, tool_calls: [{name: f, arguments: {x: 1}}]}", []),
        ("{text: Hi, tool_calls: [{name: f, arguments: {x: 1}, id: c}]}", []),
        (
            "{text: Ho, finish: stop, requests: 1, tool_calls: [{name: f, arguments: {x: 1}}]}",
            ["text", "finish", "requests"],
        ),
        (
            "{failure: cut, usage: {output: 1}, data: [0.2], tool_calls: [{name: g}]}",
            ["failure", "data", "usage.output", "tool_calls[0]"],
        ),
        ("{text: Hi}", ["tool_calls"]),
        ("{tool_calls: [{name: f, arguments: {x: 1}, id: d}]}", ["tool_calls[0]"]),
    ],
)
def test_what_is_not_as_expected_is_named(expected, names):
    wanted = load_text(f"{{expect: {expected}, rules: [{{replies: [Hi]}}]}}").expect[0]
    calls = (ToolCall("f", {"x": 1}, "c"),)
    had = Outcome("Hi", tool_calls=calls, usage={"input": 1}, data=[0.10000000149], requests=2)
    assert [line.partition(": expected")[0] for line in unmet(wanted, had)] == names


def test_the_simulation_is_the_player_with_its_times():
    scenario = load_text(
        "{pace: {ttft: 1s, itl: 20ms}, rules: [{replies: [{text: Hi., faults: [{close: {at: {token: 1}}}]}]}]}"
    )
    [visit] = converse(scenario)
    [sending] = visit.sendings
    assert [piece.at_us for piece in sending.wire.pieces] == [0, 1_000_000]
    assert (sending.wire.end, visit.outcome.failure) == ("close", "cut")


def test_a_client_that_tries_again_does_so_when_its_wait_is_over():
    scenario = load_text(
        "{rules: [{replies: [{attempts: [{error: {code: rate_limit_exceeded, retry_after: 61s}}], text: Hi}]}]}"
    )
    [visit] = converse(scenario)
    assert [sending.exchange.call.at_us for sending in visit.sendings] == [0, 61_000_000]
    assert (visit.outcome.text, visit.outcome.requests) == ("Hi", 2)
