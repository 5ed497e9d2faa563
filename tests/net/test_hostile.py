"""What no client sends by mistake: refused or harmless, and the server goes on serving everybody else."""

import gzip
import json
from urllib.parse import quote

import pytest

from mockllm.engine import Engine
from mockllm.net.server import MOST_BODY_BYTES
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text

ANSWERED = b'"content": "Still here."'
SCENARIO = "{name: target, rules: [{when: {user: ping}, replies: [Still here.]}, {replies: [{auto: true}]}]}"
GIGABYTE = 1024**3
MOST_ANSWERED_BYTES = 60_000


@pytest.fixture
def target(serve, tmp_path):
    """A server with a scenario and, beside the folder that it serves, a file that nobody may read."""
    (tmp_path / "secret.yaml").write_text("{name: secret, rules: [{replies: [The secret.]}]}")
    served = tmp_path / "served"
    served.mkdir()
    (served / "default.yaml").write_text(SCENARIO)
    library = Library(Library.of_paths([served]).entries(), [load_text(SCENARIO)])
    return serve(Engine(library))


def posted(body, path="/v1/chat/completions", headers=()):
    lines = [f"POST {path} HTTP/1.1", "host: mock", "content-type: application/json", f"content-length: {len(body)}"]
    return "\r\n".join([*lines, *headers, "connection: close", "", ""]).encode() + body


def ping(client, target):
    """Ask as any client does, and be answered."""
    with client(target.url) as browser:
        browser.send(posted(b'{"model": "m", "messages": [{"role": "user", "content": "ping"}]}'))
        received, _ = browser.read_to_end()
    assert ANSWERED in received


def answer(client, target, data):
    """The status and the bytes of what is answered; the server serves the next client afterwards."""
    with client(target.url) as browser:
        browser.send(data)
        received, _ = browser.read_to_end()
    ping(client, target)
    return int(received.split(b" ")[1]), received


def refusal(client, target, data):
    """The status, and the error that has the four keys."""
    status, received = answer(client, target, data)
    error = json.loads(received.partition(b"\r\n\r\n")[2])["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return status, error


def test_heads_that_never_end_keep_nobody_else_from_an_answer(client, target):
    slow = [client(target.url) for _ in range(100)]
    try:
        for data in (b"POST /v1/chat/completions HTTP/1.1\r\n", b"host: mock\r\nx-slow: ", b"a", b"b"):
            for browser in slow:
                browser.send(data)
            ping(client, target)
    finally:
        for browser in slow:
            browser.socket.close()


def test_bodies_that_never_end_make_no_call_and_keep_nobody_else_from_an_answer(client, target):
    head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: mock\r\ncontent-length: 1000\r\n\r\n{"
    slow = [client(target.url) for _ in range(100)]
    try:
        for browser in slow:
            browser.send(head)
        ping(client, target)
        assert target.server.open_exchanges == 0
    finally:
        for browser in slow:
            browser.socket.close()


def test_an_announced_gigabyte_is_refused_before_it_comes(client, target):
    with client(target.url) as browser:
        browser.send(f"POST /v1/responses HTTP/1.1\r\nhost: mock\r\ncontent-length: {GIGABYTE}\r\n\r\n".encode())
        received = b""
        while not received.endswith(b"}"):
            received += browser.read(1)
        ping(client, target)
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "request_too_large"' in received


def test_a_small_body_that_unpacks_to_a_large_one_is_refused(client, target):
    packed = gzip.compress(b"\0" * 2 * MOST_BODY_BYTES)
    assert len(packed) < MOST_BODY_BYTES // 100
    with client(target.url) as browser:
        browser.send(posted(packed, headers=["content-encoding: gzip"]))
        assert browser.read(13) == b"HTTP/1.1 413 "
        ping(client, target)


def test_ten_thousand_headers_are_refused_and_some_are_not(client, target):
    def with_headers(count):
        return posted(b"{", headers=[f"x-{number}: y" for number in range(count)])

    assert answer(client, target, with_headers(10_000))[0] == 400
    status, error = refusal(client, target, with_headers(80))
    assert (status, error["message"][:43]) == (400, "We could not parse the JSON body of your re")


def nested(opening, closing, depth, inside="0"):
    return opening * depth + inside + closing * depth


def schema(depth):
    return nested('{"type": "object", "properties": {"a": ', '}, "required": ["a"]}', depth, '{"type": "string"}')


def with_field(name, value):
    return f'{{"model": "m", "messages": [{{"role": "user", "content": "x"}}], "{name}": {value}}}'.encode()


@pytest.mark.parametrize("depth", [90, 900, 100_000])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda depth: nested("[", "]", depth).encode(), id="array"),
        pytest.param(lambda depth: nested('{"a":', "}", depth).encode(), id="object"),
        pytest.param(lambda depth: b"[" * depth, id="open array"),
        pytest.param(lambda depth: with_field("messages", nested("[", "]", depth)), id="messages"),
        pytest.param(lambda depth: with_field("metadata", nested('{"a":', "}", depth)), id="metadata"),
    ],
)
def test_deep_json_is_refused(client, target, body, depth):
    assert refusal(client, target, posted(body(depth)))[0] == 400


@pytest.mark.parametrize("depth", [20, 90, 900])
def test_a_deep_schema_is_filled_or_refused(client, target, depth):
    wanted = f'{{"type": "json_schema", "json_schema": {{"name": "a", "schema": {schema(depth)}}}}}'
    status, received = answer(client, target, posted(with_field("response_format", wanted)))
    assert status in {200, 400} or b'"code": "reply_failed"' in received


@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "m", "messages": [{"role": "user", "content": "\xff\xfe"}]}',
        b'{"model": "m", "messages": [{"role": "user", "content": "\xed\xa0\x80"}]}',
        b"\xff" * 1000,
        b'{"model": "m\x00", "messages": []}',
        b'{"model": "\\ud800", "messages": [{"role": "user", "content": "x"}]}',
    ],
)
def test_bodies_that_are_no_text_are_refused(client, target, body):
    assert refusal(client, target, posted(body))[0] == 400


def test_headers_and_paths_that_are_no_text_are_harmless(client, target):
    raw = posted(b'{"model": "m", "messages": [{"role": "user", "content": "ping"}]}')
    status, received = answer(
        client, target, raw.replace(b"host: mock", b"host: mock\r\nauthorization: Bearer \xff\xfe")
    )
    assert (status, ANSWERED in received) == (200, True)
    assert answer(client, target, raw.replace(b"/v1/", b"/\xff\xfe/v1/"))[0] == 400
    assert refusal(client, target, raw.replace(b"/v1/", b"/%ff%fe/v1/"))[0] == 404


PATHS = [
    "/../secret/v1/models",
    "/..%2fsecret/v1/models",
    "/%2e%2e%2fsecret/v1/models",
    "/%2e%2e/v1/models",
    "/..%5csecret/v1/models",
    "/default/../../secret/v1/models",
    "/secret/v1/models",
    "/secret.yaml/v1/models",
    "/%00/v1/models",
    "/target%00/v1/models",
    "/target%0d%0ax-injected:%20yes/v1/models",
    "//evil.example/v1/models",
    "/v1/../../secret/v1/models",
    "/v1/%2e%2e/models",
    "/v1//models",
    "/V1/models",
    "/" + "a/" * 5_000,
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_no_trick_with_a_path_leads_anywhere(client, target, path):
    status, received = answer(
        client, target, f"GET {path} HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n".encode()
    )
    head, _, body = received.partition(b"\r\n\r\n")
    assert (status, b"x-injected" in head.lower(), b"The secret" in body) == (404, False, False)
    assert len(received) < MOST_ANSWERED_BYTES


@pytest.mark.parametrize("name", ["../secret", "..\\secret", "/etc/passwd", "secret", "a" * 10_000])
@pytest.mark.parametrize("way", ["header", "key", "model"])
def test_no_trick_with_an_address_leads_anywhere(client, target, way, name):
    model = f"mockllm/{name}@1" if way == "model" else "m"
    headers = {"header": [f"x-mockllm: {name}@1"], "key": [f"authorization: Bearer sk-mock-{name}@1"]}.get(way, [])
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "x"}]}).encode()
    status, error = refusal(client, target, posted(body, headers=headers))
    assert (status, error["code"]) == (404, "no_such_scenario")


def test_an_address_may_hold_any_run_without_harm(client, target):
    for run in ("../../x", "%", "a@b@c", "\u00e9", "x" * 5_000):
        head = f"GET /target@{quote(run, safe='')}/v1/models HTTP/1.1\r\nhost: mock\r\nconnection: close\r\n\r\n"
        assert answer(client, target, head.encode())[0] in {200, 404}


def test_many_runs_are_forgotten_before_they_fill_the_memory(client, target, monkeypatch):
    monkeypatch.setattr("mockllm.registry.MOST_NAMESPACES", 10)
    with client(target.url) as browser:
        for run in range(50):
            browser.get(f"/target@{run}/v1/models")
            browser.read(1)
        ping(client, target)
        assert len(target.call(target.server._engine.namespaces)) <= 10
