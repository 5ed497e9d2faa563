"""The oracles of the other tests can say no: the strict reading of the SDK's models, the schemas of OpenAI's
description, and the decoder of event streams.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from openai import BaseModel
from openai._utils import PropertyInfo
from typing_extensions import TypeAliasType

from tests.openapi_schema import violations
from tests.sse_decoder import Decoded, Event, decode
from tests.strict import problems


class Cat(BaseModel):
    type: Literal["cat"]
    lives: int


class Dog(BaseModel):
    type: Literal["dog"]
    names: list[str]


class Owner(BaseModel):
    id: str
    weight: float = 1.0
    pet: Annotated[Cat | Dog, PropertyInfo(discriminator="type")] | None = None
    scores: dict[str, float] | None = None
    note: object = None
    tame: bool = True


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"id": "1"}, []),
        ({"id": "1", "weight": 3, "pet": {"type": "cat", "lives": 9}, "scores": {"a": 0.5}, "note": [1]}, []),
        ({"id": "1", "pet": None}, []),
        ({}, ["id: missing in Owner"]),
        ({"id": 1}, ["id: 1 is not str"]),
        ({"id": "1", "weight": True}, ["weight: True is not float"]),
        ({"id": "1", "tame": 1}, ["tame: 1 is not bool"]),
        ({"id": "1", "age": 3}, ["age: unknown key of Owner"]),
        ({"id": "1", "pet": {"type": "cat", "lives": 1.5}}, ["pet.lives: 1.5 is not int"]),
        ({"id": "1", "pet": {"type": "dog", "names": ["a", 2]}}, ["pet.names[1]: 2 is not str"]),
        ({"id": "1", "pet": {"type": "dog", "names": "ab"}}, ["pet.names: 'ab' is not a list"]),
        ({"id": "1", "scores": {"a": "b"}}, ["scores.a: 'b' is not float"]),
        ({"id": "1", "scores": [1]}, ["scores: [1] is not an object"]),
        ([], ["(whole): [] is not an object (Owner)"]),
    ],
)
def test_a_strict_reading_finds_each_difference_from_a_model(value, expected):
    assert problems(value, Owner) == expected


def test_a_value_that_fits_no_choice_is_compared_with_the_nearest_one():
    assert problems({"id": "1", "pet": {"type": "cow", "lives": 9}}, Owner) == [
        "pet.type: 'cow' is none of ('cat',)",
    ]
    assert problems({"id": "1", "pet": "Tom"}, Owner) == ["pet: 'Tom' is not an object (Cat)"]


def test_a_type_alias_stands_for_its_value():
    assert problems([1, "a"], TypeAliasType("Numbers", list[int])) == ["[1]: 'a' is not int"]
    assert problems({"a": [None]}, dict[str, Any]) == []


def test_a_difference_that_is_allowed_is_not_told_at_any_index():
    value = [{"id": "1", "age": 3}, {"id": "1", "age": 4, "size": 1}]
    assert problems(value, list[Owner], {"[].age": "why"}) == ["[1].size: unknown key of Owner"]


CHUNK = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, []),
        ({"usage": None}, []),
        ({"created": "now"}, ["created: 'now' is not of type 'integer'"]),
        (
            {"choices": [{"index": 0, "delta": {}}]},
            ["choices[0].finish_reason: 'finish_reason' is a required property"],
        ),
    ],
)
def test_the_schemas_find_a_difference_from_the_description(change, expected):
    assert violations("CreateChatCompletionStreamResponse", {**CHUNK, **change}) == expected


def test_inside_a_choice_the_schemas_tell_the_innermost_errors():
    logprobs = {"content": [], "refusal": [{"token": "a", "logprob": 0, "top_logprobs": []}]}
    choice = {"index": "0", "delta": {}, "finish_reason": None, "logprobs": logprobs}
    assert violations("CreateChatCompletionStreamResponse", {**CHUNK, "choices": [choice]}) == [
        "choices[0].logprobs.refusal[0].bytes: 'bytes' is a required property",
        "choices[0].index: '0' is not of type 'integer'",
    ]


def test_a_violation_that_is_allowed_is_not_told():
    assert violations("CreateChatCompletionStreamResponse", {**CHUNK, "created": ""}, {"created": "why"}) == []


def test_a_schema_that_was_not_extracted_is_asked_for():
    with pytest.raises(KeyError, match=r"Nonsense is in none of .*extract\.py"):
        violations("Nonsense", {})


DESCRIPTION = """
info: {version: 9.9.9}
components:
  schemas:
    Thing:
      description: A thing.
      x-note: hidden
      type: object
      required: [part]
      properties:
        part: {$ref: '#/components/schemas/Part', nullable: true}
        description: {type: string, example: a property of this name stays}
    Part: {type: string, enum: [a, b], nullable: true}
    Other: {type: integer}
"""


def extract(folder: Path, *names: str) -> dict:
    (folder / "api.yaml").write_text(DESCRIPTION)
    script = Path(__file__).parent / "extract.py"
    command = [sys.executable, str(script), str(folder / "api.yaml"), str(folder / "out.json"), *names]
    subprocess.run(command, check=True, timeout=60)
    return json.loads((folder / "out.json").read_text())


def test_extraction_takes_what_a_schema_needs_and_says_null_in_json_schema(tmp_path):
    taken = extract(tmp_path, "Thing")
    part = {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]}
    assert taken == {
        "source": "openai/openai-openapi 9.9.9, MIT licence",
        "asked_for": ["Thing"],
        "components": {
            "schemas": {
                "Part": {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]},
                "Thing": {
                    "type": "object",
                    "required": ["part"],
                    "properties": {"part": part, "description": {"type": "string"}},
                },
            }
        },
    }
    assert extract(tmp_path) == taken


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        # The examples of the standard's §9.2.6.
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", Decoded((Event("YHOO\n+2\n10"),))),
        (
            b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            Decoded((Event("first event", id="1"), Event("second event"), Event(" third event")), ("test stream",)),
        ),
        (b"data\n\ndata\ndata\n\ndata:", Decoded((Event(""), Event("\n")))),
        (b"data:test\n\ndata: test\n\n", Decoded((Event("test"), Event("test")))),
        # Its rules.
        (b"\xef\xbb\xbfdata: a\r\n\r\ndata: b\r\rdata: c\n\n", Decoded((Event("a"), Event("b"), Event("c")))),
        (b"event: x\n\ndata: a\n\n", Decoded((Event("a"),))),
        (b"event: x\ndata: a\n\n", Decoded((Event("a", "x"),))),
        (b"retry: 30\nretry: 3s\nid: a\0b\nfoo: 1\n\n", Decoded((), retry_ms=30)),
        (b"data: a\n\ndata: b\n", Decoded((Event("a"),))),
        (b"data: \xff\n\n", Decoded((Event("\ufffd"),))),
        ("data: a\u2028b\n\n".encode(), Decoded((Event("a\u2028b"),))),
    ],
)
def test_the_decoder_reads_as_the_standard_says(stream, expected):
    assert decode(stream) == expected
