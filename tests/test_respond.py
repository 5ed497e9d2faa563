import pytest

from mockllm import http1
from mockllm.dialects import find
from mockllm.dialects.base import Surroundings
from mockllm.errors import MockLLMError
from mockllm.fill import template as templates
from mockllm.plan import Head, Send, Wait
from mockllm.respond import Circumstances, ReplyFailedError, respond
from mockllm.scenario.load import load_value
from mockllm.scenario.reply import CallReply, ContentReply, ErrorReply
from mockllm.scenario.script import step_of
from mockllm.store import Store
from mockllm.tokens import for_model, splitter
from tests.turns import SEED, asked, asked_responses

S = 1_000_000


def responded(reply, request=None, *, attempt=1, path="/chat/completions", method="POST", **scenario):
    """What becomes of a reply of a scenario: the answer, the compiled plan, what is kept."""
    scenario = load_value({"rules": [{"replies": [reply]}], **scenario})
    found = find(method, path)
    around = Circumstances(
        scenario=scenario,
        endpoint=found.endpoint,
        parameters=found.parameters,
        surroundings=Surroundings(("gpt-4o",), 1_700_000_000, Store(), lambda _request: 0),
        seed=SEED,
        attempt=attempt,
    )
    return respond(step_of(scenario.rules[0].replies[0], attempt), request or asked(stream=False), around)


def content(reply, **options):
    """The content of the answer's one message."""
    return responded(reply, **options)[0].frames[0].data["choices"][0]["message"]["content"]


def head(compiled):
    return next(step for step in compiled.plan if isinstance(step, Head))


def due_us(compiled):
    return sum(step.us for step in compiled.plan if isinstance(step, Wait))


# The forms of a reply.


def test_words_prose_and_answers_made_from_the_request_are_turns():
    assert content("Hello") == "Hello"
    assert len(content({"generate": 30}).split()) > 10
    assert len(content({"auto": True}).split()) > 10


def test_an_error_is_a_refusal():
    answer, compiled, kept = responded({"error": "rate_limit_exceeded"})
    assert (answer.status, head(compiled).status, kept) == (429, 429, ())
    assert answer.frames[0].data["error"]["code"] == "rate_limit_exceeded"


def test_the_request_id_in_a_message_is_that_of_the_header():
    answer, compiled, _ = responded({"error": "server_error"})
    assert dict(head(compiled).headers)["x-request-id"] in answer.frames[0].data["error"]["message"]


def test_raw_and_events_are_verbatim():
    answer, _, kept = responded({"raw": {"status": 418, "body": "teapot"}})
    assert (answer.status, answer.frames[0].data, kept) == (418, "teapot", ())
    answer, _, kept = responded({"events": ["a", "b"]})
    assert ([frame.data for frame in answer.frames], kept) == (["a", "b"], ())


def test_a_turn_is_kept_if_the_request_says_so_with_the_id_of_the_request():
    assert responded("Hello")[2] == ()
    _, compiled, (kept,) = responded("Hello", asked(store=True))
    assert kept.value["request_id"] == dict(head(compiled).headers)["x-request-id"]


# What surrounds it.


def test_faults_of_every_kind_are_applied_and_those_without_a_place_told():
    faults = [{"cut_arguments": {}}, {"status": 206}, {"reset": {"at": {"frame": 99}}}]
    answer, compiled, _ = responded({"text": "Hello", "faults": faults})
    assert (head(compiled).status, compiled.unfired) == (206, ("cut_arguments", "reset"))
    assert answer.status == 200


def test_content_faults_change_the_turn():
    reply = {"tool_calls": [{"name": "f", "arguments": {"a": 1}}], "faults": [{"cut_arguments": {"after": 1}}]}
    answer, compiled, _ = responded(reply)
    assert answer.frames[0].data["choices"][0]["finish_reason"] == "length"
    assert compiled.unfired == ()


def test_a_turn_goes_by_the_scenarios_pace_or_by_its_own():
    assert due_us(responded("Hello", pace={"ttft": "2s"})[1]) == 2 * S
    assert due_us(responded({"text": "Hello", "pace": {"ttft": "1s"}}, pace={"ttft": "2s"})[1]) == S
    assert due_us(responded({"events": ["a"]}, pace={"ttft": "2s"})[1]) == 2 * S


@pytest.mark.parametrize("reply", [{"error": "slow_down"}, {"raw": {"body": "x"}}])
def test_a_refusal_goes_out_at_once_unless_it_has_a_pace_of_its_own(reply):
    assert due_us(responded(reply, pace={"ttft": "2s"})[1]) == 0
    assert due_us(responded({**reply, "pace": {"ttft": "1s"}})[1]) == S


def test_a_plain_body_goes_out_when_its_stream_would_have_ended():
    pace = {"ttft": "300ms", "itl": "20ms"}
    assert due_us(responded({"text": ["a", "b", "c"]}, pace=pace)[1]) == 340_000


def test_headers_of_the_scenario_and_of_the_reply_win_over_ours():
    reply = {"text": "Hello", "headers": {"X-B": "reply", "openai-version": "1"}}
    found = dict(head(responded(reply, defaults={"headers": {"x-a": "all", "x-b": "all"}})[1]).headers)
    assert (found["x-a"], found["X-B"], found["openai-version"]) == ("all", "reply", "1")
    assert "x-b" not in found


def test_defaults_hold_for_errors_and_raw_answers_too():
    for reply in ({"error": "slow_down"}, {"raw": {"body": "x"}}, {"events": ["a"]}):
        assert dict(head(responded(reply, defaults={"headers": {"x-a": "all"}})[1]).headers)["x-a"] == "all"


def test_exact_tokens_are_counted_with_the_models_vocabulary():
    words = "1234567 unbelievable antidisestablishmentarianism"
    exact, approximate = (
        responded(words, tokens=tokens)[0].frames[0].data["usage"]["completion_tokens"]
        for tokens in ("exact", "approximate")
    )
    assert exact == len(for_model("gpt-4o").split(words))
    assert approximate == len(splitter().split(words)) != exact


def test_attempts_differ_in_their_request_id_and_not_in_what_is_said():
    first, second = (responded("Hello", attempt=attempt) for attempt in (1, 2))
    assert first[0].frames == second[0].frames
    assert dict(head(first[1]).headers)["x-request-id"] != dict(head(second[1]).headers)["x-request-id"]


# Resources.


def test_a_resource_answers_itself_where_the_reply_is_auto():
    answer, compiled, kept = responded({"auto": True}, path="/models", method="GET")
    assert [model["id"] for model in answer.frames[0].data["data"]] == ["gpt-4o"]
    assert (head(compiled).status, kept) == (200, ())


def test_a_resource_can_be_refused_and_answered_verbatim():
    assert responded({"error": "invalid_api_key"}, path="/models", method="GET")[0].status == 401
    assert responded({"raw": {"body": []}}, path="/models", method="GET")[0].frames[0].data == []


def test_a_turn_cannot_answer_a_resource():
    with pytest.raises(ReplyFailedError, match="a turn cannot answer chat: reply with auto, error or raw"):
        responded("Hello", path="/models", method="GET")


# Callables.


def calling(function, request=None, **fields):
    return responded(CallReply(call=function, **fields), request or asked(stream=False))


def said(response):
    return response[0].frames[0].data["choices"][0]["message"]["content"]


def test_a_callable_gets_the_request_and_answers_with_a_text_a_mapping_or_a_reply():
    assert said(calling(lambda request: f"You said {request.messages[-1].text}")) == "You said Hi"
    assert said(calling(lambda _: {"text": "Hello"})) == "Hello"
    assert said(calling(lambda _: ContentReply(text="Hello"))) == "Hello"
    assert calling(lambda _: {"error": {"status": 418}})[0].status == 418


def test_the_words_of_a_callable_are_no_templates_unless_it_says_so():
    hostile = "{{ request.model }} {{"
    assert said(calling(lambda _: hostile)) == hostile
    assert said(calling(lambda _: {"text": "{{ request.model }}", "template": True})) == "gpt-4o"
    assert said(calling(lambda _: "{{ request.model }}", template=True)) == "gpt-4o"


def test_what_is_said_around_a_callable_holds_unless_its_reply_says_otherwise():
    around = {"pace": {"ttft": "1s"}, "headers": {"x-a": "around"}, "model": "around"}
    response = calling(lambda _: "Hello", **around)
    assert (due_us(response[1]), response[0].frames[0].data["model"]) == (S, "around")
    assert dict(head(response[1]).headers)["x-a"] == "around"
    own = {"text": "Hello", "pace": {"ttft": "2s"}, "headers": {"x-b": "own"}, "model": "own"}
    response = calling(lambda _: own, **around)
    assert (due_us(response[1]), response[0].frames[0].data["model"]) == (2 * S, "own")
    assert "x-a" not in dict(head(response[1]).headers)


def test_the_faults_of_both_are_applied():
    response = calling(lambda _: {"text": "Hello", "faults": [{"status": 206}]}, faults=[{"close": {"at": "end"}}])
    assert head(response[1]).status == 206
    assert type(response[1].plan[-1]).__name__ == "Close"


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda _: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda _: {"txet": "Hello"}, "returned no reply"),
        (lambda _: None, "returned no reply"),
        (lambda _: 5, "returned no reply"),
        (lambda _: {"call": lambda _: "Hello"}, "returned another callable"),
        (lambda _: CallReply(call=lambda _: "Hello"), "returned another callable"),
        (lambda _: lambda _: "Hello", "returned another callable"),
    ],
)
def test_a_callable_that_gives_no_reply_is_told(function, message):
    with pytest.raises(ReplyFailedError, match=message):
        calling(function)


def test_an_error_object_is_a_reply_too():
    assert calling(lambda _: ErrorReply(error="slow_down"))[0].status == 429


def test_a_template_that_fails_is_an_error_of_the_scenario():
    with pytest.raises(MockLLMError, match="cannot be filled in") as caught:
        responded("{{ request.nothing.at.all }}")
    assert isinstance(caught.value, templates.TemplateFailedError)


def test_nothing_is_sent_twice():
    sends = [step for step in responded("Hello")[1].plan if isinstance(step, Send)]
    assert len(sends) == 1


# Pace.

FOUR = {"text": ["Hel", "lo", " you", "!"]}


def told_at(reply, **options):
    """When each frame with tokens goes out, and how many tokens it has."""
    now, told = 0, []
    for step in responded(reply, asked(stream=True), **options)[1].plan:
        now += step.us if isinstance(step, Wait) else 0
        if isinstance(step, Send) and step.frame.tokens:
            told.append((now, step.frame.tokens))
    return told


@pytest.mark.parametrize(
    ("size", "told"),
    [(1, [(0, 1), (10, 1), (20, 1), (30, 1)]), (3, [(20, 3), (30, 1)]), (4, [(30, 4)]), (9, [(30, 4)])],
)
def test_a_delta_of_several_tokens_goes_out_with_its_last(size, told):
    assert told_at({**FOUR, "pace": {"itl": "10us", "chunk_tokens": size}}) == told


def test_the_size_of_deltas_changes_nothing_of_what_is_said_or_counted():
    plain, larger = (responded({**FOUR, "pace": {"chunk_tokens": size}})[0].frames[0].data for size in (1, 3))
    assert plain == larger


@pytest.mark.parametrize(
    ("usage", "first"),
    [({"input": 100}, 20_000), ({"input": 100, "cached": 60}, 8_000), ({"input": 100, "cached": 200}, 0)],
)
def test_prefill_is_for_the_input_that_was_not_cached(usage, first):
    reply = {**FOUR, "pace": {"prefill": "0.2ms"}, "usage": usage}
    assert told_at(reply)[0] == (first, 1)
    assert due_us(responded(reply)[1]) == first


def test_what_is_no_turn_has_nothing_to_read():
    assert due_us(responded({"events": ["a"], "pace": {"prefill": "1s"}})[1]) == 0


def test_events_of_a_stored_stream_have_the_same_times():
    reply = {**FOUR, "pace": {"prefill": "1ms", "itl": "5ms"}, "usage": {"input": 10}}
    _, compiled, (stored,) = responded(reply, asked_responses(background=True), path="/responses")
    sends, now = [], 0
    for step in compiled.plan:
        now += step.us if isinstance(step, Wait) else 0
        if isinstance(step, Send):
            sends.append(now)
    assert list(stored.dues) == sends
    assert max(sends) == 10_000 + 3 * 5_000


ASKS = {
    "nothing more": {},
    "its usage": {"stream_options": {"include_usage": True}},
    "larger pieces": {},
    "several choices": {"n": 3},
    "few tokens": {"max_tokens": 10},
    "a stop that does not come": {"stop": ["never"]},
}


@pytest.mark.parametrize(("asks", "fields"), ASKS.items(), ids=ASKS)
def test_of_a_long_reply_no_more_is_made_than_the_answer_begins_with(asks, fields):
    reply = {"text": "word " * 50_000}
    pace = {"pace": {"chunk_tokens": 3}} if asks == "larger pieces" else {}
    _, compiled, _ = responded(reply, asked(**fields), **pace)
    assert http1.whole(compiled.plan, 65_536) is None or asks == "few tokens"
    assert compiled.plan.events.mould.made <= 1_024
    assert compiled.plan.events.reach(200) == (13 if asks == "few tokens" else 200)


def test_a_long_plain_reply_is_the_text_as_it_is_written():
    text = "word " * 10_000
    assert content(text) == text
    body = responded(text)[0].frames[0].data
    assert body["usage"]["completion_tokens"] == len(splitter().split(text))
