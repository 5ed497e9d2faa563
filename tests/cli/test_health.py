"""`mockllm health`."""

import socket

import pytest

from mockllm.cli import health
from mockllm.engine import HEALTH, Engine
from mockllm.net.thread import ServerThread
from mockllm.scenario.library import Library


@pytest.fixture
def server():
    thread = ServerThread(Engine(Library()))
    thread.start()
    yield thread
    thread.close()


@pytest.fixture
def nobody():
    """A port that nobody listens on, for as long as the test runs."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_it_asks_for_the_path_that_the_engine_answers():
    assert health.PATH == HEALTH


def test_a_server_that_answers_is_well(run, server):
    result = run("health", "--url", server.url)
    assert (result.exit_code, result.stdout) == (0, "ok\n")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", ""])
def test_the_address_is_made_of_host_and_port_like_that_of_serve(run, server, host):
    environment = {"MOCKLLM_HOST": host, "MOCKLLM_PORT": server.url.rpartition(":")[2]}
    assert run("health", env=environment).exit_code == 0


def test_an_ipv6_address_is_put_in_brackets(run, nobody):
    assert "http://[::1]:" in run("health", "--host", "::", "--port", str(nobody)).stderr


def test_a_server_that_is_not_there_is_not_well(run, nobody):
    result = run("health", "--port", str(nobody))
    assert result.exit_code == 1
    assert f"http://127.0.0.1:{nobody} does not answer as it should: " in result.stderr
    assert "refused" in result.stderr


def test_another_answer_is_not_well(run, server):
    result = run("health", "--url", f"{server.url}/below")
    assert result.exit_code == 1
    assert result.stderr.endswith("status 404\n")


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:80", "http://x:port"])
def test_a_url_that_is_none_is_wrong_usage(run, url):
    assert run("health", "--url", url).exit_code == 2
