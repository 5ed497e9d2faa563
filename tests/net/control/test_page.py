"""The console's page over HTTP: what it is served with, and what is not served."""

import http.client
from urllib.parse import urlsplit

import pytest

from mockllm.console import asset
from mockllm.engine import Engine
from mockllm.net.control import Control
from mockllm.net.thread import ServerThread
from mockllm.scenario.library import Library
from mockllm.tally import Tally
from tests.net.control.conftest import HELLO, PATIENCE_S


def get(url, path, method="GET"):
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def test_the_page_comes_with_a_policy_that_lets_in_nothing_else(served):
    status, headers, body = get(served.url, "/_mockllm/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert body == asset("index.html").body
    policy = headers["content-security-policy"].split("; ")
    assert policy[:4] == ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"]
    assert {"frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"} <= set(policy)
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("main.js", "text/javascript; charset=utf-8"),
        ("base.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ],
)
def test_its_parts_are_beside_it(served, name, media):
    status, headers, body = get(served.url, f"/_mockllm/console/{name}")
    assert (status, headers["content-type"], body) == (200, media, asset(name).body)


def test_a_head_request_gets_no_body(served):
    status, headers, body = get(served.url, "/_mockllm/", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) == len(asset("index.html").body)


@pytest.mark.parametrize(
    "path",
    [
        "/_mockllm/console/",
        "/_mockllm/console/nothing.js",
        "/_mockllm/console/__init__.py",
        "/_mockllm/console/../__init__.py",
        "/_mockllm/console/%2e%2e/engine.py",
        "/_mockllm/console//etc/passwd",
        "/_mockllm/index.html",
    ],
)
def test_nothing_else_is_served(served, path):
    assert get(served.url, path)[0] == 404


def test_the_page_is_only_read(served):
    assert get(served.url, "/_mockllm/", "POST")[0] == 404


def test_the_page_needs_no_token_and_is_where_the_api_is():
    engine, tally = Engine(Library({}, [HELLO])), Tally()
    thread = ServerThread(engine, control=Control(engine, tally, token="secret"), control_port=0)
    thread.start()
    try:
        assert get(thread.server.control_url, "/_mockllm/")[0] == 200
        assert get(thread.server.control_url, "/_mockllm/events")[0] == 401
        assert get(thread.url, "/_mockllm/")[0] == 404
    finally:
        thread.close()
