from dataclasses import replace

import pytest

from mockllm.address import is_address, resolve, stands
from mockllm.errors import ApiError
from mockllm.request import Call, Headers
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


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ((("authorization", "Bearer sk-mock-other@7"),), None),
        ((("api-key", "sk-mock-other@7"),), None),
        ((("X-MockLLM", "other@7"),), None),
        ((), {"model": "mockllm/other@7"}),
    ],
)
@pytest.mark.parametrize(("url", "path"), [("/chat/completions", "/chat/completions"), ("/v1/x/y", "/x/y")])
def test_each_way_but_the_url_does_alone_even_without_a_base(url, path, headers, body):
    found = resolve(call("POST", url, body, headers), LIBRARY)
    assert (found.namespace, found.run, found.path) == ("other@7", "7", path)


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [("other@7", ("other", "7")), (" other ", ("other", "")), ("@7", ("first", "7")), ("", ("first", ""))],
)
def test_a_header_is_an_address(text, expected):
    found = resolve(call("GET", "/v1/models", headers=(("x-mockllm", text),)), LIBRARY)
    assert (found.scenario.name, found.run) == expected


def found_by(path, header, key, model):
    headers = (("x-mockllm", header), ("authorization", f"Bearer {key}"))
    found = resolve(call("POST", path, {"model": model}, headers), LIBRARY)
    return found.scenario.name, found.run


@pytest.mark.parametrize(
    ("path", "header", "key", "model", "expected"),
    [
        ("/other/v1/x", "", "sk-mock-@2", "gpt-4o", ("other", "2")),
        ("/@2/v1/x", "", "sk-test", "mockllm/other", ("other", "2")),
        ("/v1/x", "other", "sk-mock-@3", "gpt-4o", ("other", "3")),
        ("/v1/x", "@3", "sk-mock-other@", "gpt-4o", ("other", "3")),
        ("/other@1/v1/x", "other@1", "sk-mock-other@1", "mockllm/other@1", ("other", "1")),
    ],
)
def test_one_place_completes_what_another_leaves_out(path, header, key, model, expected):
    assert found_by(path, header, key, model) == expected


@pytest.mark.parametrize(
    ("path", "header", "key", "model", "words"),
    [
        (
            "/other@1/v1/x",
            "",
            "sk-mock-first@1",
            "gpt-4o",
            "two scenarios: 'other' in the URL /other@1/v1 and 'first' in the key sk-mock-first@1.",
        ),
        (
            "/other@1/v1/x",
            "@2",
            "sk-test",
            "gpt-4o",
            "two runs: '1' in the URL /other@1/v1 and '2' in the header x-mockllm: @2.",
        ),
        (
            "/v1/x",
            "",
            "sk-mock-other@2",
            "mockllm/other@3",
            "two runs: '2' in the key sk-mock-other@2 and '3' in the model mockllm/other@3.",
        ),
        (
            "/@1/v1/x",
            "first",
            "sk-mock-@1",
            "mockllm/other",
            "two scenarios: 'first' in the header x-mockllm: first and 'other' in the model mockllm/other.",
        ),
    ],
)
def test_two_places_that_disagree_are_refused_with_both(path, header, key, model, words):
    with pytest.raises(ApiError) as caught:
        found_by(path, header, key, model)
    assert (caught.value.status, caught.value.code) == (400, "address_conflict")
    assert caught.value.message == f"mockllm: this request names {words} Name one, or the same in both."


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


# Scenarios that are bound to one namespace.

OWN = load_text("name: own")


@pytest.mark.parametrize(
    ("bound", "path", "namespace"),
    [
        ("default@7", "/@7/v1/models", "default@7"),
        ("default@7", "/default@7/v1/models", "default@7"),
        ("first@7", "/@7/v1/models", "first@7"),
        ("first@7", "/first@7/v1/models", "first@7"),
        ("unheard@7", "/unheard@7/v1/models", "unheard@7"),
        ("default", "/v1/models", "default"),
        ("other", "/other/v1/models", "other"),
    ],
)
def test_a_bound_namespace_has_its_own_scenario(bound, path, namespace):
    found = resolve(call("GET", path), LIBRARY, {bound: OWN})
    assert (found.scenario, found.namespace, found.path) == (OWN, namespace, "/models")


@pytest.mark.parametrize("path", ["/v1/models", "/@8/v1/models", "/first/v1/models", "/other@7/v1/models"])
def test_other_namespaces_have_what_they_had(path):
    found = resolve(call("GET", path), LIBRARY, {"default@7": OWN, "first@7": OWN})
    assert found.scenario is not OWN


def test_a_bound_default_needs_no_default_scenario():
    found = resolve(call("GET", "/@7/v1/models"), Library(), {"default@7": OWN})
    assert (found.scenario, found.run) == (OWN, "7")


def profiled(name, profile):
    return load_text(f"{{name: {name}, profile: {profile}, rules: [{{replies: [Hi]}}]}}")


VENDORS = Library(
    scenarios=[
        profiled("deployed", "azure"),
        profiled("routed", "openrouter"),
        profiled("rooted", "perplexity"),
        load_text("name: plain"),
    ]
)


@pytest.mark.parametrize(
    ("path", "namespace", "rest", "given"),
    [
        ("/v1/models", "deployed", "/models", ()),
        ("/routed/v1/models", "routed", "/models", ()),
        ("/openai/deployments/gpt-4o/chat/completions", "deployed", "/chat/completions", (("model", "gpt-4o"),)),
        ("/deployed@7/openai/deployments/x/embeddings", "deployed@7", "/embeddings", (("model", "x"),)),
        ("/openai/v1/models", "deployed", "/models", ()),
        ("/openai/models", "deployed", "/models", ()),
        ("/routed/api/v1/models", "routed", "/models", ()),
        ("/routed@7/api/v1/models", "routed@7", "/models", ()),
        ("/rooted/chat/completions", "rooted", "/chat/completions", ()),
    ],
)
def test_a_scenario_with_a_profile_is_under_the_paths_of_the_vendor_too(path, namespace, rest, given):
    found = resolve(replace(call("GET", path, headers=()), query="api-version=2024-10-21"), VENDORS)
    assert (found.namespace, found.path, found.given) == (namespace, rest, given)


def test_a_key_may_name_the_scenario_whose_paths_these_are():
    found = resolve(call("GET", "/api/v1/models", headers=(("authorization", "Bearer sk-mock-routed@7"),)), VENDORS)
    assert (found.namespace, found.path) == ("routed@7", "/models")
    found = resolve(
        replace(
            call("GET", "/openai/deployments/x/embeddings", headers=(("api-key", "sk-mock-deployed@7"),)),
            query="api-version=1",
        ),
        VENDORS,
    )
    assert (found.namespace, found.path) == ("deployed@7", "/embeddings")


@pytest.mark.parametrize(
    "path",
    [
        "/openai/models",  # without api-version
        "/plain/api/v1/models",
        "/plain/openai/v1/models",
        "/nobody/api/v1/models",
        "/api/v1/models",  # the default scenario has the paths of another vendor
    ],
)
def test_nobody_else_is_under_the_paths_of_a_vendor(path):
    with pytest.raises(ApiError) as caught:
        resolve(call("GET", path, headers=()), VENDORS)
    assert caught.value.status == 404


def test_the_model_of_a_query_is_an_address_too():
    asked = Call("GET", "/v1/realtime", "model=mockllm%2Fother%40run")
    assert resolve(asked, LIBRARY).namespace == "other@run"
    assert resolve(Call("GET", "/v1/realtime", "model=mockllm-like"), LIBRARY).run == ""


def test_an_address_stands_while_its_names_mean_the_same():
    library = Library(scenarios=[load_text("name: first"), load_text("name: other")])
    default, run, named = (resolve(call("GET", path), library) for path in ("/v1/models", "/@7/v1/models", "/other/v1"))
    assert [stands(each, library, {}) for each in (default, run, named)] == [True, True, True]
    bound = load_text("name: bound")
    assert [stands(each, library, {"first": bound}) for each in (default, run, named)] == [False, True, True]
    assert [stands(each, library, {"default@7": bound}) for each in (default, run, named)] == [True, False, True]
    assert [stands(each, library, {"other": bound}) for each in (default, run, named)] == [True, True, False]
    library.put(load_text("name: third"))
    assert [stands(each, library, {}) for each in (default, run, named)] == [False, False, True]
    library.remove("other")
    assert not stands(named, library, {})


def test_an_address_stands_not_for_long_if_it_follows_from_more_than_its_names():
    library = Library(scenarios=[load_text("auth: {keys: [{key: sk-7, scenario: other}]}"), load_text("name: other")])
    led = resolve(call("GET", "/v1/models", headers=(("authorization", "Bearer sk-7"),)), library)
    assert (led.namespace, stands(led, library, {})) == ("other", False)
    routed = resolve(call("GET", "/routed/api/v1/models", headers=()), VENDORS)
    assert (routed.namespace, stands(routed, VENDORS, {})) == ("routed", False)
    bound = load_text("name: bound")
    told = resolve(call("GET", "/v1/models", headers=()), VENDORS, {"deployed": bound})
    assert (told.scenario, stands(told, VENDORS, {"deployed": bound})) == (bound, False)
