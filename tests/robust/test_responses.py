"""Events and bodies of Responses, folded by the rules."""

import pytest

from tests.robust.outcome import ProblemError
from tests.robust.responses import ResponsesFold


def event(kind, **members):
    return {"type": f"response.{kind}", **members}


def text(piece, **where):
    return event("output_text.delta", delta=piece, **where)


def ended(output=None, **response):
    return event("completed", response={"output": output, **response})


def message(value, id_="m"):
    return {"type": "message", "id": id_, "content": [{"type": "output_text", "text": value}]}


def call(args, call_id="c", id_="fc"):
    return {"type": "function_call", "id": id_, "call_id": call_id, "name": "f", "arguments": args}


def fold(*events, **request):
    folded = ResponsesFold(request)
    for each in events:
        folded.event("", each)
    return folded.outcome(None)


def test_text_counts_however_it_comes():
    deltas = [text("Hel", item_id="m", output_index=0), text("lo", item_id="m", output_index=0)]
    settled = event("output_text.done", text="Hello", item_id="m", output_index=0)
    item = event("output_item.done", item=message("Hello"), output_index=0)
    for events in ([*deltas], [settled], [item], [*deltas, settled, item], [ended([message("Hello")])]):
        assert fold(*events, ended()).text == "Hello"


def test_the_last_word_on_a_text_is_the_completed_one():
    assert fold(text("Draft"), ended([message("Final")])).text == "Final"


def test_a_null_text_takes_nothing_back():
    assert (
        fold(text("Hello"), ended([{"type": "message", "content": [{"type": "output_text", "text": None}]}])).text == ""
    )
    assert fold(text("Hello"), ended(None), ended([])).text == "Hello"


def test_ids_may_change_within_an_item_and_places_may_lack():
    assert (
        fold(text("Hel", item_id="a", output_index=0), text("lo", item_id="b", output_index=0), ended()).text == "Hello"
    )
    assert fold(text("Hel"), text("lo"), ended()).text == "Hello"


def test_a_delta_may_be_an_object_and_unknown_events_are_skipped():
    odd = [
        {"type": "ping"},
        {"type": "response.reasoning_summary_part.added"},
        {"type": "keepalive", "sequence_number": 0},
    ]
    assert fold(*odd, text({"type": "output_text", "text": "Hello"}), *odd, ended()).text == "Hello"


def test_the_full_text_in_what_is_added_is_not_doubled():
    assert fold(
        event("output_item.added", item=message("Hello"), output_index=0), text("Hello", output_index=0)
    ).text == ("Hello")


@pytest.mark.parametrize(
    "events",
    [
        [
            event("function_call_arguments.delta", delta='{"x"', output_index=0),
            event("function_call_arguments.delta", delta=":1}", output_index=0),
        ],
        [
            event("function_call_arguments.delta", delta=""),
            event("function_call_arguments.done", arguments='{"x":1}', output_index=0),
        ],
        [event("output_item.done", item=call('{"x":1}'), output_index=0)],
        [ended([call({"x": 1})])],
        [event("output_item.done", item=call(args), output_index=n) for n, args in enumerate(['{"x"', '{"x":1}'])],
    ],
    ids=["deltas", "done", "item", "completed", "an item for each fragment"],
)
def test_a_call_counts_however_its_arguments_come(events):
    outcome = fold(event("output_item.added", item=call(""), output_index=0), *events, ended())
    assert [(made.id, made.name, made.arguments) for made in outcome.tool_calls] == [("c", "f", {"x": 1})]
    assert outcome.finish == "tool_calls"


def test_refusal_and_reasoning_are_put_together_like_text():
    outcome = fold(
        event("reasoning_summary_text.delta", delta="Hm.", item_id="unknown", output_index=5),
        event("refusal.delta", delta="I can"),
        event("refusal.delta", delta="not."),
        event("refusal.done", refusal="I cannot."),
        ended(usage={"input_tokens": 3, "output_tokens_details": {"reasoning_tokens": 2}}),
    )
    assert (outcome.reasoning, outcome.refusal, outcome.text) == ("Hm.", "I cannot.", "")
    assert outcome.usage == {"input": 3, "reasoning": 2}


@pytest.mark.parametrize("kind", ["completed", "done"])
def test_the_end_is_told_by_the_event_alone(kind):
    folded = ResponsesFold({})
    folded.event("", event("created", response={"status": "completed"}))
    assert not folded.terminal
    folded.event("", event(kind, response={"status": None}))
    assert folded.terminal
    assert folded.outcome(None).finish == "stop"


@pytest.mark.parametrize(
    ("reason", "finish", "failure"),
    [("max_output_tokens", "length", None), ("content_filter", "content_filter", "filtered")],
)
def test_an_incomplete_response_is_no_success(reason, finish, failure):
    incomplete = event("incomplete", response={"incomplete_details": {"reason": reason}})
    outcome = fold(text("Hel"), incomplete)
    assert (outcome.text, outcome.finish, outcome.failure) == ("Hel", finish, failure)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        ({"type": "error", "error": {"code": "context_length_exceeded", "message": "Too long"}}, "refused"),
        ({"type": "error", "code": "server_error", "message": "Too long"}, "unavailable"),
        ({"error": {"message": "Too long", "code": "rate_limit_exceeded"}}, "rate_limited"),
        (event("failed", response={"error": {"code": "server_error", "message": "Too long"}}), "unavailable"),
        (
            {
                "type": "error",
                "error": {"type": "invalid_request_error", "code": "request_timeout", "message": "Too long"},
            },
            "unavailable",
        ),
        (event("failed", response={}), "reported"),
    ],
)
def test_an_error_is_one_in_every_shape(error, failure):
    with pytest.raises(ProblemError) as raised:
        fold(text("Hel"), error)
    assert raised.value.problem.failure == failure


def test_a_body_needs_little():
    folded = ResponsesFold({})
    folded.body({"error": None, "output": [{"type": "message", "content": [{"type": "output_text", "text": "Hi"}]}]})
    assert folded.outcome(None).text == "Hi"
    with pytest.raises(ProblemError):
        ResponsesFold({}).body({"output": None})


def test_a_part_that_is_done_is_worth_more_than_its_deltas():
    done = event("content_part.done", part={"type": "output_text", "text": "Hello"}, output_index=0, content_index=0)
    assert fold(text("Hell", output_index=0), done, ended()).text == "Hello"


def test_the_end_marker_of_the_other_api_is_an_end():
    folded = ResponsesFold({})
    folded.event("", text("Hello"))
    folded.done()
    assert (folded.terminal, folded.outcome(None).finish) == (True, "unknown")


def test_an_error_in_a_body_is_an_error():
    with pytest.raises(ProblemError, match="Oh no"):
        ResponsesFold({}).body({"error": {"message": "Oh no"}, "output": []})


def test_what_is_no_part_says_nothing():
    odd = {"type": "message", "content": [{"type": "output_audio", "text": "?"}, None]}
    assert fold(text("Hello"), event("output_item.done", item=odd), ended()).text == "Hello"
