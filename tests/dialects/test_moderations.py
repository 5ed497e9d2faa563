import pytest
from openai.types import ModerationCreateResponse

from tests.calls import body, call, engine, error
from tests.openapi_schema import violations
from tests.strict import problems

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def ask(**fields):
    return engine("rules: []").handle(call("POST", "/v1/moderations", fields))


@pytest.mark.parametrize("value", ["Hello", ["Hello", "there"], [{"type": "text", "text": "Hello"}, IMAGE], []])
def test_every_answer_is_what_the_sdk_and_openai_say(value):
    answer = body(ask(input=value))
    assert problems(answer, ModerationCreateResponse) == []
    assert violations("CreateModerationResponse", answer) == []


def test_there_is_a_result_for_each_text_and_one_for_parts():
    assert len(body(ask(input=["a", "b", "c"]))["results"]) == 3
    (result,) = body(ask(input=[{"type": "text", "text": "a"}, IMAGE]))["results"]
    assert result["category_applied_input_types"]["violence"] == ["text", "image"]
    assert result["category_applied_input_types"]["hate"] == ["text"]


def test_nothing_is_flagged_and_the_scores_follow_from_the_text():
    first, again = (body(ask(input="Hello"))["results"][0] for _ in range(2))
    assert first == again
    assert first["flagged"] is False
    assert not any(first["categories"].values())
    assert all(0 <= score < 1e-4 for score in first["category_scores"].values())
    assert body(ask(input="Bye"))["results"][0]["category_scores"] != first["category_scores"]


def test_the_model_is_the_asked_one_or_the_latest():
    assert body(ask(input="a"))["model"] == "omni-moderation-latest"
    assert body(ask(input="a", model="text-moderation-stable"))["model"] == "text-moderation-stable"


@pytest.mark.parametrize("fields", [{}, {"input": 5}, {"input": [5]}, {"input": [{"type": "sound"}]}])
def test_what_is_refused(fields):
    assert error(ask(**fields))["status"] == 400
