"""`mockllm serve`: in this process as far as possible, and as a process of its own where signals matter."""

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from mockllm.cli import serve
from mockllm.cli.main import group

PATIENCE_S = 60
HELLO = "rules: [{replies: [Hello]}]"
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def ask(url, **body):
    """The answer's text, whatever its status."""
    data = json.dumps({**BODY, **body}).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


def said(url, **body):
    return json.loads(ask(url, **body))["choices"][0]["message"]["content"]


class Output(io.TextIOBase):
    """Standard error of a command that runs in this process: its lines can be waited for."""

    def __init__(self):
        self.text = ""
        self.more = threading.Condition()

    def write(self, text):
        with self.more:
            self.text += text
            self.more.notify_all()
        return len(text)

    def wait_for(self, part):
        with self.more:
            assert self.more.wait_for(lambda: part in self.text, PATIENCE_S), self.text


@pytest.fixture
def here(monkeypatch):
    """Serves in this process while `visit` runs in a thread with the URL line; gives exit code and errors."""

    def here(*arguments, visit=lambda _line, _errors: None):
        reader, writer = os.pipe()
        errors, failed, rest = Output(), [], []

        def visitor():
            with os.fdopen(reader, encoding="utf-8") as out:
                if line := out.readline():
                    try:
                        visit(line.rstrip("\n"), errors)
                    except BaseException as error:  # noqa: BLE001 # it is raised where the test is
                        failed.append(error)
                    os.kill(os.getpid(), signal.SIGTERM)
                rest.append(out.read())

        thread = threading.Thread(target=visitor)
        with os.fdopen(writer, "w", encoding="utf-8") as out, monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", errors)
            thread.start()
            with pytest.raises(SystemExit) as ended:
                group.main(["serve", *map(str, arguments)], prog_name="mockllm")
        thread.join(PATIENCE_S)
        if failed:
            raise failed[0]
        assert rest == [""]
        return ended.value.code, errors.text

    return here


def test_the_one_line_on_standard_output_is_the_url_and_the_rest_is_log(here, write):
    def visit(url, _errors):
        assert said(f"{url}/v1/chat/completions") == "Hello"
        assert said(f"{url}/mine@run/v1/chat/completions") == "Hello"

    code, errors = here(write(mine=HELLO), "--port", 0, visit=visit)
    first, second, third, last = errors.splitlines()
    assert (code, last) == (0, "SIGTERM: stopping")
    assert re.fullmatch(r"serving mine; watch it at http://127\.0\.0\.1:\d+/_mockllm/", first)
    assert second.startswith("POST /v1/chat/completions  mine  rules[0]  200  1 frame, ")
    assert third.startswith("POST /mine@run/v1/chat/completions  mine@run  rules[0]  200  1 frame, ")


def test_machines_get_the_url_as_json_and_the_log_as_json(here, write):
    def visit(line, _errors):
        ask(json.loads(line)["url"] + "/v1/chat/completions")

    code, errors = here(write(mine=HELLO), "--port", 0, "--json", "--log-format", "json", visit=visit)
    serving, exchange, stopping = map(json.loads, errors.splitlines())
    assert code == 0
    assert serving["event"] == "serving"
    assert serving["url"].startswith("http://127.0.0.1:")
    assert (exchange["event"], exchange["rule"], exchange["status"]) == ("exchange", "rules[0]", 200)
    assert stopping["event"] == "stopping"


def test_quiet_leaves_exchanges_out(here, write):
    _, errors = here(write(a=HELLO), "--port", 0, "--quiet", visit=lambda url, _: ask(f"{url}/v1/chat/completions"))
    assert re.fullmatch(r"serving a; watch it at \S+/_mockllm/\nSIGTERM: stopping\n", errors)


def test_without_paths_the_gallery_is_served(here):
    def visit(url, _errors):
        assert said(f"{url}/v1/chat/completions").startswith("Hello! I am a scripted answer")

    code, errors = here("--port", 0, "--quiet", visit=visit)
    assert code == 0
    assert errors.startswith("serving ")
    assert " more; watch it at " in errors


def test_a_scenario_given_as_text_is_the_default(here, write):
    def visit(url, _errors):
        assert said(f"{url}/v1/chat/completions") == "Inline"
        assert said(f"{url}/mine/v1/chat/completions") == "Hello"

    assert here(write(mine=HELLO), "--port", 0, "--scenario", "rules: [{replies: [Inline]}]", visit=visit)[0] == 0


def test_nothing_is_served_while_a_file_is_wrong(here, write, monkeypatch):
    monkeypatch.chdir(write(a="seed: x", b="rulez: []", c=HELLO))
    code, errors = here(".", "--scenario", "sed: 1")
    assert code == 1
    assert [line.partition(" ")[0] for line in errors.splitlines()] == ["a.yaml:1:7:", "b.yaml:1:1:", "--scenario:1:1:"]


def test_a_path_that_is_not_there_is_a_problem(here):
    code, errors = here("nowhere.yaml")
    assert code == 1
    assert errors.startswith("nowhere.yaml: there is no such file or folder")


def test_an_address_that_is_taken_is_told_clearly(here, write):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = here(write(a=HELLO), "--port", port)
    assert code == serve.CANNOT_LISTEN == 3
    assert f"127.0.0.1:{port}, but another program listens there" in errors


def test_wrong_usage_is_told(here):
    assert here("--port", "many")[0] == 2


def test_changed_new_and_removed_files_are_taken_up(here, write):
    folder = write(a=HELLO, b=HELLO)

    def visit(url, errors):
        change_until(errors, "reloaded a\n", lambda: write(a="rules: [{replies: [Changed]}]"))
        assert said(f"{url}/a/v1/chat/completions") == "Changed"
        write(a="rulez: []")
        errors.wait_for("kept a: its new version is wrong, so the old one is served\n")
        assert said(f"{url}/a/v1/chat/completions") == "Changed"
        write(c="rules: [{replies: [New]}]")
        errors.wait_for("added c\n")
        assert said(f"{url}/c/v1/chat/completions") == "New"
        (folder / "b.yaml").unlink()
        errors.wait_for("removed b\n")
        assert "there is no scenario 'b'" in ask(f"{url}/b/v1/chat/completions")
        (folder / "deep").mkdir()
        (folder / "deep" / "c.yaml").write_text(HELLO)
        errors.wait_for("kept everything: its new version is wrong, so the old one is served\n")

    assert here(folder, "--port", 0, "--quiet", visit=visit)[0] == 0


def change_until(errors, part, change):
    """Repeats a change until it is told: watching begins a moment after serving."""
    for number in range(PATIENCE_S):
        change().joinpath("poke.txt").write_text(str(number))
        with errors.more:
            if errors.more.wait_for(lambda: part in errors.text, 1):
                return
    pytest.fail(errors.text)


def test_a_changed_scenario_starts_anew_and_the_others_go_on(here, write):
    script = "rules: [{replies: [One, Two], then: repeat}]"
    folder = write(a=script, b=script)

    def visit(url, errors):
        assert said(f"{url}/a/v1/chat/completions") == said(f"{url}/b/v1/chat/completions") == "One"
        change_until(errors, "reloaded a\n", lambda: write(a=f"{script}\nabout: changed"))
        assert said(f"{url}/a/v1/chat/completions", n=1) == "One"
        assert said(f"{url}/b/v1/chat/completions", n=1) == "Two"

    assert here(folder, "--port", 0, "--quiet", visit=visit)[0] == 0


def test_an_open_exchange_goes_on_over_a_reload(here, write):
    slow = "rules: [{replies: [{events: [one, two, '[DONE]'], faults: [{stall: {at: {frame: 1}, for: 2s}}]}]}]"
    folder = write(a=slow)

    def visit(url, errors):
        with opened(url) as client:
            text = read_until(client, b"data: one")
            change_until(errors, "reloaded a\n", lambda: write(a=HELLO))
            text += read_until(client, b"data: [DONE]")
        assert [line for line in text.split(b"\r\n") if line.startswith(b"data")] == [
            b"data: one\n\n",
            b"data: two\n\n",
            b"data: [DONE]\n\n",
        ]

    assert here(folder, "--port", 0, "--quiet", visit=visit)[0] == 0


def read_until(client, part):
    """What arrives, up to a part and the rest of its chunk."""
    found = b""
    while part not in found or not found.endswith(b"\r\n"):
        piece = client.recv(65_536)
        assert piece, found
        found += piece
    return found


@contextmanager
def process(*arguments, **environment):
    """A server as a process of its own, and the line that it printed."""
    command = [sys.executable, "-m", "mockllm", "serve", *map(str, arguments)]
    settings = {**os.environ, **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=settings) as server:
        try:
            yield server, server.stdout.readline().rstrip("\n")
        finally:
            server.kill()


def test_the_environment_configures_everything(write):
    environment = {
        "MOCKLLM_PATH": str(write(mine=HELLO)),
        "MOCKLLM_PORT": "0",
        "MOCKLLM_HOST": "0.0.0.0",
        "MOCKLLM_JSON": "1",
        "MOCKLLM_SCENARIO": "{name: given, rules: [{replies: [Inline]}]}",
        "MOCKLLM_LOG_FORMAT": "json",
        "MOCKLLM_QUIET": "1",
        "MOCKLLM_RELOAD": "0",
    }
    with process(**environment) as (server, line):
        url = json.loads(line)["url"]
        assert url.startswith("http://127.0.0.1:")
        assert said(f"{url}/v1/chat/completions") == "Inline"
        server.send_signal(signal.SIGINT)
        out, errors = server.communicate(timeout=PATIENCE_S)
    assert (server.returncode, out) == (0, "")
    assert [json.loads(line)["event"] for line in errors.splitlines()] == ["serving", "stopping"]


@pytest.mark.wall_clock
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_at_once_with_many_open_streams(write, number):
    """Within 10 s, where each of 200 streams has an hour to go."""
    slow = "rules: [{replies: [{events: [one, two], faults: [{stall: {at: {frame: 1}, for: 1h}}]}]}]"
    with process(write(a=slow), "--port", 0) as (server, url):
        clients = [opened(url) for _ in range(200)]
        for client in clients:
            assert client.recv(12).startswith(b"HTTP/1.1 200")
        start = time.monotonic()
        server.send_signal(number)
        _, errors = server.communicate(timeout=PATIENCE_S)
        assert time.monotonic() - start < 10
        for client in clients:
            client.close()
    assert server.returncode == 0
    assert errors.count("server stopped") == 200


def opened(url):
    """A client that has asked for a stream."""
    host, _, port = url.removeprefix("http://").partition(":")
    client = socket.create_connection((host, int(port)), PATIENCE_S)
    body = json.dumps({**BODY, "stream": True}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    client.sendall(head.encode() + body)
    return client


def control(url, path, token=None):
    """The status and the JSON of a call of the control API."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url + path, headers=headers), timeout=PATIENCE_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.status, json.load(error)


def test_the_control_api_is_there_and_counts_what_was_asked(here, write):
    def visit(url, _errors):
        ask(f"{url}/v1/chat/completions")
        assert control(url, "/_mockllm/ready") == (200, {"ready": True, "scenarios": 1, "default": "mine"})
        with urllib.request.urlopen(f"{url}/_mockllm/metrics", timeout=PATIENCE_S) as answer:
            assert 'exchanges_total{scenario="mine",status="200",outcome="complete"} 1' in answer.read().decode()

    code, errors = here(write(mine=HELLO), "--port", 0, visit=visit)
    assert code == 0
    assert not re.search("_mockllm/(ready|metrics)", errors)


def test_the_control_api_may_need_a_token_from_the_environment(here, write, monkeypatch):
    monkeypatch.setenv("MOCKLLM_CONTROL_TOKEN", "secret")

    def visit(url, _errors):
        assert control(url, "/_mockllm/health")[0] == 200
        assert control(url, "/_mockllm/scenarios")[0] == 401
        assert control(url, "/_mockllm/scenarios", "secret")[0] == 200

    assert here(write(mine=HELLO), "--port", 0, visit=visit)[0] == 0


def test_the_control_api_may_have_a_port_of_its_own(here, write):
    def visit(line, _errors):
        told = json.loads(line)
        assert set(told) == {"url", "control_url"}
        assert control(told["control_url"], "/_mockllm/scenarios")[0] == 200
        assert control(told["url"], "/_mockllm/scenarios")[0] == 404
        assert said(f"{told['url']}/v1/chat/completions") == "Hello"

    assert here(write(mine=HELLO), "--port", 0, "--control-port", 0, "--json", visit=visit)[0] == 0


def test_a_control_port_that_is_taken_ends_the_command(here, write):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, errors = here(write(mine=HELLO), "--port", 0, "--control-port", taken.getsockname()[1])
    assert code == serve.CANNOT_LISTEN
    assert "another program listens there" in errors
