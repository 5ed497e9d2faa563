import subprocess
import sys

import pytest

from mockllm.dialects import ROUTES, find, models
from mockllm.dialects.chat import CHAT, stored
from mockllm.errors import ApiError


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "parameters"),
    [
        ("POST", "/chat/completions", CHAT, {}),
        ("GET", "/chat/completions", stored.LIST, {}),
        ("GET", "/chat/completions/chatcmpl-1", stored.RETRIEVE, {"id": "chatcmpl-1"}),
        ("POST", "/chat/completions/chatcmpl-1", stored.UPDATE, {"id": "chatcmpl-1"}),
        ("DELETE", "/chat/completions/chatcmpl-1", stored.DELETE, {"id": "chatcmpl-1"}),
        ("GET", "/chat/completions/chatcmpl-1/messages", stored.MESSAGES, {"id": "chatcmpl-1"}),
        ("GET", "/models", models.LIST, {}),
        ("GET", "/models/gpt-5.1", models.RETRIEVE, {"model": "gpt-5.1"}),
        ("GET", "/models/openai/gpt-5.1:free@2", models.RETRIEVE, {"model": "openai/gpt-5.1:free@2"}),
        ("DELETE", "/models/ft:gpt-4o", models.DELETE, {"model": "ft:gpt-4o"}),
    ],
)
def test_a_method_and_a_path_lead_to_an_endpoint(method, path, endpoint, parameters):
    found = find(method, path)
    assert found.endpoint is endpoint
    assert found.parameters == parameters


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/foo"), ("GET", "/"), ("GET", "/chat"), ("GET", "/models/"), ("GET", "/chat/completions/a/b")],
)
def test_an_unknown_path_is_404_in_the_services_words(method, path):
    with pytest.raises(ApiError) as caught:
        find(method, path)
    error = caught.value
    assert (error.status, error.message) == (404, f"Invalid URL ({method} /v1{path})")
    assert (error.type, error.code, error.param) == ("invalid_request_error", None, None)


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/chat/completions"), ("DELETE", "/models"), ("PATCH", "/models/a/b"), ("PUT", "/chat/completions/x")],
)
def test_a_method_that_a_path_does_not_have_is_405(method, path):
    with pytest.raises(ApiError) as caught:
        find(method, path)
    error = caught.value
    assert (error.status, error.code) == (405, "method_not_supported")
    assert error.message == (
        f"Not allowed to {method} on /v1{path} (HINT: Perhaps you meant to use a different HTTP method?)"
    )


def test_a_dot_in_a_path_is_only_a_dot():
    with pytest.raises(ApiError):
        find("GET", "/chatXcompletions")


def test_no_two_routes_are_the_same():
    assert len({(route.method, route.pattern) for route in ROUTES}) == len(ROUTES)


def test_what_is_prepared_is_every_api_and_none_of_them_before():
    code = (
        "import sys; from mockllm.dialects import ROUTES, find, prepare;"
        "homes = {'mockllm.dialects.' + route.home.rpartition('.')[0] for route in ROUTES};"
        "none = homes & set(sys.modules); find('POST', '/embeddings'); one = homes & set(sys.modules); prepare();"
        "print(none == set(), one, homes <= set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True {'mockllm.dialects.embeddings'} True"
