import pytest

from mockllm.address import is_address, resolve
from mockllm.errors import ApiError
from mockllm.request import Headers
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from tests.calls import call

LIBRARY = Library(scenarios=[load_text("name: first"), load_text("name: other")])


def address(path, *, key=None, body=None):
    headers = () if key is None else (("authorization", f"Bearer {key}"),)
    found = resolve(call("POST", path, body, headers), LIBRARY)
    return found.scenario.name, found.run, found.path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/models", ("first", "", "/models")),
        ("/other/v1/models", ("other", "", "/models")),
        ("/other@7/v1/models", ("other", "7", "/models")),
        ("/first@7/v1/models", ("first", "7", "/models")),
        ("/@7/v1/models", ("first", "7", "/models")),
        ("/other@a@b/v1/models", ("other", "a@b", "/models")),
        ("/other@/v1/models", ("other", "", "/models")),
        ("/v1/models/openai/gpt-5@2", ("first", "", "/models/openai/gpt-5@2")),
        ("/v1", ("first", "", "/")),
        ("//v1/models", ("first", "", "/models")),
    ],
)
def test_the_url_names_the_scenario_and_the_run(path, expected):
    assert address(path) == expected


@pytest.mark.parametrize("path", ["/chat/completions", "/", "/v2/models", "/other/v2/models", "/other"])
def test_a_path_under_no_base_is_404_and_says_what_a_base_is(path):
    with pytest.raises(ApiError) as caught:
        address(path)
    assert caught.value.status == 404
    assert caught.value.message == (
        f"Invalid URL (POST {path}). mockllm: the base URL ends in /v1, as in /v1/chat/completions or "
        "/SCENARIO/v1/chat/completions."
    )


def test_an_unknown_scenario_is_404_with_the_nearest_name():
    with pytest.raises(ApiError, match="no scenario 'othre': did you mean 'other'") as caught:
        address("/othre/v1/models")
    assert caught.value.status == 404


def test_a_namespace_is_named_by_the_scenario_and_the_run():
    def name(path):
        return resolve(call("GET", path), LIBRARY).namespace

    assert (name("/v1/models"), name("/first/v1/models"), name("/first@7/v1/models")) == ("first", "first", "first@7")


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("sk-mock-other@7", ("other", "7", "/models")),
        ("sk-mock-@7", ("first", "7", "/models")),
        ("sk-mock-other@", ("other", "", "/models")),
        ("sk-mock-other", ("first", "", "/models")),
        ("sk-mock-key", ("first", "", "/models")),
        ("sk-other@7", ("first", "", "/models")),
    ],
)
def test_a_key_that_begins_so_and_has_an_at_is_an_address(key, expected):
    assert address("/v1/models", key=key) == expected


def test_the_key_of_the_api_key_header_is_one_too():
    found = resolve(call("GET", "/v1/models", headers=(("api-key", "sk-mock-other@7"),)), LIBRARY)
    assert (found.scenario.name, found.run) == ("other", "7")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"model": "mockllm/other@7"}, ("other", "7")),
        ({"model": "mockllm/other"}, ("other", "")),
        ({"model": "mockllm/@7"}, ("first", "7")),
        (b'{"model": "mockllm\\/other"}', ("other", "")),
        ({"model": "gpt-4o", "user": "mockllm/other"}, ("first", "")),
        ({"model": ["mockllm/other"]}, ("first", "")),
        ([{"model": "mockllm/other"}], ("first", "")),
        (b'{"model": "mockllm/other"', ("first", "")),
    ],
)
def test_a_model_that_begins_so_is_an_address(body, expected):
    assert address("/v1/chat/completions", body=body)[:2] == expected


def test_what_the_url_leaves_out_is_taken_from_the_key_and_then_from_the_model():
    def found(path, key, model):
        return address(path, key=key, body={"model": model})[:2]

    assert found("/other@1/v1/x", "sk-mock-first@2", "mockllm/first@3") == ("other", "1")
    assert found("/other/v1/x", "sk-mock-first@2", "mockllm/first@3") == ("other", "2")
    assert found("/v1/x", "sk-mock-@2", "mockllm/other@3") == ("other", "2")
    assert found("/v1/x", "sk-test", "mockllm/other@3") == ("other", "3")


def test_an_address_in_a_key_or_a_model_that_leads_nowhere_is_told():
    with pytest.raises(ApiError, match="no scenario 'othre'"):
        address("/v1/models", key="sk-mock-othre@7")
    with pytest.raises(ApiError, match="no scenario 'othre'"):
        address("/v1/chat/completions", body={"model": "mockllm/othre"})


def test_only_models_with_the_prefix_are_addresses():
    assert is_address("mockllm/other@7")
    assert not is_address("gpt-4o")
    assert not is_address("openai/mockllm/x")


def test_headers_are_not_needed():
    assert resolve(call("GET", "/v1/models", headers=()), LIBRARY).run == ""
    assert Headers().get("authorization") is None
