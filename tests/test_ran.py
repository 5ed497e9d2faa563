"""Requests that endpoints make themselves."""

import pytest

from mockllm.address import Address
from mockllm.dialects.base import Ran
from mockllm.plan import Close, End, Frame, Head, Raw, Reset, Send, Wait
from mockllm.ran import outcome, within
from mockllm.request import Call, Headers
from mockllm.scenario.load import load_text

HEAD = Head(200, (("x-request-id", "req_1"),))


def send(data):
    return Send(data, Frame(None))


def test_an_answer_is_its_status_its_id_and_its_json_however_long_it_takes():
    plan = (Wait(5), HEAD, send(b'{"a":'), Wait(1_000_000), send(b"1}"), End())
    assert outcome(plan) == Ran(200, "req_1", {"a": 1})
    assert outcome((Head(429), send(b"{}"), End())) == Ran(429, "", {})


@pytest.mark.parametrize(
    "rest",
    [
        (send(b"{}"), Close()),
        (send(b"{}"), Reset(), End()),
        (send(b"{}"), Raw(b"0"), End()),
        (send(b"{}"),),
        (send(b"<html>"), End()),
        (End(),),
    ],
)
def test_what_is_cut_off_or_no_json_has_no_body(rest):
    assert outcome((HEAD, *rest)) == Ran(200, "req_1", None)


STREAM = b'data: {"a":1}\n\n: still here\n\ndata: {"a":2}\n\n'


def test_the_events_of_a_stream_are_told_if_it_came_to_its_end():
    whole = (HEAD, send(STREAM), Wait(5), send(b"data: [DONE]\n\n"), End())
    assert outcome(whole) == Ran(200, "req_1", None, ({"a": 1}, {"a": 2}))
    assert outcome((HEAD, send(STREAM), End())).events == ()
    assert outcome((*whole[:-1], Reset())).events == ()


def test_without_a_head_nothing_was_answered():
    assert outcome((Wait(1), Reset())) == Ran(0, "", None)


def test_the_call_inside_has_the_headers_of_the_one_around_it_and_a_body_of_its_own():
    headers = Headers((("Authorization", "Bearer k"), ("Content-Type", "text/plain"), ("content-length", "3")))
    outer = Call("GET", "/name@run/v1/batches/b", "limit=2", headers, b"old", at_us=7, wall_s=9)
    scenario = load_text("rules: []")
    call, address = within(outer, Address(scenario, "run", "/batches/b"), "/chat/completions", {"model": "é"})
    assert (call.method, call.path, call.query) == ("POST", "/name@run/v1/chat/completions", "")
    assert call.headers.pairs == (("Authorization", "Bearer k"), ("content-type", "application/json"))
    assert call.body == '{"model":"é"}'.encode()
    assert (call.at_us, call.wall_s) == (7, 9)
    assert address == Address(scenario, "run", "/chat/completions")
