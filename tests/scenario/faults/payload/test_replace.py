"""Chosen frames carry other data, and nothing else of them changes."""

import pytest

from mockllm.dialects.sse import event_bytes
from mockllm.plan import Frame
from mockllm.scenario.faults.payload.replace import Replace
from mockllm.seeds import Seed
from tests.plans import BODY, FRAMES
from tests.raw_http import receive, reply

SEED = Seed.of("fault")


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        ('{"a": 1}', b'data: {"a": 1}\n\n'),
        ({"a": 1}, b'data: {"a":1}\n\n'),
        ([], b"data: []\n\n"),
        (None, b"data: null\n\n"),
        ("", b"data: \n\n"),
        ("two\nlines", b"data: two\ndata: lines\n\n"),
    ],
)
def test_the_data_is_verbatim_text_or_json(data, lines):
    changed = Replace(frames=0, data=data).apply(FRAMES, SEED)
    assert event_bytes(changed[0]) == lines
    assert changed[1:] == FRAMES[1:]


def test_name_tokens_and_place_stay():
    before, after = FRAMES[2], Replace(frames=2, data="x").apply(FRAMES, SEED)[2]
    assert (after.event, after.tokens, after.ordinal, after.kind) == (before.event, before.tokens, 2, before.kind)
    assert after.cause == "fault: replace"


@pytest.mark.parametrize("frames", [(), (Frame(": a", "comment", ordinal=0), Frame("b", "raw", ordinal=1))])
def test_without_such_a_frame_it_is_reported(frames):
    assert Replace(frames="all", data=1).apply(frames, SEED) is None
    assert Replace(frames=9, data=1).apply(FRAMES, SEED) is None


def test_a_plain_body_is_replaced_whole():
    assert Replace(frames="body", data="no JSON").apply(BODY, SEED)[0].data == "no JSON"
    received = receive(reply("{replace: {frames: body, data: '{\"a\": 1 }'}}"), stream=False)
    assert received.body == b'{"a": 1 }'
    assert received.header("content-length") == "9"
