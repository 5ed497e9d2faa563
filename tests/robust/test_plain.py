"""Vectors, models and texts from one body."""

import base64
import struct

import pytest

from tests.robust.outcome import ProblemError
from tests.robust.plain import PlainFold


def read(api, value, **request):
    fold = PlainFold(request, api)
    fold.body(value)
    return fold.outcome(None).data


@pytest.mark.parametrize(
    "value",
    [
        {"object": "list", "data": [{"id": "a"}, {"id": "b"}]},
        [{"id": "a"}, {"id": "b"}, {"id": "c", "status": "Shutdown"}],
        {"models": [{"id": "a"}, {"name": "b"}]},
        {"models": ["a", "b"]},
    ],
)
def test_models_are_listed_in_several_shapes(value):
    assert read("models", value) == ["a", "b"]


def test_vectors_are_in_the_order_of_the_inputs_in_either_encoding():
    packed = base64.b64encode(struct.pack("<2f", 0.5, 2)).decode()
    value = {"data": [{"index": 1, "embedding": [1, 2.5]}, {"index": 0, "embedding": packed}]}
    assert read("embeddings", value, input=["a", "b"]) == [[0.5, 2], [1, 2.5]]
    assert read("embeddings", {"data": [{"embedding": [1]}, {"embedding": [2]}]}, input=["a", "b"]) == [[1], [2]]
    assert read("embeddings", {"data": [{"embedding": [1]}]}, input=[1, 2, 3]) == [[1]]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [{"embedding": [1]}],
        [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [2]}],
        [{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [2]}],
        [{"embedding": [1]}, {"embedding": None}],
        [{"embedding": [1]}, {"embedding": [None]}],
        [{"embedding": [1]}, {"embedding": [1, 2]}],
        [{"embedding": [1]}, {"embedding": ["AAAA"]}],
        [{"embedding": "AAA"}, {"embedding": "AAAA"}],
    ],
)
def test_vectors_that_fit_no_input_are_no_answer(data):
    with pytest.raises(ProblemError) as raised:
        read("embeddings", {"data": data}, input=["a", "b"])
    assert raised.value.problem.failure == "unreadable"


def test_a_text_is_text_in_json_and_without_it():
    fold = PlainFold({}, "transcriptions")
    fold.body({"text": "Hello"})
    assert fold.outcome(None).text == "Hello"
    fold.text("WEBVTT")
    assert fold.outcome(None).text == "WEBVTT"


def test_errors_are_errors_here_too():
    with pytest.raises(ProblemError, match="Oh no"):
        read("models", {"error": {"message": "Oh no"}})
    with pytest.raises(ProblemError, match="event stream"):
        PlainFold({}, "models").event("", {})


def test_a_body_without_a_list_of_models_is_no_answer():
    with pytest.raises(ProblemError, match="no list"):
        read("models", {"object": "list"})


@pytest.mark.parametrize("bad", [None, [None, None], ["AAAA"], "AAA"])
def test_a_vector_that_cannot_be_read_is_told_and_the_others_are_kept(bad):
    fold = PlainFold({"input": ["a", "b"]}, "embeddings")
    with pytest.raises(ProblemError, match="inputs 1") as raised:
        fold.body({"data": [{"embedding": [1, 2]}, {"embedding": bad}]})
    outcome = fold.outcome(raised.value.problem)
    assert (outcome.failure, outcome.data) == ("unreadable", [[1, 2], None])


def test_vectors_have_as_many_numbers_as_were_asked_for():
    assert read("embeddings", {"data": [{"embedding": [1, 2]}]}, input="a", dimensions=2) == [[1, 2]]
    with pytest.raises(ProblemError, match="numbers"):
        read("embeddings", {"data": [{"embedding": [1, 2]}]}, input="a", dimensions=1)
