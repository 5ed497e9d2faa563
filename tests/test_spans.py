"""What the span of an exchange says, with times by hand and names from the published conventions."""

from dataclasses import replace

import pytest
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as gen_ai
from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    server_attributes,
    url_attributes,
    user_agent_attributes,
)

from mockllm.engine import Engine
from mockllm.exchange import Deliveries, Ending, GateVisit, Outcome, Trouble
from mockllm.plan import End, Frame, Gate, Head, Messages, Raw, Send, Wait
from mockllm.request import Call, Headers
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.spans import span_of
from tests.calls import call, chat

PACED = "name: s\nrules: [{replies: [{text: [a, b], pace: {ttft: 300ms, itl: 20ms}, faults: [%s]}]}]"


def ended(text, asked, *, steps=None, ending=Ending.COMPLETE, late_us=0):
    """The exchange of a call, each of whose steps so far was done so much later than it was due."""
    engine = Engine(Library(scenarios=[load_text(text)]))
    exchange = engine.handle(replace(asked, at_us=5_000_000))
    deliveries = Deliveries(exchange.plan)
    due_us = 0
    for step in exchange.plan[:steps]:
        due_us += step.us if isinstance(step, Wait) else 0
        deliveries.add(1, due_us + late_us)
    return replace(exchange, deliveries=deliveries, outcome=Outcome(ending, len(deliveries), due_us + late_us))


def told(span, prefix):
    return {name: value for name, value in span.attributes.items() if name.startswith(prefix)}


def test_a_stream_is_told_as_what_was_asked_and_what_was_answered():
    asked = chat(
        stream=True, max_completion_tokens=9, temperature=0.5, top_p=1, seed=3, stop=["x"],
        stream_options={"include_usage": True},
    )  # fmt: skip
    span = span_of(ended(PACED % "", asked, late_us=7))
    assert span.name == "chat gpt-4o"
    answer_id = span.attributes[gen_ai.GEN_AI_RESPONSE_ID]
    assert answer_id.startswith("chatcmpl-")
    assert told(span, "gen_ai.") == {
        gen_ai.GEN_AI_OPERATION_NAME: "chat",
        gen_ai.GEN_AI_PROVIDER_NAME: "openai",
        gen_ai.GEN_AI_REQUEST_MODEL: "gpt-4o",
        gen_ai.GEN_AI_REQUEST_STREAM: True,
        gen_ai.GEN_AI_REQUEST_MAX_TOKENS: 9,
        gen_ai.GEN_AI_REQUEST_TEMPERATURE: 0.5,
        gen_ai.GEN_AI_REQUEST_TOP_P: 1,
        gen_ai.GEN_AI_REQUEST_SEED: 3,
        gen_ai.GEN_AI_REQUEST_STOP_SEQUENCES: ("x",),
        gen_ai.GEN_AI_RESPONSE_ID: answer_id,
        gen_ai.GEN_AI_RESPONSE_MODEL: "gpt-4o",
        gen_ai.GEN_AI_RESPONSE_FINISH_REASONS: ("stop",),
        gen_ai.GEN_AI_USAGE_INPUT_TOKENS: span.attributes[gen_ai.GEN_AI_USAGE_INPUT_TOKENS],
        gen_ai.GEN_AI_USAGE_OUTPUT_TOKENS: 2,
        gen_ai.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK: 0.300007,
    }
    assert span.failure is None


def test_times_count_from_the_moment_at_which_the_request_was_read():
    span = span_of(ended(PACED % "", chat(stream=True), late_us=7))
    assert (span.start_us, span.length_us) == (5_000_000, 320_007)
    assert [(event.name, event.at_us, event.attributes) for event in span.events] == [
        ("mockllm.first_chunk", 300_007, {"mockllm.due_us": 300_000})
    ]
    assert (span.attributes["mockllm.planned_us"], span.attributes["mockllm.actual_us"]) == (320_000, 320_007)


def test_http_is_told_as_a_server_does_and_neither_query_nor_key_nor_text():
    headers = (("Host", "[::1]:8080"), ("User-Agent", "me/1"), ("Authorization", "Bearer sk-planted-key"))
    asked = replace(chat(), query="key=sk-planted-key", headers=Headers(headers))
    span = span_of(ended(PACED % "", asked))
    assert told(span, "http.") == {
        http_attributes.HTTP_REQUEST_METHOD: "POST",
        http_attributes.HTTP_RESPONSE_STATUS_CODE: 200,
    }
    assert span.attributes[url_attributes.URL_PATH] == "/v1/chat/completions"
    assert span.attributes[url_attributes.URL_SCHEME] == "http"
    assert span.attributes[server_attributes.SERVER_ADDRESS] == "::1"
    assert span.attributes[server_attributes.SERVER_PORT] == 8080
    assert span.attributes[user_agent_attributes.USER_AGENT_ORIGINAL] == "me/1"
    shown = str((span.name, span.attributes, span.events))
    assert "planted" not in shown
    assert "Hi" not in shown


def test_the_headers_are_there_for_a_parent_by_name_in_small_letters_and_the_first_of_two_counts():
    headers = (("TraceParent", "one"), ("traceparent", "two"))
    assert span_of(ended(PACED % "", replace(chat(), headers=Headers(headers)))).carrier == {"traceparent": "one"}


def test_what_the_scenario_knows_is_told():
    span = span_of(ended(PACED % "", chat()))
    size = span.attributes["mockllm.bytes.sent"]
    assert told(span, "mockllm.") == {
        "mockllm.exchange": 1,
        "mockllm.namespace": "s",
        "mockllm.rule": "rules[0]",
        "mockllm.attempt": 1,
        "mockllm.outcome": "complete",
        "mockllm.bytes.planned": size,
        "mockllm.bytes.sent": size,
        "mockllm.planned_us": 320_000,
        "mockllm.actual_us": 320_000,
    }
    assert size > 0


def test_a_fault_is_an_event_at_the_moment_when_it_first_did_something():
    stall = "{stall: {at: {token: 1}, for: 2s, heartbeat: 1s}}"
    span = span_of(ended(PACED % stall, chat(stream=True)))
    assert span.attributes["mockllm.faults"] == ("fault: stall",)
    faults = [event for event in span.events if event.name == "mockllm.fault"]
    # The first token is out after 300 ms, and the second would come 20 ms later.
    assert [(event.at_us, event.attributes) for event in faults] == [(320_000, {"mockllm.fault": "fault: stall"})]


def test_a_fault_without_a_wait_is_told_when_it_was_done():
    span = span_of(ended(PACED % "{corrupt: {how: cut_json, frames: 2}}", chat(stream=True), late_us=7))
    (fault,) = (event for event in span.events if event.name == "mockllm.fault")
    assert fault.at_us == 320_007


def test_an_answer_that_was_cut_is_a_failure_of_the_server():
    reset = "{reset: {at: {frame: 1}}}"
    exchange = ended(PACED % reset, chat(stream=True), ending=Ending.CUT)
    span = span_of(exchange)
    assert span.failure == span.attributes[error_attributes.ERROR_TYPE] == "cut as scripted"
    assert span.attributes["mockllm.outcome"] == "cut as scripted"
    assert gen_ai.GEN_AI_RESPONSE_FINISH_REASONS not in span.attributes


def test_what_was_not_sent_is_not_told_and_a_client_that_left_is_no_failure():
    span = span_of(ended(PACED % "", chat(stream=True), steps=1, ending=Ending.LEFT))
    assert span.failure is None
    assert error_attributes.ERROR_TYPE not in span.attributes
    assert gen_ai.GEN_AI_RESPONSE_MODEL not in span.attributes
    assert gen_ai.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK not in span.attributes
    assert span.events == ()


@pytest.mark.parametrize(
    ("reply", "status", "error", "failure"),
    [
        ("{error: rate_limit_exceeded}", 429, "rate_limit_exceeded", None),
        ("{error: {status: 503, type: overloaded, code: null}}", 503, "overloaded", "503"),
        ("{raw: {status: 502, body: <html>}}", 502, "502", "502"),
        ("{raw: {status: 400, body: '{\"error\": {}}'}}", 400, "error", None),
        ('{raw: {status: 404, body: \'{"error": "x"}\'}}', 404, "404", None),
    ],
)
def test_an_error_is_told_by_its_code_and_only_5xx_is_a_failure_of_the_server(reply, status, error, failure):
    span = span_of(ended(f"name: s\nrules: [{{replies: [{reply}]}}]", chat()))
    assert span.attributes[http_attributes.HTTP_RESPONSE_STATUS_CODE] == status
    assert (span.attributes[error_attributes.ERROR_TYPE], span.failure) == (error, failure)


def test_what_nothing_answers_is_told_without_the_words_of_the_prompt():
    span = span_of(ended("name: s\nrules: []", chat()))
    assert span.attributes["mockllm.trouble"] == Trouble.UNMATCHED.value
    assert "mockllm.rule" not in span.attributes
    assert "Hi" not in str(span)


def test_bytes_that_are_no_text_can_be_exported():
    asked = replace(chat(), path="/v1/\udcff", headers=Headers((("user-agent", "a\udcff"),)))
    exchange = ended("name: s\nrules: []", chat())
    odd = replace(exchange, call=asked, request=replace(exchange.request, stop=("\ud800", "b")))
    span = span_of(odd)
    assert span.attributes[url_attributes.URL_PATH] == "/v1/?"
    assert span.attributes[user_agent_attributes.USER_AGENT_ORIGINAL] == "a?"
    assert span.attributes[gen_ai.GEN_AI_REQUEST_STOP_SEQUENCES] == ("?", "b")
    assert span_of(replace(odd, request=None)).name == "POST /v1/?"


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("reply", "reason"),
    [("{text: Hello}", "completed"), ("{text: Hello, finish_reason: length}", "max_output_tokens")],
)
def test_a_response_ends_as_its_status_says(stream, reply, reason):
    asked = call("POST", "/v1/responses", {"model": "gpt-4o", "input": "Hi", "stream": stream})
    span = span_of(ended(f"name: s\nrules: [{{replies: [{reply}]}}]", asked))
    assert span.name == "chat gpt-4o"
    assert span.attributes[gen_ai.GEN_AI_RESPONSE_ID].startswith("resp_")
    assert span.attributes[gen_ai.GEN_AI_RESPONSE_FINISH_REASONS] == (reason,)
    assert span.attributes[gen_ai.GEN_AI_USAGE_OUTPUT_TOKENS] == 1


def test_each_choice_has_its_reason():
    reply = "{choices: [{text: a}, {text: b, finish_reason: length}]}"
    span = span_of(ended(f"name: s\nrules: [{{replies: [{reply}]}}]", chat(n=2, stream=True)))
    assert span.attributes[gen_ai.GEN_AI_REQUEST_CHOICE_COUNT] == 2
    assert span.attributes[gen_ai.GEN_AI_RESPONSE_FINISH_REASONS] == ("stop", "length")


def test_other_operations_have_the_names_of_the_conventions():
    scenario = "name: s\nrules: [{replies: [{text: a}]}]"
    legacy = span_of(ended(scenario, call("POST", "/v1/completions", {"model": "m", "prompt": "x"})))
    assert legacy.attributes[gen_ai.GEN_AI_OPERATION_NAME] == "text_completion"
    vectors = span_of(ended(scenario, call("POST", "/v1/embeddings", {"model": "m", "input": "x"})))
    assert vectors.name == "embeddings m"
    assert vectors.attributes[gen_ai.GEN_AI_USAGE_INPUT_TOKENS] == 1
    assert gen_ai.GEN_AI_USAGE_OUTPUT_TOKENS not in vectors.attributes
    models = span_of(ended(scenario, call("GET", "/v1/models")))
    assert models.name == "GET /v1/models"
    assert told(models, "gen_ai.") == {}
    asked = ended(scenario, chat())
    assert span_of(replace(asked, request=replace(asked.request, model=""))).name == "chat"


def test_what_faults_made_unreadable_is_passed_over():
    events = "[not json, '[1]', {data: {usage: 3, choices: [7, {index: 0}]}}, {data: {status: queued, output: []}}]"
    span = span_of(ended(f"name: s\nrules: [{{replies: [{{events: {events}}}]}}]", chat(stream=True)))
    assert set(told(span, "gen_ai.re")) == {
        gen_ai.GEN_AI_REQUEST_MODEL,
        gen_ai.GEN_AI_REQUEST_STREAM,
        gen_ai.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK,
    }


def test_messages_of_a_websocket_are_read_one_by_one():
    done = b'{"type":"response.done","response":{"id":"resp_1","output":[],"status":"completed","usage":%b}}'
    usage = b'{"input_tokens":3,"output_tokens":4}'
    head = bytes((0x81, 126)) + (200).to_bytes(2, "big")  # RFC 6455 §5.2; that it fits does not matter here
    plan = (Messages(), Send(b'\x81\x02{"type":"x"}', Frame("")), Send(head + done % usage, Frame("")))
    deliveries = Deliveries(plan)
    deliveries.add_rest(5)
    exchange = replace(ended("name: s\nrules: []", chat()), plan=plan, deliveries=deliveries, status=101)
    assert told(span_of(exchange), "gen_ai.response.i") == {gen_ai.GEN_AI_RESPONSE_ID: "resp_1"}
    assert told(span_of(exchange), "gen_ai.usage") == {
        gen_ai.GEN_AI_USAGE_INPUT_TOKENS: 3,
        gen_ai.GEN_AI_USAGE_OUTPUT_TOKENS: 4,
    }
    assert span_of(exchange).attributes[gen_ai.GEN_AI_RESPONSE_FINISH_REASONS] == ("completed",)


def test_gates_struck_and_unfired_faults_are_told():
    plan = (Gate("go", "fault: gate"), Head(200), Raw(b"x", "chaos[0]: corrupt"), Send(b"", Frame("")), End())
    deliveries = Deliveries(plan)
    deliveries.add(3, 10)
    exchange = replace(
        ended("name: s\nrules: []", Call("", "*")),
        plan=plan,
        deliveries=deliveries,
        status=0,
        request=None,
        gates=(GateVisit("go", 0, 2, 10), GateVisit("never", 0, 11)),
        struck=("corrupt",),
        unfired=("stall",),
        outcome=Outcome(Ending.SHUT, 3, 12),
    )
    span = span_of(exchange)
    assert [(event.name, event.at_us, list(event.attributes.values())) for event in span.events] == [
        ("mockllm.gate.reached", 2, ["go"]),
        ("mockllm.first_chunk", 10, [10]),
        ("mockllm.gate.passed", 10, ["go"]),
        ("mockllm.gate.reached", 11, ["never"]),
    ]
    assert span.attributes["mockllm.faults.struck"] == ("corrupt",)
    assert span.attributes["mockllm.faults.unfired"] == ("stall",)
    assert http_attributes.HTTP_RESPONSE_STATUS_CODE not in span.attributes
    assert span.failure == "gate never opened"
