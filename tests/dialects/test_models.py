import pytest
from openai.types import Model, ModelDeleted

from mockllm.dialects import models
from mockllm.dialects.base import Surroundings
from mockllm.errors import ApiError
from mockllm.request import Call, Request
from mockllm.store import Store
from tests.openapi_schema import violations
from tests.strict import problems

AROUND = Surroundings(("gpt-5.1", "anthropic/claude", "ft:gpt-4o:acme::1"), 1_700_000_000, Store(), lambda _request: 0)
REQUEST = Request("models", Call("GET", "/v1/models"))


def ask(endpoint, **parameters):
    return endpoint.answer(REQUEST, parameters, AROUND)


def test_the_list_has_every_model_and_no_cursors():
    assert ask(models.LIST) == {
        "object": "list",
        "data": [
            {"id": "gpt-5.1", "object": "model", "created": 1_700_000_000, "owned_by": "openai"},
            {"id": "anthropic/claude", "object": "model", "created": 1_700_000_000, "owned_by": "anthropic"},
            {"id": "ft:gpt-4o:acme::1", "object": "model", "created": 1_700_000_000, "owned_by": "openai"},
        ],
    }


@pytest.mark.parametrize("name", AROUND.models)
def test_a_model_can_be_retrieved_and_its_deletion_is_confirmed(name):
    assert ask(models.RETRIEVE, model=name)["id"] == name
    assert ask(models.DELETE, model=name) == {"id": name, "object": "model", "deleted": True}


@pytest.mark.parametrize("endpoint", [models.RETRIEVE, models.DELETE])
def test_an_unknown_model_is_404_with_its_own_words(endpoint):
    with pytest.raises(ApiError) as caught:
        ask(endpoint, model="gpt-9")
    error = caught.value
    assert (error.status, error.message) == (404, "The model 'gpt-9' does not exist")
    assert (error.type, error.param, error.code) == ("invalid_request_error", "model", "model_not_found")


def test_every_answer_is_what_the_sdk_and_openai_say():
    listed, one, deleted = ask(models.LIST), ask(models.RETRIEVE, model="gpt-5.1"), ask(models.DELETE, model="gpt-5.1")
    assert problems(listed["data"], list[Model]) == []
    assert problems(one, Model) == []
    assert problems(deleted, ModelDeleted) == []
    assert violations("ListModelsResponse", listed) == []
    assert violations("Model", one) == []
    assert violations("DeleteModelResponse", deleted) == []


def test_each_endpoint_has_a_name_of_its_own_to_match_on():
    assert [endpoint.api for endpoint in (models.LIST, models.RETRIEVE, models.DELETE)] == [
        "models",
        "models.retrieve",
        "models.delete",
    ]
