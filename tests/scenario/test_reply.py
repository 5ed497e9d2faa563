"""Every form of a reply, and what cannot stand beside what."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.scenario.content import Content, ReasoningSpec, ToolCallSpec
from mockllm.scenario.faults import ALIASES, FAULTS, Fault
from mockllm.scenario.faults.connection import Reset
from mockllm.scenario.faults.framing import Done
from mockllm.scenario.faults.time import Stall
from mockllm.scenario.pace import Pace
from mockllm.scenario.reply import (
    AnyReply,
    Attempt,
    AutoReply,
    CallReply,
    ContentReply,
    Envelope,
    ErrorReply,
    ErrorSpec,
    EventSpec,
    EventsReply,
    Generate,
    GenerateReply,
    RawBody,
    RawReply,
    ReplyBase,
    RetryAfter,
    UsageSpec,
)

REPLY: TypeAdapter[AnyReply] = TypeAdapter(AnyReply)
ATTEMPT: TypeAdapter[Attempt] = TypeAdapter(Attempt)
KINDS = ", ".join((*FAULTS, *ALIASES))


def answer(_request):
    return "computed"


def refused(value, kind=REPLY):
    with pytest.raises(ValidationError) as error:
        kind.validate_python(value)
    return [(details["loc"], details["msg"]) for details in error.value.errors()]


@pytest.mark.parametrize(
    ("written", "reply"),
    [
        ("Hello", ContentReply(text="Hello")),
        (["He", "llo"], ContentReply(text=("He", "llo"))),
        ({"text": "Hello"}, ContentReply(text="Hello")),
        ({"reasoning": "Hm.", "tool_calls": [{"name": "f"}]},
         ContentReply(reasoning=ReasoningSpec(text="Hm."), tool_calls=(ToolCallSpec(name="f"),))),
        ({"choices": ["a", {"refusal": "b", "finish_reason": "stop"}]},
         ContentReply(choices=(Content(text="a"), Content(refusal="b", finish_reason="stop")))),
        ({}, ContentReply()),
        ({"faults": [{"reset": {"at": "start"}}]}, ContentReply(faults=(Reset(at="start"),))),
        ({"generate": 400}, GenerateReply(generate=Generate(tokens=400))),
        ({"generate": {"tokens": 400, "reasoning_tokens": 100}},
         GenerateReply(generate=Generate(tokens=400, reasoning_tokens=100))),
        ({"auto": True}, AutoReply(auto=True)),
        ({"error": "slow_down"}, ErrorReply(error=ErrorSpec(code="slow_down"))),
        ({"error": {"status": 503, "retry_after": 1}},
         ErrorReply(error=ErrorSpec(status=503, retry_after=RetryAfter(after="1s")))),
        ({"raw": {}}, RawReply(raw=RawBody(status=200, headers={}, body=""))),
        ({"raw": {"status": 502, "headers": {"content-type": "text/html"}, "body": "<html>"}},
         RawReply(raw=RawBody(status=502, headers={"content-type": "text/html"}, body="<html>"))),
        ({"raw": {"body": {"a": [1, None]}}}, RawReply(raw=RawBody(body={"a": [1, None]}))),
        ({"events": []}, EventsReply(events=())),
        ({"events": ["[DONE]", {"data": {"a": 1}, "event": "x", "id": "1", "retry": 5, "comment": "c", "tokens": 0}]},
         EventsReply(events=(EventSpec(data="[DONE]"),
                             EventSpec(data={"a": 1}, event="x", id="1", retry=5, comment="c", tokens=0)))),
        ({"call": answer}, CallReply(call=answer)),
        (answer, CallReply(call=answer)),
    ],
)  # fmt: skip
def test_every_written_form(written, reply):
    read = REPLY.validate_python(written)
    assert read == reply
    assert type(read) is type(reply)
    assert REPLY.validate_python(reply) is reply


def test_an_event_is_one_token_of_time_unless_it_says_otherwise():
    assert EventSpec().tokens == 1


@pytest.mark.parametrize("form", [{"text": "a"}, {"generate": 5}, {"auto": True}, {"error": {"status": 500}},
                                  {"raw": {}}, {"events": []}, {"call": answer}])  # fmt: skip
def test_what_surrounds_an_answer_goes_with_every_form(form):
    written = {
        "headers": {"x-a": "b"}, "model": "m", "service_tier": "flex", "system_fingerprint": "fp", "template": False,
        "usage": {"input": 1, "output": 2, "reasoning": 1, "cached": 0}, "about": "a note", "pace": {"ttft": "1s"},
        "faults": [{"done": "omit"}], "attempts": [{"reset": {"at": "start"}}, {"error": "slow_down"}, "first"],
    }  # fmt: skip
    reply = REPLY.validate_python({**form, **written})
    assert isinstance(reply, ReplyBase)
    assert isinstance(reply, Envelope)
    assert (reply.headers, reply.model, reply.service_tier) == ({"x-a": "b"}, "m", "flex")
    assert (reply.system_fingerprint, reply.template, reply.about) == ("fp", False, "a note")
    assert reply.usage == UsageSpec(input=1, output=2, reasoning=1, cached=0)
    assert reply.pace == Pace(ttft="1s")
    assert reply.faults == (Done(mode="omit"),)
    assert reply.attempts == (
        Reset(at="start"), ErrorReply(error=ErrorSpec(code="slow_down")), ContentReply(text="first"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "place", "message"),
    [
        (None, (), "expected a reply, found null: write a text, or a mapping such as {text: ...}"),
        (5, (), "expected a reply, found 5: write a text, or a mapping such as {text: ...}"),
        (True, (), "expected a reply, found true: write a text, or a mapping such as {text: ...}"),
        (["a", 5], (1,), "expected a text, found 5: put it in quotes"),
        ({"text": "a", "error": "slow_down"}, (), "error and text are different kinds of answer: keep one"),
        ({"raw": {}, "events": []}, (), "raw and events are different kinds of answer: keep one"),
        ({"auto": True, "generate": 5, "finish_reason": "stop"}, (),
         "generate and auto and finish_reason are different kinds of answer: keep one"),
        ({"raw": {}, "choices": ["a"]}, (), "raw and choices are different kinds of answer: keep one"),
        ({"choices": ["a"], "text": "b"}, (),
         "choices gives the content of every choice: move text into it, or drop choices"),
        ({"choices": ["a"], "parts": [{"text": "b"}], "finish_reason": "stop"}, (),
         "choices gives the content of every choice: move parts and finish_reason into it, or drop choices"),
        ({"choices": [{"text": "a", "parts": [{"text": "b"}]}]}, ("choices", 0),
         "parts gives the whole answer in order: move text into it, or drop parts"),
        ({"choices": [{"choices": []}]}, ("choices", 0, "choices"),
         ("unknown key 'choices': allowed here: reasoning, text, refusal, tool_calls, audio, parts, annotations, "
         "finish_reason")),
        ({"auto": False}, ("auto",), "expected true, found false"),
        ({"auto": 1}, ("auto",), "expected true, found 1"),
        ({"generate": 0}, ("generate",), "expected a value of at least 1, found 0"),
        ({"generate": {"tokens": 1_000_001}}, ("generate", "tokens"),
         "expected a value of at most 1000000, found 1000001"),
        ({"generate": "400"}, ("generate",), "expected a whole number, found '400': remove the quotes"),
        ({"call": "answer"}, ("call",), "expected a Python callable, which YAML cannot give, found 'answer'"),
        ({"raw": "text"}, ("raw",), "expected a mapping with keys from status, headers, body, found 'text'"),
        ({"raw": {"status": 199}}, ("raw", "status"), "expected a value of at least 200, found 199"),
        ({"events": {"data": 1}}, ("events",), "expected a list, found {data: 1}"),
        ({"events": [{"object": "chat.completion.chunk", "choices": []}]}, ("events", 0, "object"), None),
        ({"events": [{"data": 1, "dat": 1}]}, ("events", 0, "dat"),
         "unknown key 'dat': did you mean 'data'? allowed here: data, event, id, retry, comment, tokens"),
        ({"text": "a", "pace": "1s"}, ("pace",),
         "expected fast-small, large, huge, reasoning or cold-start, found '1s'"),
        ({"text": "a", "usage": {"input": -1}}, ("usage", "input"), "expected a value of at least 0, found -1"),
        ({"text": "a", "usage": {"inputs": 1}}, ("usage", "inputs"),
         "unknown key 'inputs': did you mean 'input'? allowed here: input, output, reasoning, cached"),
        ({"text": "a", "faults": {"reset": {"at": "start"}}}, ("faults",),
         "expected a list, found {reset: {at: 'start'}}"),
        ({"text": "a", "faults": [{"rest": {"at": "start"}}]}, ("faults", 0),
         f"unknown fault 'rest': did you mean 'reset'? allowed: {KINDS}"),
        ({"text": "a", "attempts": [{"text": "b", "attempts": ["c"]}]}, (),
         "a reply inside attempts has attempts of its own: write all tries in one list, in order"),
    ],
)  # fmt: skip
def test_a_reply_that_makes_no_sense_is_refused_at_its_place(value, place, message):
    first, *_ = refused(value)
    assert first[0] == place
    if message is not None:
        assert refused(value) == [(place, message)]


def test_a_fault_beside_the_answer_is_told_where_it_belongs():
    [(place, message)] = refused({"text": "a", "stall": {"at": "start"}})
    assert place == ("stall",)
    assert message.startswith(
        "unknown key 'stall': it is a fault, so write faults: [{stall: ...}]; allowed here: reasoning, text, "
    )


def test_the_json_of_an_event_is_told_where_it_belongs():
    [(place, message), _] = refused({"events": [{"object": "chunk", "model": "m"}]})
    assert place == ("events", 0, "object")
    assert message == (
        "unknown key 'object': the JSON of an event is written {data: {...}}; allowed here: data, event, id, retry, "
        "comment, tokens"
    )


class TestAttempts:
    @pytest.mark.parametrize(
        ("written", "entry"),
        [
            ({"reset": {"at": "start"}}, Reset(at="start")),
            ({"done": "omit"}, Done(mode="omit")),
            (Stall(at="start"), Stall(at="start")),
            ("other", ContentReply(text="other")),
            ({"text": "other"}, ContentReply(text="other")),
            ({"error": "slow_down"}, ErrorReply(error=ErrorSpec(code="slow_down"))),
            ({"faults": [{"done": "omit"}]}, ContentReply(faults=(Done(mode="omit"),))),
            ({}, ContentReply()),
            (answer, CallReply(call=answer)),
            (ContentReply(text="other"), ContentReply(text="other")),
        ],
    )
    def test_a_try_is_a_fault_or_another_reply(self, written, entry):
        read = ATTEMPT.validate_python(written)
        assert read == entry
        assert isinstance(read, Fault) is isinstance(entry, Fault)

    @pytest.mark.parametrize(
        ("written", "place", "message"),
        [
            ({"rest": {"at": "start"}}, (),
             ("unknown key 'rest': did you mean 'reset'? a try is a reply, with keys such as text, error and raw, or "
             f"one fault of {KINDS}")),
            ({"txt": "a"}, (),
             ("unknown key 'txt': did you mean 'text'? a try is a reply, with keys such as text, error and raw, or "
             f"one fault of {KINDS}")),
            ({3: "a"}, (),
             f"unknown key '3': a try is a reply, with keys such as text, error and raw, or one fault of {KINDS}"),
            ({"reset": {"at": "start"}, "stall": {"at": "start"}}, (),
             "one fault per entry, found 2 keys: reset, stall: make an entry of each"),
            ({"reset": {"at": "start"}, "zzz": 1}, (),
             "one fault per entry, found 2 keys: reset, zzz: make an entry of each"),
            ({"reset": {"at": "strat"}}, ("reset", "at"), None),
            ({"reset": None}, ("reset",), "expected a mapping with keys from at, found null"),
            ({"text": "a", "txet": "b"}, ("txet",), None),
            ({"text": "a", "reset": {"at": "start"}}, ("reset",), None),
            (None, (), "expected a reply, found null: write a text, or a mapping such as {text: ...}"),
            (5, (), "expected a reply, found 5: write a text, or a mapping such as {text: ...}"),
            ({"text": "a", "raw": {}}, (), "raw and text are different kinds of answer: keep one"),
        ],
    )  # fmt: skip
    def test_what_is_neither_is_refused_at_its_place(self, written, place, message):
        [(found_place, found_message)] = refused(written, ATTEMPT)
        assert found_place == place
        if message is not None:
            assert found_message == message
        reply_place = [place for place, _ in refused({"text": "x", "attempts": [written]})]
        assert reply_place == [("attempts", 0, *place)]

    def test_faults_and_replies_mix(self):
        reply = REPLY.validate_python({"text": "last", "attempts": [{"done": "omit"}, "other", {"error": "slow_down"}]})
        assert [type(entry).__name__ for entry in reply.attempts] == ["Done", "ContentReply", "ErrorReply"]


def test_what_is_not_said_is_left_to_the_scenario():
    assert ContentReply().pace is None
    assert ContentReply().template is None
    assert Envelope() == Envelope(headers={}, model=None, usage=None)
