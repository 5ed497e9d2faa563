"""A body comes in other chunks than it would, and is the same body."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Close, End, Head, Send, Wait
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.http.chunks import Chunked
from mockllm.seeds import Seed
from tests.plans import BODY, body, sent, stream
from tests.raw_http import receive, reply

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


def pieces(plan):
    return [step.data for step in plan if isinstance(step, Send)]


def test_a_plain_body_has_chunks_in_place_of_its_length():
    _, head, *rest = Chunked().apply(body(), SEED)
    assert head == Head(200, (), "chunked", "fault: chunked")
    assert rest == list(body()[2:])


def test_chunks_cut_events_anywhere():
    """Frames have ten bytes; chunks of four leave two of each."""
    assert pieces(Chunked(bytes=4).apply(stream(), SEED))[:6] == [b"<fra", b"me 0", b">\n", b"<fra", b"me 1", b">\n"]


def test_without_flush_what_does_not_fill_a_chunk_waits_for_more():
    changed = Chunked(bytes=25, flush=False).apply(stream(), SEED)
    assert pieces(changed) == [b"", b"", sent(stream())[:25], b"", sent(stream())[25:50], sent(stream())[50:]]
    held = [step.cause for step in changed if isinstance(step, Send) and not step.data]
    assert held == ["fault: chunked holds it back"] * 3


def test_times_stay_and_pieces_know_their_frame():
    changed = Chunked(bytes=4).apply(stream(), SEED)
    assert [step for step in changed if isinstance(step, Wait)] == [s for s in stream() if isinstance(s, Wait)]
    assert [(step.frame.ordinal, step.offset) for step in changed if isinstance(step, Send)][:4] == [
        (0, 0),
        (0, 4),
        (0, 8),
        (1, 10),
    ]


@pytest.mark.parametrize(
    ("fault", "plan"),
    [
        (Chunked(), stream()),
        (Chunked(), ()),
        (Chunked(bytes=3), (Wait(5), Close())),
        (Chunked(bytes=3), (Head(200, (), "close"), Send(b"abc", BODY[0]), End())),
    ],
)
def test_an_answer_in_which_nothing_changes_is_reported(fault, plan):
    assert fault.apply(plan, SEED) is None


@settings(deadline=None)
@given(parts=st.lists(st.binary(max_size=20), min_size=1), size=st.integers(1, 9), flush=st.booleans())
def test_no_byte_is_lost_and_no_chunk_is_larger(parts, size, flush):
    plan = (Head(200), *(Send(part, BODY[0]) for part in parts), End())
    changed = pieces(Chunked(bytes=size, flush=flush).apply(plan, SEED))
    assert b"".join(changed) == b"".join(parts)
    assert all(len(piece) <= size for piece in changed)
    if not flush:
        assert all(len(piece) in {0, size} for piece in changed[:-1])


def test_a_number_is_the_size_and_flush_needs_one():
    assert FAULT.validate_python({"chunked": 7}) == Chunked(bytes=7)
    with pytest.raises(ValidationError, match="flush: false waits until a chunk is full, but nothing says how large"):
        FAULT.validate_python({"chunked": {"flush": False}})
    with pytest.raises(ValidationError, match="expected a value of at least 1, found 0"):
        FAULT.validate_python({"chunked": 0})


def test_a_client_gets_the_same_json():
    received, plain = receive(reply("{chunked: 100}"), stream=False), receive(reply(""), stream=False)
    assert received.data == plain.body
    assert (received.header("content-length"), received.header("transfer-encoding")) == (None, "chunked")
