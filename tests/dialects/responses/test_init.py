"""The fold law, the strict reading of the SDK's models and OpenAI's own description, for every turn there can be; and
the dialect as a whole.
"""

import re
from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai import omit
from openai._models import construct_type
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.input_token_count_response import InputTokenCountResponse

from mockllm.dialects.plain import body_bytes
from mockllm.dialects.responses import INPUT_TOKENS, RESPONSES, write
from mockllm.dialects.sse import event_bytes
from mockllm.errors import ApiError
from mockllm.fill.content import parts as fill_parts
from mockllm.fill.template import Template
from mockllm.plan import duration
from mockllm.request import Call
from mockllm.scenario.content import Content
from mockllm.store import Store, Stored
from mockllm.tokens import pieces as counted
from mockllm.tokens import splitter
from mockllm.turn import Audio, Choice, Logprob, Reasoning, Refusal, Text, ToolCall, Usage
from tests import calls
from tests.openapi_schema import violations
from tests.specimens import HOSTED, INCLUDED, written
from tests.strict import problems
from tests.turns import SEED, asked_responses, said, turn
from tests.wire_exceptions import (
    BEYOND_EVENT,
    BEYOND_RESPONSE,
    NOT_DESCRIBED_RESPONSE,
    UNDESCRIBED,
    UNKNOWN,
    described,
)

CITATION = {
    "type": "url_citation",
    "url_citation": {"start_index": 0, "end_index": 5, "title": "T", "url": "https://example.com"},
}
# Where the deltas of an item go in the item itself.
WHOLE = {
    "response.output_text.delta": lambda item: item["content"][0]["text"],
    "response.refusal.delta": lambda item: item["content"][0]["refusal"],
    "response.reasoning_summary_text.delta": lambda item: item["summary"][0]["text"],
    "response.function_call_arguments.delta": lambda item: item["arguments"],
    "response.custom_tool_call_input.delta": lambda item: item["input"],
    "response.reasoning_text.delta": lambda item: item["content"][0]["text"],
    "response.code_interpreter_call_code.delta": lambda item: item["code"],
    "response.mcp_call_arguments.delta": lambda item: item["arguments"],
    "response.shell_call_command.delta": lambda item: "".join(item["action"]["commands"]),
    "response.apply_patch_call_operation_diff.delta": lambda item: item["operation"]["diff"],
}

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
texts = st.one_of(words, st.sampled_from(["🌞🇩🇪", "e\u0301", "漢字かな", "\u2028\x00\n\r", '{"a": "\\"}']))
names = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)


def cut(text):
    return counted(splitter().split(text))


@st.composite
def spoken(draw, logprobs):
    made = cut(draw(texts))
    tokens = [token for piece in made for token in piece.raw]
    entries = tuple(Logprob(token, -0.25, ((token, -0.25),)) for token in tokens) if logprobs else ()
    return Text(made, draw(st.sampled_from([(), (CITATION,), (CITATION, CITATION)])), entries)


functions = st.builds(ToolCall, st.uuids().map(str), names, texts.map(cut))
customs = st.builds(ToolCall, st.uuids().map(str), names, texts.map(cut), st.just("custom"))
audio = st.builds(Audio, st.just("audio_1"), texts.map(cut), st.just(("AAAA",)), st.integers(0, 2**31))
thoughts = st.builds(Reasoning, texts.map(cut), raw=st.booleans())


@st.composite
def hosted_parts(draw):
    """The parts of one of the service's own tools, with drawn words."""
    said = Content.model_validate({"parts": [written(draw(st.sampled_from(HOSTED)), lambda: draw(texts))]})
    # Each with ids of its own, as the parts of one answer have.
    seed = SEED.child(str(draw(st.uuids())))
    return fill_parts(said, Template(asked_responses(), seed, enabled=False), splitter(), seed, 0)


others = st.one_of(thoughts, st.builds(Refusal, texts.map(cut)), functions, customs, audio)


@st.composite
def conversations(draw):
    """A turn and the request it answers."""
    logprobs = draw(st.booleans())
    one = st.one_of(spoken(logprobs), others).map(lambda part: (part,))
    parts = [part for some in draw(st.lists(st.one_of(one, hosted_parts()), max_size=5)) for part in some]
    count = st.integers(0, 1_000_000)
    told = turn(
        Choice(tuple(parts), draw(st.sampled_from(["stop", "length", "tool_calls", "content_filter", None]))),
        model=draw(st.sampled_from(["gpt-4.1", "gpt-5.1", "openai/gpt-5.5", "o3"])),
        usage=draw(st.builds(Usage, count, count, count, count)),
        service_tier=draw(st.sampled_from(["default", "priority", None])),
    )
    request = asked_responses(
        include=draw(st.lists(st.sampled_from(INCLUDED), unique=True)),
        background=draw(st.booleans()),
        stream_options={"include_obfuscation": draw(st.booleans())},
        tools=[{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        reasoning={"effort": "low", "summary": "auto"},
    )
    return told, request


def events(told, request):
    """The payloads of the stream, from their bytes."""
    frames = RESPONSES.stream(told, request, SEED)
    return [orjson.loads(event_bytes(frame).partition(b"\ndata: ")[2]) for frame in frames]


def body(told, request):
    """The plain body, from its bytes; of a response in the background the one that it comes to."""
    return orjson.loads(body_bytes(write.body(told, request), RESPONSES.layout))


def accumulated(found):
    """The state of the SDK's own accumulator after the events."""
    state = ResponseStreamState(input_tools=omit, text_format=omit)
    for event in found:
        state.handle_event(construct_type(type_=ResponseStreamEvent, value=event))
    return state


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_the_stream_ends_with_the_body_without_the_payer(conversation):
    expected = body(*conversation)
    assert expected.pop("billing") == {"payer": "developer"}
    last = events(*conversation)[-1]
    assert last["response"] == expected
    assert last["type"] == f"response.{expected['status']}"


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_the_sdk_folds_the_stream_to_the_body(conversation):
    found, expected = events(*conversation), body(*conversation)
    state = accumulated(found)
    done = [item.to_dict() for _, item in sorted(state._completed_output.items())]
    assert done == expected["output"]
    if expected["status"] == "completed":
        final = state._completed_response
        whole = Response.construct(**expected)
        assert (final.id, final.status, final.output_text) == (whole.id, "completed", whole.output_text)
        assert final.usage.to_dict() == expected["usage"]
        assert [item.type for item in final.output] == [item["type"] for item in expected["output"]]
    else:
        assert state._completed_response is None


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_the_deltas_of_an_item_add_up_to_it(conversation):
    found, output = events(*conversation), body(*conversation)["output"]
    for index, item in enumerate(output):
        deltas = [event for event in found if event["type"] in WHOLE and event["output_index"] == index]
        if deltas and item["type"] != "shell_call_output":
            assert "".join(event["delta"] for event in deltas) == WHOLE[deltas[0]["type"]](item)
        annotations = [
            event["annotation"] for event in found if event.get("item_id") == item["id"] and "annotation" in event
        ]
        if item["type"] == "message":
            assert annotations == item["content"][0].get("annotations", [])


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_every_event_and_every_body_is_what_the_sdk_says(conversation):
    for event in events(*conversation):
        if event["type"] not in UNKNOWN:
            assert problems(event, ResponseStreamEvent, BEYOND_EVENT) == []
    assert problems(body(*conversation), Response, BEYOND_RESPONSE) == []


@given(conversations())
@settings(max_examples=30, deadline=None)
def test_every_event_and_every_body_is_what_openai_describes(conversation):
    for event in events(*conversation):
        assert "name" not in event
        if event["type"] not in UNDESCRIBED:
            assert violations("ResponseStreamEvent", described(event), NOT_DESCRIBED_RESPONSE) == []
    assert violations("Response", described(body(*conversation)), NOT_DESCRIBED_RESPONSE) == []


@given(conversations())
@settings(max_examples=50, deadline=None)
def test_deltas_and_their_padding_are_multiples_of_sixteen(conversation):
    told, request = conversation
    padded = request.json["stream_options"]["include_obfuscation"] and not request.background
    for event in events(told, request):
        assert ("obfuscation" in event) == (padded and isinstance(event.get("delta"), str))
        if "obfuscation" in event:
            assert (len(event["delta"]) + len(event["obfuscation"])) % 16 == 0
            assert len(event["obfuscation"]) < 16


@given(conversations())
@settings(max_examples=50, deadline=None)
def test_the_streams_tokens_are_those_of_the_turn(conversation):
    told, request = conversation
    count = sum(piece.tokens for part in told.choices[0].parts for piece in part.pieces)
    assert sum(frame.tokens for frame in RESPONSES.stream(told, request, SEED)) == count


# The dialect puts the pieces of its folder together.


def test_reading_refuses_what_the_service_refuses():
    def read(body, *, strict=False):
        return RESPONSES.read(Call("POST", "/"), body, strict=strict, store=Store())

    with pytest.raises(ApiError, match="Missing required parameter: 'model'"):
        read({"input": "Hi"})
    with pytest.raises(ApiError, match="No tool call found for function call output with call_id 1"):
        read({"model": "gpt-4.1", "input": [{"type": "function_call_output", "call_id": "1", "output": "x"}]})
    assert read({"model": "gpt-4.1", "input": "Hi", "x": 1}).model == "gpt-4.1"
    with pytest.raises(ApiError, match="Unknown parameter: 'x'"):
        read({"model": "gpt-4.1", "input": "Hi", "x": 1}, strict=True)


def test_a_turn_is_kept_unless_the_request_says_not_to():
    (kept,) = RESPONSES.stored(turn(said()), asked_responses(), "req_1")
    assert isinstance(kept, Stored)
    assert RESPONSES.stored(turn(said()), asked_responses(store=False), "req_1") == ()


def test_the_api_has_its_name_and_its_layout():
    assert (RESPONSES.api, RESPONSES.layout.indent, RESPONSES.layout.newline) == ("responses", 2, False)
    assert (INPUT_TOKENS.api, INPUT_TOKENS.layout.newline) == ("responses.input_tokens", False)


# Through the engine: what the endpoints have to do with each other.

HELLO = "rules: [{replies: [{text: Hello you}]}]"


def post(path="", **fields):
    return calls.call("POST", f"/v1/responses{path}", {"model": "gpt-4.1", "input": "Hi", **fields})


def streamed(exchange):
    blocks = calls.sent(exchange).decode().removesuffix("\n\n").split("\n\n")
    return [orjson.loads(block.partition("\ndata: ")[2]) for block in blocks]


def test_one_request_gets_the_same_response_as_body_and_as_stream():
    engine = calls.engine(HELLO)
    whole = calls.body(engine.handle(post(store=False)))
    last = streamed(engine.handle(post(store=False, stream=True)))[-1]["response"]
    assert {**last, "billing": {"payer": "developer"}} == whole
    assert whole["output"][0]["content"][0]["text"] == "Hello you"
    assert calls.sent(engine.handle(post())).endswith(b"\n}")


KEYS = (
    "type",
    "role",
    "content",
    "id",
    "call_id",
    "name",
    "arguments",
    "output",
    "input",
    "text",
    "format",
    "schema",
    "summary",
    "mode",
    "tools",
    "effort",
)
WORDS = (
    "message",
    "function_call",
    "function_call_output",
    "custom_tool_call",
    "reasoning",
    "item_reference",
    "input_text",
    "output_text",
    "user",
    "assistant",
    "function",
    "custom",
    "json_schema",
    "json_object",
    "allowed_tools",
    "web_search",
    "web_search_call",
)
PARAMETERS = (
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "text",
    "reasoning",
    "include",
    "stream",
    "stream_options",
    "metadata",
    "conversation",
    "prompt",
    "previous_response_id",
    "max_output_tokens",
    "top_logprobs",
    "store",
    "background",
    "service_tier",
    "parallel_tool_calls",
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 30) | st.sampled_from(["", "Hi", "auto", "required", "f", "resp_x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner | st.sampled_from(WORDS), max_size=5)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(PARAMETERS), values, max_size=6))
@settings(max_examples=300, deadline=None)
def test_any_json_is_answered_or_refused(fields):
    engine = calls.engine(HELLO)
    for path in ("", "/input_tokens"):
        exchange = engine.handle(post(path, **fields))
        assert exchange.status in {200, 400, 404}
        if exchange.status == 200 and not path and fields.get("store") is not False and not fields.get("stream"):
            found = engine.handle(calls.call("GET", f"/v1/responses/{calls.body(exchange)['id']}/input_items"))
            assert found.status == 200


def test_a_response_can_be_fetched_listed_and_deleted():
    engine = calls.engine(HELLO)
    whole = calls.body(engine.handle(post()))
    path = f"/v1/responses/{whole['id']}"
    assert calls.body(engine.handle(calls.call("GET", path))) == whole
    items = calls.body(engine.handle(calls.call("GET", f"{path}/input_items")))
    assert [item["content"][0]["text"] for item in items["data"]] == ["Hi"]
    deleted = calls.body(engine.handle(calls.call("DELETE", path)))
    assert deleted == {"id": whole["id"], "object": "response", "deleted": True}
    assert calls.error(engine.handle(calls.call("GET", path)))["status"] == 404


def test_what_came_before_can_be_matched():
    engine = calls.engine(
        "rules: [{when: {turn: 1, user: again}, replies: [{text: Second}]}, {replies: [{text: First}]}]"
    )
    first = calls.body(engine.handle(post()))
    again = calls.body(engine.handle(post(input="again", previous_response_id=first["id"])))
    assert again["output"][0]["content"][0]["text"] == "Second"
    assert again["previous_response_id"] == first["id"]
    assert again["usage"]["input_tokens"] > first["usage"]["input_tokens"]


def test_namespaces_do_not_see_each_others_responses():
    engine = calls.engine(f"name: one\n{HELLO}", f"name: two\n{HELLO}")
    first = calls.body(engine.handle(post()))
    found = calls.error(
        engine.handle(calls.call("POST", "/two/v1/responses", {"model": "m", "previous_response_id": first["id"]}))
    )
    assert (found["status"], found["code"]) == (400, "previous_response_not_found")


def test_input_tokens_are_those_that_the_answer_would_count():
    engine = calls.engine(HELLO)
    asked = {"input": "How is the weather?", "instructions": "Be brief."}
    whole = calls.body(engine.handle(post(**asked)))
    told = calls.body(engine.handle(post("/input_tokens", **asked)))
    assert told == {"object": "response.input_tokens", "input_tokens": whole["usage"]["input_tokens"]}
    assert problems(told, InputTokenCountResponse) == violations("TokenCountsResource", told) == []
    assert calls.error(engine.handle(post("/input_tokens", input=5)))["param"] == "input"


def test_tokens_run_out():
    engine = calls.engine(f"rules: [{{replies: [{{text: {'word ' * 40}}}]}}]")
    whole = calls.body(engine.handle(post(max_output_tokens=16)))
    assert (whole["status"], whole["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert whole["usage"]["output_tokens"] == 16
    assert streamed(engine.handle(post(max_output_tokens=16, stream=True)))[-1]["type"] == "response.incomplete"


def test_log_probabilities_are_made_for_each_token():
    engine = calls.engine(HELLO)
    fields = {"include": ["message.output_text.logprobs"], "top_logprobs": 2}
    part = calls.body(engine.handle(post(**fields)))["output"][0]["content"][0]
    assert "".join(entry["token"] for entry in part["logprobs"]) == "Hello you"
    assert {len(entry["top_logprobs"]) for entry in part["logprobs"]} == {2}
    found = streamed(engine.handle(post(stream=True, **fields)))
    shown = [entry for event in found if event["type"].endswith("text.delta") for entry in event["logprobs"]]
    assert [entry["logprob"] for entry in shown] == [entry["logprob"] for entry in part["logprobs"]]


def test_an_unknown_model_is_refused_in_this_apis_words():
    engine = calls.engine("models: {ids: [gpt-4.1], only: true}\n" + HELLO)
    assert calls.error(engine.handle(post(model="gpt-9"))) == {
        "status": 400,
        "message": "The requested model 'gpt-9' does not exist.",
        "type": "invalid_request_error",
        "param": "model",
        "code": "model_not_found",
    }
    assert calls.error(engine.handle(calls.chat(model="gpt-9")))["status"] == 404


def test_scripted_errors_are_in_this_apis_words():
    engine = calls.engine("rules: [{replies: [{error: context_length_exceeded}]}]")
    found = calls.error(engine.handle(post()))
    assert found["message"].startswith("Your input exceeds the context window of this model.")
    assert (found["status"], found["param"], found["code"]) == (400, "input", "context_length_exceeded")


def test_a_stream_has_no_end_marker_for_a_fault_to_change():
    engine = calls.engine("rules: [{replies: [{text: Hi, faults: [{done: omit}]}]}]")
    exchange = engine.handle(post(stream=True))
    assert exchange.unfired == ("done",)
    assert [event["type"] for event in streamed(exchange)][-1] == "response.completed"
    assert engine.handle(calls.chat(stream=True)).unfired == ()


def test_the_opening_goes_out_with_the_head():
    engine = calls.engine("pace: {ttft: 300ms}\n" + HELLO)
    waits = [type(step).__name__ for step in engine.handle(post(stream=True)).plan]
    assert waits[:4] == ["Head", "Send", "Send", "Wait"]


def test_ids_do_not_change_from_run_to_run():
    first, second = (calls.body(calls.engine(HELLO).handle(post()))["id"] for _ in range(2))
    assert first == second
    assert re.fullmatch("resp_[0-9a-f]{50}", first)


# The background, by the clock of the calls.


def at(now_us, call):
    return replace(call, at_us=now_us)


SLOW = "pace: {ttft: 1s, itl: 1s}\nrules: [{replies: [{text: [One, ' two', ' three']}]}]"


def test_a_response_of_the_background_is_polled_until_it_is_there():
    engine = calls.engine(SLOW)
    first = calls.body(engine.handle(at(500, post(background=True))))
    assert (first["status"], first["output"], first["usage"]) == ("queued", [], None)
    assert "billing" not in first
    path = f"/v1/responses/{first['id']}"
    seen = [calls.body(engine.handle(at(500 + now, calls.call("GET", path)))) for now in (0, 2_999_999, 3_000_000)]
    assert [body["status"] for body in seen] == ["in_progress", "in_progress", "completed"]
    assert seen[-1]["output"][0]["content"][0]["text"] == "One two three"
    assert seen[-1]["billing"] == {"payer": "developer"}


def test_a_plain_answer_of_the_background_does_not_wait_for_the_turn():
    engine = calls.engine(SLOW)
    assert duration(engine.handle(post(background=True)).plan) == 0
    assert duration(engine.handle(post()).plan) == 3_000_000


def test_a_stream_of_the_background_is_queued_first_and_goes_on_after_any_event():
    engine = calls.engine(SLOW)
    sent = calls.sent(engine.handle(at(0, post(background=True, stream=True))))
    found = [orjson.loads(block.partition(b"\ndata: ")[2]) for block in sent.removesuffix(b"\n\n").split(b"\n\n")]
    assert [event["type"] for event in found[:3]] == ["response.created", "response.queued", "response.in_progress"]
    assert found[0]["response"]["status"] == found[1]["response"]["status"] == "queued"
    assert not any("obfuscation" in event for event in found)
    blocks = [block + b"\n\n" for block in sent.removesuffix(b"\n\n").split(b"\n\n")]
    path = f"/v1/responses/{found[0]['response']['id']}?stream=true"
    for after in range(-1, len(found)):
        query = "" if after < 0 else f"&starting_after={after}"
        for now in (0, 1_500_000, 9_000_000):
            again = engine.handle(at(now, calls.call("GET", path + query)))
            assert calls.sent(again) == b"".join(blocks[after + 1 :])
    # At 1.5 s one of the three tokens was there; the last is due at 3 s.
    assert duration(engine.handle(at(1_500_000, calls.call("GET", path))).plan) == 1_500_000


def test_a_response_of_the_background_can_be_cancelled_again_and_again():
    engine = calls.engine(SLOW)
    path = f"/v1/responses/{calls.body(engine.handle(at(0, post(background=True))))['id']}"
    for now in (1_000_000, 9_000_000):
        assert calls.body(engine.handle(at(now, calls.call("POST", f"{path}/cancel", {}))))["status"] == "cancelled"
    assert calls.body(engine.handle(at(9_000_000, calls.call("GET", path))))["status"] == "cancelled"


def test_what_is_not_to_be_kept_cannot_be_made_in_the_background():
    error = calls.error(calls.engine(HELLO).handle(post(background=True, store=False)))
    assert (error["status"], error["param"]) == (400, "store")


def test_equal_requests_get_different_ids_the_same_in_every_run():
    def ids():
        engine = calls.engine(HELLO)
        return [calls.body(engine.handle(post()))["id"] for _ in range(4)]

    assert len(set(ids())) == 4
    assert ids() == ids()


def test_only_the_choice_that_is_answered_counts():
    engine = calls.engine("rules: [{replies: [{choices: [One two, Three four five six]}]}]")
    assert calls.body(engine.handle(post()))["usage"]["output_tokens"] == 2


def test_auto_calls_only_a_tool_that_is_allowed():
    tools = [{"type": "function", "name": name, "parameters": {"type": "object"}} for name in "abcdefgh"]
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "f"}]}
    for number in range(8):
        engine = calls.engine(f"seed: {number}\nrules: [{{replies: [{{auto: true}}]}}]")
        body = calls.body(engine.handle(post(tools=tools, tool_choice=choice)))
        assert [item["name"] for item in body["output"]] == ["f"]
    nothing = {**choice, "tools": [{"type": "web_search"}]}
    assert calls.body(engine.handle(post(tools=tools, tool_choice=nothing)))["output"][0]["type"] == "message"
