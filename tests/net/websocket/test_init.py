"""The handshake over real sockets: what opens a conversation, and what is answered where nothing does."""

import json

import pytest

HELLO = {"replies": [{"text": "Hello"}]}


@pytest.mark.parametrize("path", ["/v1/responses", "/v1/realtime?model=gpt-realtime", "/talk@run/v1/responses"])
def test_a_good_handshake_opens_the_connection(serving, bare, path):
    client = bare(serving(HELLO), path)
    status, headers = client.head()
    assert status == 101
    assert headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert headers["upgrade"] == "websocket"
    assert "content-length" not in headers
    assert "transfer-encoding" not in headers


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("/v1/responses", {"key": None}, 400),
        ("/v1/responses", {"key": "short"}, 400),
        ("/v1/realtime", {}, 400),
        ("/v1/realtime?model=x", {"version": "1.0"}, 426),
        ("/v1/responses", {"version": "1.0"}, 405),
        ("/v1/nothing", {}, 404),
    ],
)
def test_what_is_no_handshake_is_refused_and_the_connection_ends(serving, bare, path, options, status):
    client = bare(serving(HELLO), path, **options)
    found, headers = client.head()
    assert found == status
    body, end = client.read_to_end()
    assert len(body) == int(headers["content-length"])
    assert end == "FIN"


def test_a_key_is_asked_for(serving, bare):
    llm = serving(HELLO, auth={"keys": ["sk-good"]})
    refused = bare(llm)
    assert refused.head()[0] == 401
    assert bare(llm, "/v1/responses", "authorization: Bearer sk-good").head()[0] == 101


@pytest.mark.parametrize(
    ("api", "path"), [("responses.connect", "/v1/responses"), ("realtime.connect", "/v1/realtime?model=x")]
)
@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_rule_may_refuse_the_connection(serving, bare, api, path, status):
    refusal = {"error": {"status": status, "code": "busy"}}
    client = bare(serving({"when": {"api": api}, "replies": [refusal]}, HELLO), path)
    assert client.head()[0] == status
    body, _ = client.read_to_end()
    assert json.loads(body)["error"]["code"] == "busy"


@pytest.mark.parametrize(
    ("fault", "status"),
    [({"status": 403}, 403), ({"headers": {"set": {"x-odd": "1"}}}, 101)],
)
def test_faults_of_http_act_on_the_answer_that_opens(serving, bare, fault, status):
    rule = {"when": {"api": "realtime.connect"}, "replies": [{"auto": True, "faults": [fault]}]}
    client = bare(serving(rule), "/v1/realtime?model=x")
    found, headers = client.head()
    assert found == status
    if status == 101:
        assert headers["x-odd"] == "1"
        assert json.loads(client.frame()[1])["type"] == "session.created"


def test_the_session_may_never_begin(serving, bare):
    rule = {
        "when": {"api": "realtime.connect"},
        "replies": [{"auto": True, "faults": [{"reset": {"at": {"frame": 0}}}]}],
    }
    client = bare(serving(rule), "/v1/realtime?model=x")
    assert client.head()[0] == 101
    assert client.read_to_end() == (b"", "RST")


def test_a_connection_may_be_reset_before_it_is_read(serving, bare):
    llm = serving(HELLO, accept={"reset": {}})
    with pytest.raises((ConnectionResetError, IndexError)):
        bare(llm).head()


def test_what_is_sent_right_behind_the_handshake_is_heard(serving, bare):
    client = bare(serving(HELLO), "/v1/responses")
    client.send(1, b'{"type": "response.create", "model": "gpt-5.1", "input": "Hi"}')
    assert client.head()[0] == 101
    assert json.loads(client.frame()[1])["type"] == "response.created"
