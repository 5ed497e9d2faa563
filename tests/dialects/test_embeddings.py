import base64
import math
import struct

import pytest
from openai.types import CreateEmbeddingResponse

from tests.calls import body, call, engine, error
from tests.openapi_schema import violations
from tests.strict import problems

SMALL = "text-embedding-3-small"


def ask(served=None, **fields):
    return (served or engine("rules: []")).handle(call("POST", "/v1/embeddings", {"model": SMALL, **fields}))


def vectors(exchange):
    return [entry["embedding"] for entry in body(exchange)["data"]]


def cosine(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_the_answer_is_a_list_in_the_order_of_the_inputs():
    answer = body(ask(input=["one", "two words"]))
    assert list(answer) == ["object", "data", "model", "usage"]
    assert [(entry["object"], entry["index"]) for entry in answer["data"]] == [("embedding", 0), ("embedding", 1)]
    assert answer["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    assert problems(answer, CreateEmbeddingResponse) == []
    assert violations("CreateEmbeddingResponse", answer) == []


def test_a_vector_is_a_unit_whatever_its_length():
    for size in (1, 2, 256, 1536):
        (numbers,) = vectors(ask(input="Hello there", dimensions=size))
        assert len(numbers) == size
        assert math.isclose(cosine(numbers, numbers), 1, abs_tol=1e-6)


def test_a_text_has_its_vector_whatever_it_comes_with():
    alone = vectors(ask(input="Hello"))[0]
    assert vectors(ask(input=["Other", "Hello"]))[1] == alone
    assert vectors(ask(input="Hello", user="someone"))[0] == alone
    assert vectors(ask(input="Hello", model="text-embedding-ada-002"))[0] != alone


def test_base64_has_the_very_same_numbers_as_little_endian_floats():
    (floats,), (text,) = vectors(ask(input="Hello")), vectors(ask(input="Hello", encoding_format="base64"))
    assert list(struct.unpack("<1536f", base64.b64decode(text))) == [
        struct.unpack("<f", struct.pack("<f", it))[0] for it in floats
    ]


def test_an_unknown_model_can_have_any_size():
    assert len(vectors(ask(model="acme/embedder", input="Hello", dimensions=4096))[0]) == 4096
    assert len(vectors(ask(model="openai/text-embedding-3-large", input="Hello"))[0]) == 3072


@pytest.mark.parametrize("tokens", [[1, 2, 3], [[1, 2, 3]]])
def test_tokens_are_embedded_by_their_numbers(tokens):
    assert vectors(ask(input=tokens)) == vectors(ask(input="1 2 3"))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "Missing required parameter: 'input'."),
        ({"input": ""}, "'$.input' is invalid."),
        ({"input": []}, "'$.input' is invalid."),
        ({"input": ["a", ""]}, "'$.input' is invalid."),
        ({"input": ["a", 1]}, "'$.input' is invalid."),
        ({"input": [True]}, "'$.input' is invalid."),
        ({"input": [[]]}, "'$.input' is invalid."),
        ({"input": ["a"] * 2049}, "'$.input' is invalid."),
        ({"input": "a", "model": None}, "you must provide a model parameter"),
        ({"input": "a", "dimensions": 0}, "Invalid 'dimensions': integer below minimum value."),
        (
            {"input": "a", "dimensions": 1537},
            "Invalid value for 'dimensions' = 1537. Must be less than or equal to 1536",
        ),
        ({"input": "a", "dimensions": 8, "model": "text-embedding-ada-002"}, "does not support specifying dimensions"),
        ({"input": "a", "encoding_format": "hex"}, "Supported values are: 'float' and 'base64'."),
    ],
)
def test_what_is_refused(fields, message):
    refused = error(ask(**fields))
    assert refused["status"] == 400
    assert message in refused["message"]


def test_a_rule_can_break_the_vectors_of_its_requests():
    text = """
        rules:
          - when: {api: embeddings, user: Hello}
            replies:
              - auto: true
                faults: [{patch: {set: {"$.data[0].embedding": []}}}]
    """
    served = engine(text)
    assert vectors(ask(served, input="Hello")) == [[]]
    assert len(vectors(ask(served, input="Bye"))[0]) == 1536
