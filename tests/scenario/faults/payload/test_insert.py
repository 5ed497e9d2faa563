"""What comes between the frames."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import render
from mockllm.scenario.faults import AnyFault
from tests.calls import chat, engine, header, sent

FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


def served(fault="", reply="text: [a, b, c]", *, stream=True):
    scenario = f"pace: {{itl: 10ms}}\nrules: [{{replies: [{{{reply}, faults: [{fault}]}}]}}]"
    return engine(scenario).handle(chat(stream=stream))


HEALTHY = sent(served())
EVENTS = [event + b"\n\n" for event in HEALTHY.removesuffix(b"\n\n").split(b"\n\n")]


def around(index, inserted):
    return b"".join([*EVENTS[:index], inserted, *EVENTS[index:]])


@pytest.mark.parametrize(
    ("at", "index"),
    [
        ("start", 0),
        ("headers", 0),
        ("{frame: 0}", 0),
        ("{frame: 3}", 3),
        ("{frame: 6}", 6),
        ("{token: 2}", 3),
        ("{share: 50%}", 3),
        ("finish", 4),
        ("done", 5),
        ("end", 6),
    ],
)
def test_it_comes_at_its_position(at, index):
    exchange = served(f"{{insert: {{at: {at}, comment: ping}}}}")
    assert sent(exchange) == around(index, b": ping\n\n")
    assert exchange.unfired == ()


@pytest.mark.parametrize(
    ("what", "inserted"),
    [
        ("comment: ''", b": \n\n"),
        ('comment: "two\\nlines"', b": two\n: lines\n\n"),
        ("event: {data: {type: ping}}", b'data: {"type":"ping"}\n\n'),
        ("event: keep-alive", b"data: keep-alive\n\n"),
        ("event: {event: ping}", b"event: ping\n\n"),
        ("event: {data: null}", b"data: null\n\n"),
        ("event: null", b"data: null\n\n"),
        ("event: {data: x, event: e, id: '7', retry: 3000}", b"event: e\nid: 7\nretry: 3000\ndata: x\n\n"),
        ('raw: "upstream error\\r\\n"', b"upstream error\r\n"),
        ("raw: ''", b""),
    ],
)
def test_a_comment_an_event_or_raw_text_is_written_as_it_is(what, inserted):
    assert sent(served(f"{{insert: {{at: {{frame: 2}}, {what}}}}}")) == around(2, inserted)


def test_an_event_by_its_name():
    reply = "events: [{data: a}, {data: b, event: end}]"
    exchange = served("{insert: {at: {event: end}, comment: ping}}", reply)
    assert sent(exchange) == b"data: a\n\n: ping\n\nevent: end\ndata: b\n\n"


def test_it_is_not_counted_and_takes_no_time():
    """Frame 2 and byte n are where they were, and what is inserted goes out with the frame before it."""
    insert = "{insert: {at: {frame: 1}, raw: abcdefghij}}"
    cut = b"".join(EVENTS[:2])
    wanted = EVENTS[0] + b"abcdefghij" + EVENTS[1]
    assert sent(served(f"{insert}, {{truncate: {{at: {{frame: 2}}}}}}")) == wanted
    assert sent(served(f"{insert}, {{truncate: {{at: {{byte: {len(cut)}}}}}}}")) == wanted
    lines = render(served("{insert: {at: {frame: 3}, comment: ping}}").plan).splitlines()
    assert lines[4] == "  0.010  send   +   : ping    (fault: insert)"


def test_several_are_inserted_in_the_order_of_the_file():
    both = served("{insert: {at: done, comment: one}}, {insert: {at: done, comment: two}}")
    assert sent(both) == around(5, b": one\n\n: two\n\n")


def test_into_a_plain_body_only_raw_text_goes():
    healthy = sent(served(stream=False))
    exchange = served('{insert: {at: start, raw: "\\n\\n"}}', stream=False)
    assert sent(exchange) == b"\n\n" + healthy
    assert header(exchange, "content-length") == str(len(healthy) + 2)
    assert exchange.unfired == ()
    for what in ("comment: x", "event: x"):
        exchange = served(f"{{insert: {{at: start, {what}}}}}", stream=False)
        assert (sent(exchange), exchange.unfired) == (healthy, ("insert",))


@pytest.mark.parametrize("at", ["{frame: 7}", "{token: 4}", "{event: completed}"])
def test_a_position_that_is_not_there_is_reported(at):
    exchange = served(f"{{insert: {{at: {at}, comment: x}}}}")
    assert (sent(exchange), exchange.unfired) == (HEALTHY, ("insert",))


def test_a_share_of_a_plain_body_is_inside_its_one_frame():
    assert served("{insert: {at: {share: 50%}, raw: x}}", stream=False).unfired == ("insert",)


@pytest.mark.parametrize(
    ("written", "place", "message"),
    [
        ({"comment": "x"}, ("at",), "the key 'at' is missing: before which frame"),
        ({"at": "start"}, (), "one of comment, event and raw is inserted, found none: write one, and"),
        ({"at": "end", "raw": "x", "comment": "y"}, (), "one of comment, event and raw is inserted, found comment and"),
        ({"at": {"byte": 3}, "raw": "x"}, ("at",), "{byte: 3} may be inside a frame, and this acts between frames: "),
        ({"at": 3, "raw": "x"}, ("at",), "a position needs a unit: write {frame: 3}"),
        ({"at": "end", "event": {"date": 1}}, ("event", "date"), "unknown key 'date': did you mean 'data'?"),
        ({"at": "end", "comment": 5}, ("comment",), "expected a text, found 5: put it in quotes"),
    ],
)
def test_what_makes_no_sense_is_refused(written, place, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python({"insert": written})
    [details] = error.value.errors()
    assert details["loc"] == ("insert", *place)
    assert details["msg"].startswith(message)
