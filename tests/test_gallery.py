"""The gallery: every file is an example, a test and a page of the manual.

The golden timelines in tests/golden are read by people in review; after a change that is meant, write them anew with
`MOCKLLM_WRITE_GOLDEN=1 pytest tests/test_gallery.py` and read the difference.
"""

import json

import jsonschema
import pytest
import yaml
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.responses_server_event import ResponsesServerEvent, ResponseWsError

from mockllm.dialects.sse import compact
from mockllm.engine import Engine
from mockllm.explain import call_of, explain
from mockllm.plan import Send
from mockllm.scenario.faults import Layer
from mockllm.scenario.faults.content import FinishReason
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.scenario.reader import read_file
from mockllm.scenario.reply import EventsReply, RawReply
from tests.gallery import GALLERY, GOLDEN, NAMES, SCHEMA, assert_golden, comment
from tests.openapi_schema import violations
from tests.realtime_wire import wrong
from tests.strict import problems
from tests.wire_exceptions import (
    BEYOND_BODY,
    BEYOND_CHUNK,
    BEYOND_EVENT,
    BEYOND_RESPONSE,
    NOT_DESCRIBED_BODY,
    NOT_DESCRIBED_CHUNK,
    NOT_DESCRIBED_RESPONSE,
    UNDESCRIBED,
    UNKNOWN,
    described,
)

# Their words come from Faker, whose lists may change from one version to the next.
GENERATED = {"auto", "lorem", "slow-tokens"}
# Who judges an object, by its `object`: the SDK's model and OpenAI's description, each with where the wire differs.
JUDGES = {
    "chat.completion": (ChatCompletion, BEYOND_BODY, "CreateChatCompletionResponse", NOT_DESCRIBED_BODY),
    "chat.completion.chunk": (
        ChatCompletionChunk,
        BEYOND_CHUNK,
        "CreateChatCompletionStreamResponse",
        NOT_DESCRIBED_CHUNK,
    ),
    "response": (Response, BEYOND_RESPONSE, "Response", NOT_DESCRIBED_RESPONSE),
}
WRITTEN = [name for name in NAMES if name not in GENERATED]
# Other APIs than these two are judged in tests/openapi/test_gallery_endpoints.py.
JUDGED = [name for name in NAMES if GALLERY.entries()[name].group != "endpoints"]


def test_the_gallery_covers_its_subjects():
    groups = {entry.group for entry in GALLERY.entries().values()}
    assert groups >= {
        "basics",
        "chaos",
        "endpoints",
        "tools",
        "structured",
        "reasoning",
        "streaming",
        "retries",
        "errors",
        "responses",
    }
    assert len(NAMES) >= 25


@pytest.mark.parametrize("name", NAMES)
def test_the_file_says_what_it_imitates_and_what_a_good_client_does(name):
    text = comment(GALLERY.entries()[name].path)
    assert "Imitates:" in text
    assert "A good client:" in text
    assert GALLERY.get(name).about


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_valid_for_editors(name):
    value = read_file(GALLERY.entries()[name].path).value
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    assert yaml.safe_load(GALLERY.entries()[name].path.read_text()) == value


@pytest.mark.parametrize("name", WRITTEN)
def test_the_timeline_is_the_golden_one(name):
    scenario = GALLERY.get(name)
    found = explain(scenario, tuple(scenario.requests()))
    assert_golden(found, GOLDEN / f"{name}.txt")
    assert "unmatched" not in found
    assert "unfired" not in found


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(WRITTEN)


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_generated_words_are_the_same_every_time(name):
    scenario = GALLERY.get(name)
    assert explain(scenario, tuple(scenario.requests())) == explain(scenario, tuple(scenario.requests()))


def is_true_to_the_wire(scenario):
    """Whether nothing in it changes payloads, is verbatim, or imitates a vendor who does."""
    replies = [reply for rule in scenario.rules for reply in rule.replies]
    faults = [fault for reply in replies for fault in reply.faults]
    verbatim = any(isinstance(reply, (RawReply, EventsReply)) for reply in replies)
    untrue = any(fault.layer in {Layer.PAYLOAD, Layer.HTTP} or isinstance(fault, FinishReason) for fault in faults)
    return not verbatim and not untrue and scenario.profile is None


def sent_objects(exchange):
    """The JSON objects that an exchange would send whole, whatever its framing."""
    frames = {id(step.frame): step.frame for step in exchange.plan if isinstance(step, Send)}
    return [json.loads(compact(frame.data)) for frame in frames.values() if isinstance(frame.data, dict)]


def judged(value):
    """What the SDK's strict models and OpenAI's description say against an object."""
    if "event_id" in value:
        return wrong(value)
    if value.get("type") == "error" and "status" in value:
        return problems(value, ResponseWsError)
    if "error" in value and "object" not in value and "type" not in value:
        return violations("ErrorResponse", value)
    if "object" not in value:
        union = ResponsesServerEvent if "stream_id" in value else ResponseStreamEvent
        known = [] if value["type"] in UNKNOWN else problems(value, union, BEYOND_EVENT)
        if value["type"] in UNDESCRIBED:
            return known
        return known + violations("ResponseStreamEvent", described(value), NOT_DESCRIBED_RESPONSE)
    model, beyond, name, not_described = JUDGES[value["object"]]
    return problems(value, model, beyond) + violations(name, described(value), not_described)


def streamed(body, stream):
    """The body with or without streaming, where the API can be streamed."""
    return {**body, "stream": stream} if body.get("api", "chat") in {"chat", "responses"} else body


def objections(scenario, stream):
    """What is said against each object that the scenario's examples are answered with."""
    engine = Engine(Library(scenarios=[scenario]))
    calls = [call_of(scenario, streamed(body, stream)) for body in scenario.requests() for _ in range(4)]
    return [found for call in calls for value in sent_objects(engine.handle(call)) for found in judged(value)]


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "body"])
@pytest.mark.parametrize("name", [name for name in JUDGED if is_true_to_the_wire(GALLERY.get(name))])
def test_every_object_sent_is_what_the_models_and_the_description_say(name, stream):
    assert objections(GALLERY.get(name), stream) == []


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "body"])
def test_responses_are_judged_by_their_own_models(stream):
    reply = "{example: {api: responses}, rules: [{replies: [%s]}]}"
    assert objections(load_text(reply % "{text: Hi., usage: {input: 1}}"), stream) == []
    wrong = "{text: Hi., faults: [{patch: {frames: all, set: {'$.type': x, '$.status': 1}}}]}"
    assert objections(load_text(reply % wrong), stream) != []
