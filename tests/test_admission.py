import pytest

from mockllm.admission import authorize, check_model, is_charged, read, unread
from mockllm.dialects import Found, find
from mockllm.dialects.embeddings import EMBEDDINGS
from mockllm.errors import ApiError
from mockllm.request import Request
from mockllm.scenario.load import load_text
from mockllm.store import Store
from tests.calls import ASK, call

OPEN = load_text("name: open")
LOCKED = load_text("auth: {keys: [sk-one, sk-two]}")
STRICT = load_text("strict: true")


def admit(method="POST", path="/chat/completions", body=ASK, *, headers=(), scenario=OPEN):
    return read(find(method, path), call(method, f"/v1{path}", body, headers), scenario, Store())


def refusal(function, *arguments, **options):
    with pytest.raises(ApiError) as caught:
        function(*arguments, **options)
    return caught.value


# Keys.


def lock(**headers):
    return refusal(authorize, LOCKED, call("GET", "/v1/models", headers=tuple(headers.items())))


def test_without_auth_any_key_or_none_is_fine():
    authorize(OPEN, call("GET", "/v1/models", headers=()))
    authorize(OPEN, call("GET", "/v1/models", headers=(("authorization", "Bearer nonsense"),)))


@pytest.mark.parametrize("header", [("authorization", "Bearer sk-two"), ("api-key", "sk-one")])
def test_an_accepted_key_is_admitted(header):
    authorize(LOCKED, call("GET", "/v1/models", headers=(header,)))


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer "}, {"authorization": ""}, {"api-key": ""}])
def test_a_call_without_a_key_is_told_how_to_give_one(headers):
    error = lock(**headers)
    assert (error.status, error.type, error.code, error.param) == (401, "invalid_request_error", None, None)
    assert error.message.startswith(
        "You didn't provide an API key. You need to provide your API key in an Authorization"
    )


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk-wrong-key-1234", "sk-w*********1234"),
        ("sk-wrong1", "sk-w*ong1"),
        ("sk-wrong", "sk-wrong"),
        ("x", "x"),
    ],
)
def test_a_wrong_key_is_shown_with_its_middle_masked(key, shown):
    error = lock(authorization=f"Bearer {key}")
    assert (error.status, error.type, error.code) == (401, "invalid_request_error", "invalid_api_key")
    assert error.message == (
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys."
    )


KEYS = load_text(
    """
    auth:
      keys:
        - {key: sk-expired, expired: true}
        - {key: sk-bound, project: proj_a, organization: org-a}
        - sk-free
    """
)


def entering(key, *headers):
    return call("GET", "/v1/models", headers=(("authorization", f"Bearer {key}"), *headers))


def test_a_key_that_has_expired_is_refused_as_a_wrong_one():
    error = refusal(authorize, KEYS, entering("sk-expired"))
    assert (error.status, error.code) == (401, "invalid_api_key")
    assert error.message.startswith("Incorrect API key provided: sk-e**ired.")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ([("OpenAI-Project", "proj_b")], "mismatched_project"),
        ([("OpenAI-Organization", "org-b"), ("OpenAI-Project", "proj_a")], "mismatched_organization"),
        ([("OpenAI-Organization", "org-b"), ("OpenAI-Project", "proj_b")], "mismatched_organization"),
    ],
)
def test_a_key_of_another_project_or_organization_is_refused(headers, code):
    error = refusal(authorize, KEYS, entering("sk-bound", *headers))
    assert (error.status, error.type, error.code, error.param) == (401, "invalid_request_error", code, None)


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        ("sk-bound", []),
        ("sk-bound", [("OpenAI-Project", "proj_a"), ("OpenAI-Organization", "org-a")]),
        ("sk-free", [("OpenAI-Project", "proj_b"), ("OpenAI-Organization", "org-b")]),
    ],
)
def test_a_key_is_good_without_the_headers_with_its_own_and_if_it_has_none(key, headers):
    authorize(KEYS, entering(key, *headers))


# What limits count.


@pytest.mark.parametrize(
    ("method", "path", "body", "charged"),
    [
        ("POST", "/chat/completions", ASK, True),
        ("POST", "/responses", {"model": "gpt-4o", "input": "Hi"}, True),
        ("POST", "/embeddings", {"model": "text-embedding-3-small", "input": "Hi"}, True),
        ("POST", "/chat/completions/x", {"metadata": {}}, False),
        ("GET", "/models", None, False),
        ("GET", "/chat/completions?model=gpt-4o", None, False),
        ("DELETE", "/models/gpt-4o", None, False),
    ],
)
def test_limits_count_what_a_model_is_asked_for(method, path, body, charged):
    found = find(method, path.partition("?")[0])
    assert is_charged(found, read(found, call(method, f"/v1{path}", body), OPEN, Store())) is charged


@pytest.mark.parametrize(
    ("body", "model"),
    [(b"{", ""), (b"[]", ""), (b"", ""), (b'{"model": 7}', ""), ({"model": "gpt-4o", "messages": 3}, "gpt-4o")],
)
def test_of_a_body_that_is_refused_the_model_is_read_if_it_can_be(body, model):
    found = find("POST", "/chat/completions")
    request = unread(found, call("POST", "/v1/chat/completions", body))
    assert (request.api, request.model, request.messages) == ("chat", model, ())


# Bodies.


def test_a_request_is_read_by_its_dialect():
    request = admit()
    assert (request.api, request.model) == ("chat", "gpt-4o")


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_accepted_by_its_type(kind):
    assert admit(headers=(("content-type", kind),)).model == "gpt-4o"


def test_a_missing_type_is_no_fault():
    assert admit(headers=()).model == "gpt-4o"


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_another_type_is_refused_before_the_body_is_read(kind):
    error = refusal(admit, body=b"{", headers=(("content-type", kind),))
    assert (error.status, error.code) == (415, "unsupported_content_type")
    assert f"'Content-Type: {kind}'" in error.message
    assert f"'{kind.split(';')[0]}'" in error.message


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[1,"])
def test_a_body_that_is_no_json_is_refused(body):
    error = refusal(admit, body=body)
    assert (error.status, error.code, error.param) == (400, None, None)
    assert error.message.startswith("We could not parse the JSON body of your request.")


def test_fields_are_checked_and_in_a_strict_scenario_unknown_ones_too():
    assert refusal(admit, body={**ASK, "temperature": 9}).param == "temperature"
    assert admit(body={**ASK, "unheard_of": 1}).model == "gpt-4o"
    assert "unheard_of" in refusal(admit, body={**ASK, "unheard_of": 1}, scenario=STRICT).message


# Resources.


def test_a_call_without_a_body_needs_no_type():
    request = admit("GET", "/models", None, headers=(("content-type", "text/plain"),))
    assert (request.api, request.json) == ("models", {})


def test_the_body_of_a_resource_is_read_if_there_is_one():
    body = {"metadata": {"a": "b"}}
    assert admit("POST", "/chat/completions/chatcmpl-1", body).json == body
    assert admit("POST", "/chat/completions/chatcmpl-1", [1]).json == {}
    assert admit("POST", "/chat/completions/chatcmpl-1", b"").json == {}
    assert refusal(admit, "POST", "/embeddings", b"").status == 400
    assert refusal(admit, "DELETE", "/models/gpt-4o", b"{").status == 400


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"input": "a"}, ["a"]), ({"input": ["a", "b", 1]}, ["a", "b"]), ({"prompt": "c"}, ["c"]), ({"input": 5}, [])],
)
def test_rules_can_match_the_words_of_a_request_for_a_resource(fields, words):
    request = admit("POST", "/embeddings", {"model": "m", "stream": True, **fields})
    assert ([message.text for message in request.messages], request.model, request.stream) == (words, "m", True)
    assert admit("POST", "/embeddings", {"model": 5, "stream": []}).model == ""


def test_a_form_is_read_where_one_is_asked_for_and_json_is_refused_there():
    found = Found(EMBEDDINGS, {}, form=True)
    headers = (("content-type", "multipart/form-data; boundary=B"),)
    data = b'--B\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--B--\r\n'
    assert read(found, call("POST", "/v1/files", data, headers), OPEN, Store()).json == {"model": "whisper-1"}
    error = refusal(read, found, call("POST", "/v1/files", {}), OPEN, Store())
    assert (error.status, "only accepts 'multipart/form-data' requests" in error.message) == (415, True)


def test_resources_at_different_places_are_different_requests():
    paths = ["/models/a", "/models/b", "/models/a?x=1", "/models"]
    found = [
        read(find("GET", path.partition("?")[0]), call("GET", f"/v1{path}"), OPEN, Store()).fingerprint
        for path in paths
    ]
    assert len(set(found)) == 4
    assert found[0] == admit("GET", "/models/a", None).fingerprint


# Models.


def model(name, scenario):
    check_model(scenario, Request("chat", call("POST", "/"), model=name))


def test_any_model_is_served_unless_there_are_only_some():
    model("gpt-9", OPEN)
    model("gpt-9", load_text("models: [gpt-4o]"))
    model("gpt-4o", load_text("models: {ids: [gpt-4o], only: true}"))


def test_a_model_that_is_not_served_is_404_at_the_edge():
    error = refusal(model, "gpt-9", load_text("models: {ids: [gpt-4o], only: true}"))
    assert (error.status, error.code, error.param, error.edge) == (404, "model_not_found", None, True)
    assert error.message == "The model `gpt-9` does not exist or you do not have access to it."


def test_a_request_without_a_model_is_not_refused_for_it():
    model("", load_text("models: {ids: [gpt-4o], only: true}"))


def test_the_responses_api_refuses_an_unknown_model_in_its_own_words():
    scenario = load_text("models: {ids: [gpt-4o], only: true}")
    error = refusal(check_model, scenario, Request("responses", call("POST", "/"), model="gpt-9"))
    assert (error.status, error.message, error.code, error.param, error.edge) == (
        400,
        "The requested model 'gpt-9' does not exist.",
        "model_not_found",
        "model",
        False,
    )


def test_a_request_may_refer_to_what_is_stored():
    asked = {"model": "gpt-4o", "previous_response_id": "resp_x"}
    assert refusal(admit, "POST", "/responses", asked).code == "previous_response_not_found"


@pytest.mark.parametrize(
    ("profile", "header", "accepted"),
    [
        ("azure", "api-key", True),
        ("azure", "authorization", True),
        ("groq", "api-key", False),
        ("groq", "authorization", True),
        ("openai", "api-key", True),
    ],
)
def test_a_profile_says_in_which_headers_a_key_may_come(profile, header, accepted):
    scenario = load_text(f"{{profile: {profile}, auth: {{keys: sk-good}}}}")
    value = "Bearer sk-good" if header == "authorization" else "sk-good"
    asked = call("GET", "/v1/models", headers=((header, value),))
    if accepted:
        authorize(scenario, asked)
        return
    with pytest.raises(ApiError) as caught:
        authorize(scenario, asked)
    assert (caught.value.status, caught.value.code) == (401, None)


def test_what_the_path_says_stands_in_for_what_the_body_does_not_say():
    found = find("POST", "/chat/completions")
    given = (("model", "from-path"),)
    without = call("POST", "/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]})
    assert read(found, without, OPEN, Store(), given).model == "from-path"
    assert read(found, call("POST", "/v1/chat/completions", ASK), OPEN, Store(), given).model == ASK["model"]
