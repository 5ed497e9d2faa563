"""The gallery: every file is an example, a test and a page of the manual.

The golden timelines in tests/golden are read by people in review; after a change that is meant, write them anew with
`MOCKLLM_WRITE_GOLDEN=1 pytest tests/test_gallery.py` and read the difference.
"""

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from mockllm.dialects.sse import compact
from mockllm.engine import Engine
from mockllm.explain import call_of, explain
from mockllm.plan import Send
from mockllm.scenario.faults import Layer
from mockllm.scenario.faults.content import FinishReason
from mockllm.scenario.library import Library
from mockllm.scenario.reader import read_file
from mockllm.scenario.reply import EventsReply, RawReply
from tests.openapi_schema import violations
from tests.strict import problems
from tests.wire_exceptions import BEYOND_BODY, BEYOND_CHUNK, NOT_DESCRIBED_BODY, NOT_DESCRIBED_CHUNK

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "golden"
GALLERY = Library.gallery()
NAMES = GALLERY.names()
SCHEMA = json.loads((ROOT / "mockllm" / "scenario" / "scenario.schema.json").read_text())

# Their words come from Faker, whose lists may change from one version to the next.
GENERATED = {"auto", "lorem", "slow-tokens"}
WRITTEN = [name for name in NAMES if name not in GENERATED]


def comment(path: Path) -> str:
    """The comment block at the top of a file, without its marks."""
    lines = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return "\n".join(lines)


def test_the_gallery_covers_its_subjects():
    groups = {entry.group for entry in GALLERY.entries().values()}
    assert groups >= {"basics", "tools", "structured", "reasoning", "streaming", "retries", "errors"}
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
    found = explain(scenario, tuple(scenario.requests())).rstrip() + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("MOCKLLM_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(found)
    assert found == golden.read_text()
    assert "unmatched" not in found
    assert "unfired" not in found


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.iterdir()} == set(WRITTEN)


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_generated_words_are_the_same_every_time(name):
    scenario = GALLERY.get(name)
    assert explain(scenario, tuple(scenario.requests())) == explain(scenario, tuple(scenario.requests()))


def is_true_to_the_wire(scenario):
    """Whether nothing in it changes payloads or is verbatim."""
    replies = [reply for rule in scenario.rules for reply in rule.replies]
    faults = [fault for reply in replies for fault in reply.faults]
    verbatim = any(isinstance(reply, (RawReply, EventsReply)) for reply in replies)
    untrue = any(fault.layer in {Layer.PAYLOAD, Layer.HTTP} or isinstance(fault, FinishReason) for fault in faults)
    return not verbatim and not untrue


def sent_objects(exchange):
    """The JSON objects that an exchange would send whole, whatever its framing."""
    frames = {id(step.frame): step.frame for step in exchange.plan if isinstance(step, Send)}
    return [json.loads(compact(frame.data)) for frame in frames.values() if isinstance(frame.data, dict)]


def judged(value):
    """What the SDK's strict models and OpenAI's description say against an object."""
    if "error" in value:
        return violations("ErrorResponse", value)
    if value["object"] == "chat.completion":
        return problems(value, ChatCompletion, BEYOND_BODY) + violations(
            "CreateChatCompletionResponse", value, NOT_DESCRIBED_BODY
        )
    return problems(value, ChatCompletionChunk, BEYOND_CHUNK) + violations(
        "CreateChatCompletionStreamResponse", value, NOT_DESCRIBED_CHUNK
    )


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "body"])
@pytest.mark.parametrize("name", [name for name in NAMES if is_true_to_the_wire(GALLERY.get(name))])
def test_every_object_sent_is_what_the_models_and_the_description_say(name, stream):
    scenario = GALLERY.get(name)
    engine = Engine(Library(scenarios=[scenario]))
    for body in scenario.requests():
        for _ in range(4):
            for value in sent_objects(engine.handle(call_of(scenario, {**body, "stream": stream}))):
                assert judged(value) == []
