"""Frames whose JSON is no JSON any more."""

import json
from copy import deepcopy

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Frame, Frames, render, stamp
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.payload.corrupt import Corrupt
from mockllm.seeds import Seed
from tests.calls import chat, engine, header, sent
from tests.plans import FRAMES

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)
WAYS = ["cut_json", "invalid_utf8", "nan", "html", "empty", "not_json", "null"]


def served(fault="", *, stream=True):
    return engine(f"rules: [{{replies: [{{text: [a, b, c], faults: [{fault}]}}]}}]").handle(chat(stream=stream))


EVENTS = [event + b"\n\n" for event in sent(served()).removesuffix(b"\n\n").split(b"\n\n")]


def corrupted(how, *, frames="2", stream=True):
    """What the payload of frame 2, or of the plain body, becomes."""
    exchange = served(f"{{corrupt: {{frames: {frames}, how: {how}}}}}", stream=stream)
    assert exchange.unfired == ()
    if not stream:
        assert header(exchange, "content-length") == str(len(sent(exchange)))
        return sent(exchange)
    before, after = b"".join(EVENTS[:2]), b"".join(EVENTS[3:])
    assert sent(exchange).startswith(before)
    assert sent(exchange).endswith(b"\n\n" + after)
    return sent(exchange).removeprefix(before + b"data: ").removesuffix(b"\n\n" + after)


def data(value, how):
    """What a value becomes; None if it cannot be broken so."""
    found: Frames | None = Corrupt(frames="all", how=how).apply(stamp((Frame(value),)), SEED)
    return None if found is None else found[0].data


class TestInAStream:
    def test_json_ends_in_the_middle(self):
        whole = EVENTS[2].removeprefix(b"data: ").removesuffix(b"\n\n")
        assert corrupted("cut_json") == whole[: len(whole) // 2]

    def test_bytes_are_not_utf_8_inside_the_words_of_the_answer(self):
        assert b'"delta":{"content":"b\xed\xa0\xbc"}' in corrupted("invalid_utf8")

    def test_every_number_is_nan(self):
        payload = corrupted("nan").decode()
        assert '"created":NaN' in payload
        assert '"index":NaN' in payload
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(payload)

    @pytest.mark.parametrize(
        ("how", "payload"),
        [
            ("html", b"<html><body><h1>502 Bad Gateway</h1></body></html>"),
            ("empty", b""),
            ("not_json", b"upstream error: connection lost"),
            ("null", b"null"),
            ("'null'", b"null"),
        ],
    )
    def test_the_payload_is_something_else(self, how, payload):
        assert corrupted(how) == payload


@pytest.mark.parametrize("how", WAYS)
def test_a_plain_body_is_broken_in_the_same_ways(how):
    found = corrupted(how, frames="body", stream=False)
    if how == "null":
        assert found == b"null"
        return
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(found)
    if how == "invalid_utf8":
        assert b'"content": "abc\xed\xa0\xbc"' in found


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        ({"a": "x", "b": "y"}, {"a": "x", "b": "y\ud83c"}),
        ({"a": {"b": ["x", 1]}, "c": "y"}, {"a": {"b": ["x\ud83c", 1]}, "c": "y"}),
        ("text", "text\ud83c"),
        ([["x"], "y"], [["x\ud83c"], "y"]),
        ({"a": 1}, None),
        (5, None),
    ],
)
def test_half_a_character_ends_the_innermost_text(value, broken):
    assert data(value, "invalid_utf8") == broken


@pytest.mark.parametrize(
    ("value", "broken"),
    [
        ({"a": [1, 2.5], "b": "7", "c": True, "d": None}, '{"a":[NaN,NaN],"b":"7","c":true,"d":null}'),
        ({"a": True}, None),
        ("text", None),
    ],
)
def test_only_numbers_become_nan(value, broken):
    assert data(value, "nan") == broken


@pytest.mark.parametrize(("value", "broken"), [({}, "{"), ([1], "["), ("[DONE]", None), (12, None)])
def test_only_objects_and_lists_are_cut(value, broken):
    assert data(value, "cut_json") == broken


@given(st.recursive(st.none() | st.integers() | st.text(), lambda it: st.lists(it) | st.dictionaries(st.text(), it)))
def test_cut_json_is_never_whole(value):
    before = deepcopy(value)
    if (found := data(value, "cut_json")) is not None:
        with pytest.raises(json.JSONDecodeError):
            json.loads(found)
    for how in WAYS:
        data(value, how)
    assert value == before


@pytest.mark.parametrize("how", WAYS)
def test_a_comment_carries_nothing_to_break(how):
    assert Corrupt(frames="all", how=how).apply((Frame(": hm", "comment"), Frame("{}", "raw")), SEED) is None


@pytest.mark.parametrize(("frames", "how"), [("usage", "html"), ("6", "empty"), ("done", "cut_json"), ("body", "nan")])
def test_what_is_not_there_or_cannot_be_broken_so_is_reported(frames, how):
    exchange = served(f"{{corrupt: {{frames: {frames}, how: {how}}}}}")
    assert (sent(exchange), exchange.unfired) == (b"".join(EVENTS), ("corrupt",))


def test_frames_keep_their_numbers_and_the_timeline_names_the_fault():
    changed = Corrupt(frames="all", how="html").apply(FRAMES, SEED)
    assert [frame.ordinal for frame in changed] == [0, 1, 2, 3, 4, 5]
    assert "(fault: corrupt html)" in render(served("{corrupt: {frames: 1, how: html}}").plan)


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"how": "nan"}, ("frames",), "the key 'frames' is missing: which frames"),
        ({"frames": "all"}, ("how",), "the key 'how' is missing: in which way"),
        (
            {"frames": "all", "how": "htm"},
            ("how",),
            "expected cut_json, invalid_utf8, nan, html, empty, not_json or nul",
        ),
        ("all", (), "expected a mapping with keys from frames, how, found 'all'"),
    ],
)
def test_what_makes_no_sense_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python({"corrupt": written})
    [details] = error.value.errors()
    assert details["loc"] == ("corrupt", *place)
    assert details["msg"].startswith(message)
