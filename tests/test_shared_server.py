"""One server shared by many tests at once: every namespace has its own script, and nothing of it crosses over."""

import contextlib
import json
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from mockllm.net.mock import MockLLM
from tests.calls import JSON_HEADERS
from tests.redis_server import running_redis

PROCESSES = 16
REQUESTS = 200
PATIENCE_S = 60

# A test process: it asks for every step of its script, in the way of addressing that it was given, over one connection.
CLIENT = """
import http.client, json, sys

host, port, way, name, run, requests = sys.argv[1:7]
base, key, model, headers = "/v1", "sk-test", "gpt-4o", {}
if way == "url":
    base = f"/{name}@{run}/v1"
elif way == "key":
    base, key = "", f"sk-mock-{name}@{run}"
elif way == "model":
    model = f"mockllm/{name}@{run}"
elif way == "header":
    headers = {"x-mockllm": f"{name}@{run}"}
else:
    base, key = f"/{name}/v1", f"sk-mock-@{run}"
headers |= {"content-type": "application/json", "authorization": f"Bearer {key}"}
connection = http.client.HTTPConnection(host, int(port), timeout=60)
for number in range(int(requests)):
    said = f"{run} asks {number}"
    body = {"model": model, "messages": [{"role": "user", "content": said}]}
    connection.request("POST", f"{base}/chat/completions", json.dumps(body), headers)
    answer = connection.getresponse()
    text = json.loads(answer.read())["choices"][0]["message"]["content"]
    wanted = f"{name} {number}: {said}"
    if answer.status != 200 or text != wanted:
        sys.exit(f"{way} {name}@{run}: wanted {wanted!r}, found {answer.status} {text!r}")
print(connection.sock.getsockname()[1])
"""
WAYS = ("url", "key", "model", "header", "two")


def scripted(name):
    steps = ", ".join(f"'{name} {number}: {{{{ user }}}}'" for number in range(REQUESTS))
    return f"name: {name}\nrules: [{{replies: [{steps}]}}]\n"


@pytest.fixture(params=["one process", "two workers with a common state"])
def shared(request, tmp_path):
    """The host and port of `mockllm serve` with two scenarios."""
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(scripted(name))
    command = [sys.executable, "-m", "mockllm", "serve", str(tmp_path), "--port", "0", "--quiet"]
    with contextlib.ExitStack() as stack:
        if request.param != "one process":
            redis = stack.enter_context(running_redis())
            command += ["--workers", "2", "--state", redis.url]
        server = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        url = urlsplit(server.stdout.readline())
        yield url.hostname, url.port
        server.terminate()
        server.wait(PATIENCE_S)


def test_sixteen_processes_on_one_server_each_get_their_own_script_step_by_step(shared):
    host, port = shared
    clients = []
    for number in range(PROCESSES):
        place = [WAYS[number % len(WAYS)], ("one", "two")[number % 2], f"run-{number}"]
        command = [sys.executable, "-S", "-c", CLIENT, host, str(port), *place, str(REQUESTS)]
        clients.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    ports = set()
    for client in clients:
        out, errors = client.communicate(timeout=PATIENCE_S)
        assert (client.returncode, errors) == (0, "")
        ports.add(int(out))
    assert len(ports) == PROCESSES, "each kept one connection of its own"


def asking(run):
    body = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}).encode()
    headers = (*JSON_HEADERS, ("host", "mock"), ("content-length", str(len(body))))
    lines = [f"POST /@{run}/v1/chat/completions HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answer(reader):
    """The text of the next answer."""
    size = 0
    while (line := reader.readline()) != b"\r\n":
        name, _, value = line.partition(b":")
        size = int(value) if name.lower() == b"content-length" else size
    return json.loads(reader.read(size))["choices"][0]["message"]["content"]


def test_of_two_requests_at_the_same_time_one_gets_step_one_and_the_other_step_two_a_thousand_times():
    with MockLLM({"rules": [{"replies": ["one", "two"]}]}) as mock:
        place = urlsplit(mock.url)
        with (
            socket.create_connection((place.hostname, place.port), PATIENCE_S) as left,
            socket.create_connection((place.hostname, place.port), PATIENCE_S) as right,
            left.makefile("rb") as from_left,
            right.makefile("rb") as from_right,
        ):
            for run in range(1_000):
                left.sendall(asking(run))
                right.sendall(asking(run))
                assert sorted((answer(from_right), answer(from_left))) == ["one", "two"]
            assert len(mock.journal) == 2_000
