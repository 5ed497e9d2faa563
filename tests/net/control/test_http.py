"""Control calls as HTTP: who may call, what is read, what is refused; and no call that a schema allows gets a 500."""

import http.client
import json
import logging
from urllib.parse import quote, urlencode, urlsplit

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockllm.control.openapi import document
from mockllm.engine import Engine
from mockllm.net.control import Control, way
from mockllm.net.control import http as http_module
from mockllm.net.mock import MockLLM
from mockllm.net.thread import ServerThread
from mockllm.scenario.library import Library
from mockllm.tally import Tally
from tests.net.control.conftest import HELLO, PATIENCE_S

DOCUMENT = document("1")
TOKEN = "s3cret-é"


def request(url, method, path, body=None, headers=None):
    """Status, headers by lower-case name, body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        told = {name.lower(): value for name, value in response.getheaders()}
        # A feed has no end.
        return response.status, told, b"" if told["content-type"] == "text/event-stream" else response.read()
    finally:
        connection.close()


@pytest.fixture
def guarded():
    """A server whose control API needs a token."""
    tally = Tally()
    engine = Engine(Library({}, [HELLO]), observers=[tally.observe])
    thread = ServerThread(engine, control=Control(engine, tally, token=TOKEN))
    thread.start()
    yield thread
    thread.close()


def test_without_its_token_nothing_is_told_but_health(guarded):
    for path in ("/journal", "/openapi.json", "/nothing", "/metrics"):
        status, headers, body = request(guarded.url, "GET", f"/_mockllm{path}")
        assert (status, headers["www-authenticate"]) == (401, 'Bearer realm="mockllm"')
        assert json.loads(body)["code"] == "wrong_token"
    for path in ("/health", "/ready"):
        assert request(guarded.url, "GET", f"/_mockllm{path}")[0] == 200


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN} ", 200),
        ("Bearer wrong", 401),
        ("Bearer", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
    ],
)
def test_the_token_is_a_bearer_token(guarded, credentials, status):
    headers = {"Authorization": credentials.encode()}
    assert request(guarded.url, "GET", "/_mockllm/journal", headers=headers)[0] == status


def test_a_refusal_is_problem_json(served):
    status, headers, body = request(served.url, "GET", "/_mockllm/scenarios/nothing")
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert json.loads(body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "mockllm: there is no scenario 'nothing': known: hello",
        "code": "no_such_scenario",
        "errors": [],
    }


def test_answers_are_not_for_caches(served):
    _, headers, _ = request(served.url, "GET", "/_mockllm/journal")
    assert (headers["content-type"], headers["cache-control"]) == ("application/json", "no-store")


def test_another_method_is_told_which_there_are(served):
    for method in ("POST", "HEAD", "OPTIONS"):
        status, headers, _ = request(served.url, method, "/_mockllm/health")
        assert (status, headers["allow"]) == (405, "GET")


@pytest.mark.parametrize(("origin", "status"), [(None, 200), ("own", 200), ("http://evil.example", 403), ("null", 403)])
def test_a_page_of_another_site_may_not_control_the_server(served, origin, status):
    headers = {} if origin is None else {"Origin": served.url if origin == "own" else origin}
    assert request(served.url, "POST", "/_mockllm/reset", headers=headers)[0] == status


def test_a_body_that_is_too_large_is_refused_without_reading_it(served, monkeypatch):
    monkeypatch.setattr(http_module, "MOST_BODY_BYTES", 10)
    status, headers, body = request(served.url, "PUT", "/_mockllm/clock", b"{" + b" " * 20)
    assert (status, headers["connection"], json.loads(body)["code"]) == (413, "close", "too_large")


def test_a_body_that_is_not_what_its_headers_say_is_refused(served):
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    status, _, body = request(served.url, "PUT", "/_mockllm/clock", b"not gzip", headers)
    assert status == 400
    assert b"cannot be read" in body


def test_a_bug_is_told_and_logged(served, monkeypatch, caplog):
    monkeypatch.setitem(way.ACTIONS, "version", lambda *_: 1 / 0)
    with caplog.at_level(logging.ERROR):
        status, _, body = request(served.url, "GET", "/_mockllm/version")
    assert (status, json.loads(body)["code"]) == (500, "failed")
    assert "The control API failed on GET /_mockllm/version." in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        "/_mockllm/../v1/models",
        "/_mockllm/%2e%2e/%2e%2e/etc/passwd",
        "/_mockllm/scenarios/../../etc/passwd",
        "/_mockllm/namespaces/%00",
        "/_mockllm/namespaces/%ff%fe",
        "/_mockllm/namespaces/" + "a" * 3000,
        "/_mockllm/scenarios/%0d%0aX-Injected:1",
        "/_mockllm/gates?namespace=%00",
        "/_mockllm/health/",
        "//_mockllm/health",
        "/_mockllm/journal?since=99999999999999999999999",
        "/_mockllm/journal?" + "a=" * 500,
    ],
)
def test_a_hostile_path_is_refused_and_changes_nothing(served, path):
    status, headers, _ = request(served.url, "GET", path)
    assert 400 <= status < 500
    assert "x-injected" not in headers
    if path.startswith("/_mockllm/"):
        served.journal.assert_requests(0)


def test_what_only_looks_like_a_control_path_is_an_exchange(served):
    for path in ("/_mockllm", "/_mockllmx/health", "/v1/_mockllm/health"):
        assert request(served.url, "GET", path)[0] == 404
    served.journal.assert_requests(3)


def test_a_port_of_its_own_has_all_of_the_api_and_the_other_only_health():
    tally = Tally()
    engine = Engine(Library({}, [HELLO]))
    thread = ServerThread(engine, control=Control(engine, tally), control_port=0)
    thread.start()
    try:
        assert thread.server.control_url != thread.url
        assert request(thread.server.control_url, "GET", "/_mockllm/journal")[0] == 200
        assert request(thread.server.control_url, "GET", "/_mockllm/health")[0] == 200
        status, _, body = request(thread.server.control_url, "GET", "/v1/models")
        assert (status, json.loads(body)["code"]) == (404, "no_such_operation")
        assert request(thread.url, "GET", "/_mockllm/health")[0] == 200
        status, _, body = request(thread.url, "GET", "/_mockllm/journal")
        assert (status, json.loads(body)["code"]) == (404, "not_here")
        assert request(thread.url, "GET", "/v1/models")[0] == 200
        assert len(engine.journal) == 1
    finally:
        thread.close()


def test_what_a_first_call_needs_can_be_imported_before():
    engine = Engine(Library({}, [HELLO]))
    assert Control(engine, Tally()).prepare() is None


# What a client may send, made of the document: names, fields and bodies that it describes, and some that it does not.
WORDS = st.sampled_from(
    ["hello", "@r", "default@r", "x", "idle", "ended", "complete", "g", "a/b", "%", "é", "\x00", ""]
)
SCALARS = st.one_of(WORDS, st.text(max_size=8), st.integers(-3, 3), st.floats(0, 2), st.booleans(), st.none())
ENTRY = st.sampled_from([{"error": {"status": 503}}, {"faults": {"reset": {"at": "start"}}, "chance": "5%"}, {"x": 1}])
YAML = st.sampled_from(["rules: [{replies: [hi]}]", "name: other", "rules: [", "é: {", ""])
OBJECT = st.sampled_from([{"rules": [{"replies": ["hi"]}]}, {"rules": 1}, {}])
SLOW_FIELDS = {"timeout_s": st.sampled_from([0, 0.001, -1, 301, "x"]), "entry": ENTRY, "when": OBJECT}


@st.composite
def calls(draw):
    path = draw(st.sampled_from(sorted(DOCUMENT["paths"])))
    method = draw(st.sampled_from(sorted(DOCUMENT["paths"][path])))
    operation = DOCUMENT["paths"][path][method]
    query, filled = [], path
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            name = draw(WORDS.filter(bool) | st.text(min_size=1, max_size=8))
            filled = filled.replace(f"{{{parameter['name']}}}", quote(name.encode(errors="replace"), safe=""))
        elif draw(st.booleans()):
            query.append((parameter["name"], draw(WORDS | st.integers(0, 5).map(str))))
    if draw(st.integers(0, 9)) == 0:
        query.append((draw(WORDS), "1"))
    body, headers = None, {}
    if content := operation.get("requestBody", {}).get("content"):
        media = draw(st.sampled_from([*content, "image/png"]))
        properties = content["application/json"]["schema"].get("properties")
        if media != "application/json":
            body = draw(YAML)
        elif properties is None:
            body = json.dumps(draw(OBJECT))
        else:
            chosen = draw(st.sets(st.sampled_from(sorted(properties))))
            body = json.dumps({name: draw(SLOW_FIELDS.get(name, SCALARS)) for name in sorted(chosen)})
        headers = {"Content-Type": media}
    target = filled + (f"?{urlencode(query, errors='replace')}" if query else "")
    return operation, method.upper(), target, None if body is None else body.encode(), headers


@pytest.fixture(scope="module")
def shared():
    with MockLLM(library=Library({}, [HELLO])) as mock:
        yield mock


def schema(operation, status, media):
    shape = operation["responses"][str(status)]["content"][media]["schema"]
    return {**shape, "components": DOCUMENT["components"]}


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(call=calls())
def test_every_answer_is_one_that_the_document_describes(shared, call):
    operation, method, target, body, headers = call
    status, told, answer = request(shared.url, method, target, body, headers)
    assert str(status) in operation["responses"], (operation["operationId"], target, body, answer)
    media = told["content-type"].partition(";")[0]
    if media in {"application/json", "application/problem+json"}:
        jsonschema.validate(json.loads(answer), schema(operation, status, media))
