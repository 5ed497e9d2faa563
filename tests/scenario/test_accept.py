"""What a connection meets before anything is read, and what a client gets that asks for leave to send its body."""

import jsonschema
import pytest

from mockllm.errors import ScenarioError
from mockllm.plan import FOREVER_US, Admit, Close, Reset, Wait
from mockllm.scenario.accept import Reception, missing, reception
from mockllm.scenario.error import ErrorSpec
from mockllm.scenario.load import load_text
from mockllm.scenario.reader import read
from mockllm.scenario.schema import json_schema
from mockllm.seeds import Seed

SEED = Seed.of("accept")


def accept(written: str):
    return load_text(f"accept: {written}").accept


@pytest.mark.parametrize(
    ("written", "plan"),
    [
        ("reset", (Reset("accept: reset"),)),
        ("{reset: 5ms}", (Wait(5_000, "accept: reset"), Reset("accept: reset"))),
        ("{reset: {after: 5ms}}", (Wait(5_000, "accept: reset"), Reset("accept: reset"))),
        ("close", (Close("accept: close"),)),
        ("{close: 1s}", (Wait(1_000_000, "accept: close"), Close("accept: close"))),
        ("hang", (Wait(FOREVER_US, "accept: hang"), Close("accept: hang"))),
        ("{hang: 1s}", (Wait(1_000_000, "accept: hang"), Close("accept: hang"))),
        ("{hang: {for: 1s, then: reset}}", (Wait(1_000_000, "accept: hang"), Reset("accept: hang"))),
        ("{stall: 2s}", (Wait(2_000_000, "accept: stall"), Admit("accept: stall"))),
        ("serve", None),
    ],
)
def test_an_entry_is_a_small_plan(written, plan):
    entry = accept(written)
    assert entry.plan() == plan
    met = reception(entry, 7, SEED)
    assert (met and met.plan()) == plan


def test_one_entry_is_for_every_connection_and_a_list_for_the_first_ones():
    one, several = accept("reset"), accept("[reset, serve, {stall: 1s}]")
    assert [reception(one, number, SEED) for number in (1, 2, 1_000)] == [one] * 3
    kinds = [(met := reception(several, number, SEED)) and met.kind for number in range(1, 6)]
    assert kinds == ["reset", None, "stall", None, None]
    assert reception(None, 1, SEED) is None


def test_a_share_of_the_connections_follows_from_their_numbers():
    """1,000 draws of 20 %: five standard deviations are 63."""
    some = accept("{reset: {chance: 20%}}")
    struck = [number for number in range(1, 1_001) if reception(some, number, SEED)]
    assert 200 - 63 <= len(struck) <= 200 + 63
    assert struck == [number for number in range(1, 1_001) if reception(some, number, SEED)]
    assert struck != [number for number in range(1, 1_001) if reception(some, number, Seed.of("other"))]


@pytest.mark.parametrize(
    ("written", "connections", "places"),
    [
        ("reset", 0, {"accept": "reset"}),
        ("reset", 1, {}),
        ("{reset: {chance: 5%}}", 0, {}),
        ("[reset, serve, close, {hang: {chance: 5%}}]", 0, {"accept[0]": "reset", "accept[2]": "close"}),
        ("[reset, serve, close]", 1, {"accept[2]": "close"}),
        ("[reset, serve, close]", 3, {}),
    ],
)
def test_what_nobody_could_meet_is_told(written, connections, places):
    assert missing(accept(written), connections) == places
    assert missing(None, connections) == {}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (
            "resett",
            "accept: unknown reception 'resett': did you mean 'reset'? allowed: reset, close, hang, stall, serve",
        ),
        ("stall", "accept: expected a reception as one key and its body, such as {stall: {chance: ..., for: ...}}"),
        ("[stall]", "accept[0]: expected a reception as one key"),
        ("5", "accept: expected a reception as one key"),
        ("{stall: 0s}", "accept.stall: expected a value above 0, found 0"),
        ("{reset: {at: start}}", "accept.reset.at: unknown key 'at': "),
        ("{reset: {chance: 120%}}", "accept.reset.chance: '120%' is more than the whole: write 100% or less"),
        ("{reset: {}, close: {}}", "accept: one reception per entry, found 2 keys: reset, close"),
    ],
)
def test_what_makes_no_sense_is_refused(written, message):
    with pytest.raises(ScenarioError) as error:
        accept(written)
    assert message in str(error.value)


def test_no_leave_is_a_word_and_an_answer_at_once_is_an_error():
    assert load_text("expect_continue: ignore").expect_continue == "ignore"
    assert load_text("expect_continue: {status: 417}").expect_continue == ErrorSpec(status=417)
    assert load_text("expect_continue: slow_down").expect_continue == ErrorSpec(code="slow_down")
    with pytest.raises(ScenarioError, match="expect_continue: unknown error code 'ignor'"):
        load_text("expect_continue: ignor")


def test_a_kind_of_its_own_has_a_plan_of_its_own():
    with pytest.raises(NotImplementedError):
        Reception().plan()


@pytest.mark.parametrize(
    ("written", "fits"),
    [("reset", True), ("serve", True), ("[hang, {stall: 1s}]", True), ("stall", False), ("resett", False)],
)
def test_the_schema_knows_the_words(written, fits):
    value = read(f"accept: {written}", source="x").value
    assert jsonschema.Draft7Validator(json_schema()).is_valid(value) is fits
