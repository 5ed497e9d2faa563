"""What is known of a run before any server is asked."""

import inspect

import pytest

from mockllm.client.aremote import AsyncRemoteMockLLM
from mockllm.client.base import Place
from mockllm.client.remote import RemoteMockLLM
from mockllm.client.run import Run
from mockllm.errors import MockLLMError
from mockllm.scenario.library import Library

KINDS = pytest.mark.parametrize("kind", [RemoteMockLLM, AsyncRemoteMockLLM])


@KINDS
def test_a_place_may_be_given_as_its_url(kind):
    of_text, of_place = kind("http://127.0.0.1:9/", "mine"), kind(Place.of("http://127.0.0.1:9"), "mine")
    assert isinstance(of_text, Run)
    assert of_text.url == of_place.url == "http://127.0.0.1:9"
    assert of_text.base_url == of_place.base_url == "http://127.0.0.1:9/@mine/v1"


@KINDS
def test_what_is_no_place_is_refused_before_anything_is_asked(kind):
    with pytest.raises(MockLLMError, match="'nowhere' is no place of a server"):
        kind("nowhere", "mine")


@KINDS
def test_variables_are_changed_by_what_was_given(kind):
    told = []

    class Setter:
        def setenv(self, name, value):
            told.append((name, value))

        def delenv(self, name, raising=True):
            assert not raising

    kind("http://127.0.0.1:9", "mine", library=Library(), environ=Setter()).env()
    assert ("OPENAI_BASE_URL", "http://127.0.0.1:9/@mine/v1") in told
    assert ("OPENAI_API_KEY", "sk-mock-@mine") in told


def test_both_forms_are_made_in_the_same_way():
    assert inspect.signature(RemoteMockLLM) == inspect.signature(AsyncRemoteMockLLM)
