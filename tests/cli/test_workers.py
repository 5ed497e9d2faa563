"""Several processes on one port: who starts them, who starts others for those that die, and how it all ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from mockllm.cli.log import Log
from mockllm.cli.workers import MOST_EARLY_DEATHS, WORKERS_DIE, Workers, command_of, is_led, new_group, reserved
from mockllm.errors import MockLLMError

PATIENCE_S = 60
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}

# A worker of these tests: what it does is in its first argument, and its number in the second.
WORKER = """
import signal, sys
what, number = sys.argv[1:3]
if what == "dies":
    sys.exit(7)
print(f"line of {number}", flush=True)
if what == "serves" or number != "1":
    signal.pause()
"""


class Lines(list):
    """Lines of a log that can be waited for."""

    def __init__(self):
        self.more = threading.Condition()

    def __call__(self, line):
        with self.more:
            self.append(line)
            self.more.notify_all()

    def wait_for(self, part):
        with self.more:
            assert self.more.wait_for(lambda: any(part in line for line in self), PATIENCE_S), list(self)


@contextmanager
def running(what, count=2):
    """Workers that run in a thread; gives them, the log, the lines of `ready`, and after the end the exit code."""
    log, ready, stop, codes = Lines(), Lines(), threading.Event(), []
    workers = Workers(count, lambda number: [sys.executable, "-c", WORKER, what, str(number)], {}, Log(log))
    thread = threading.Thread(target=lambda: codes.append(workers.run(stop, ready)))
    thread.start()
    try:
        yield workers, log, ready, codes, thread
    finally:
        stop.set()
        thread.join(PATIENCE_S)


def test_one_line_is_told_when_all_serve_and_the_end_is_orderly():
    with running("serves") as (workers, log, ready, codes, _):
        ready.wait_for("line of")
        assert len(ready) == 1
        processes = [worker.process for worker in workers._workers.values()]
    assert codes == [0]
    assert [process.returncode for process in processes] == [-signal.SIGTERM] * 2
    assert log == []


def test_another_is_started_for_one_that_was_killed():
    with running("serves") as (workers, log, ready, codes, _):
        ready.wait_for("line of")
        os.kill(workers._workers[2].process.pid, signal.SIGKILL)
        log.wait_for("worker 2 was ended by SIGKILL: starting another")
    assert (codes, len(ready)) == ([0], 1)


def test_another_is_started_for_one_that_ended():
    with running("ends once") as (_, log, _ready, _codes, _thread):
        log.wait_for("worker 1 ended with exit code 0: starting another")


def test_a_worker_that_cannot_begin_ends_all_with_its_exit_code():
    with running("dies") as (_, _log, ready, codes, thread):
        thread.join(PATIENCE_S)
        assert (codes, ready) == ([7], [])


def test_workers_that_die_one_after_another_are_given_up():
    log = Lines()
    command = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    assert Workers(1, lambda _: command, {}, Log(log)).run(threading.Event(), print) == WORKERS_DIE == 4
    assert log[-1] == f"{MOST_EARLY_DEATHS} workers died before they served: giving up"
    assert len(log) == MOST_EARLY_DEATHS


def test_a_worker_that_does_not_stop_is_killed(monkeypatch):
    monkeypatch.setattr("mockllm.cli.workers._PATIENCE_S", 0.0)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); signal.pause()"
    stop, told = threading.Event(), []

    def ready(line):
        told.append(line)
        stop.set()

    workers = Workers(1, lambda _: [sys.executable, "-c", deaf], {}, Log(Lines()))
    assert workers.run(stop, ready) == 0
    assert told == ["1"]
    assert workers._workers[1].process.returncode == -signal.SIGKILL


def test_a_reserved_port_is_shared_only_with_who_asks_for_it():
    with reserved("127.0.0.1", 0) as port:
        assert port > 0
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.socket() as worker:
            worker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            worker.bind(("127.0.0.1", port))


def test_a_port_that_another_has_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        told = pytest.raises(MockLLMError, match=rf"listen on 127\.0\.0\.1:{port}, but .* Give another port")
        with told, reserved("127.0.0.1", port):
            pytest.fail("it was had")


def test_a_system_that_cannot_share_ports_says_so(monkeypatch):
    monkeypatch.delattr(socket, "SO_REUSEPORT")
    with pytest.raises(MockLLMError, match="cannot share a port: leave out --workers"), reserved("127.0.0.1", 0):
        pytest.fail("it was had")


def test_the_command_of_a_worker_has_no_secrets_in_it(tmp_path):
    assert command_of("mine", 3, [tmp_path]) == [
        sys.executable, "-m", "mockllm", "serve", str(tmp_path), "--worker", "mine/3",
    ]  # fmt: skip


def test_a_worker_knows_whether_its_parent_is_there():
    assert new_group().partition("-")[0] == str(os.getpid())
    assert is_led(f"{os.getppid()}-abc/1")
    assert not is_led("1-abc/1") or os.getppid() == 1
    assert not is_led(f"{os.getpid()}-abc/1")


@contextmanager
def serving(*arguments, **environment):
    """`mockllm serve`, the line that it printed, and its log afterwards."""
    command = [sys.executable, "-m", "mockllm", "serve", *map(str, arguments)]
    settings = {**os.environ, **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=settings) as server:
        try:
            yield server, server.stdout.readline().rstrip("\n")
        finally:
            server.kill()


def ask(url, path="/v1/chat/completions", body=BODY):
    """The status and the body of an answer, over a connection of its own."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_two_workers_give_identical_bytes_and_keep_nothing(write):
    folder = write(a="{seed: 3, rules: [{replies: [{generate: {tokens: 20}}]}]}")
    with serving(folder, "--workers", 2, "--port", 0) as (server, url):
        assert len({ask(url) for _ in range(20)}) == 1
        stored = {"model": "m", "input": "Hi", "previous_response_id": "resp_1"}
        status, body = ask(url, "/v1/responses", stored)
        assert status == 404
        assert "'resp_1' was asked for, but these workers keep nothing" in json.loads(body)["error"]["message"]
        status, body = ask(url, "/_mockllm/journal", None)
        assert (status, json.loads(body)["code"]) == (409, "no_common_state")
        assert ask(url, "/_mockllm/health", None)[0] == 200
        assert b'mockllm_open_exchanges{worker="' in ask(url, "/_mockllm/metrics", None)[1]
        server.terminate()
        log = server.stderr.read().splitlines()
        assert server.wait(PATIENCE_S) == 0
    assert (log[0], log[-1]) == ("serving a, by 2 workers", "SIGTERM: stopping")
    assert sum("POST /v1/chat/completions" in line for line in log) == 20


def test_workers_without_state_refuse_a_script_with_its_line(write, run):
    folder = write(a="rules:\n  - replies: [one, two]")
    found = run("serve", folder, "--workers", 2, "--port", 0)
    assert found.exit_code == 1
    assert "a.yaml:2:20: rules[0].replies[1]: a script of 2 replies goes on from where it was, and " in found.stderr


def test_options_reach_the_workers_and_a_control_port_is_shared_too(write):
    folder = write(a="rules: [{replies: [hi]}]")
    settings = {"MOCKLLM_CONTROL_TOKEN": "secret", "MOCKLLM_WORKERS": "2", "MOCKLLM_QUIET": "1"}
    with serving(folder, "--port", 0, "--control-port", 0, "--json", "--log-format", "json", **settings) as (
        server,
        it,
    ):
        urls = json.loads(it)
        assert urls["url"] != urls["control_url"]
        assert ask(urls["control_url"], "/_mockllm/scenarios", None)[0] == 401
        assert ask(urls["url"])[0] == 200
        server.terminate()
        told = [json.loads(line)["event"] for line in server.stderr.read().splitlines()]
    assert told == ["serving", "stopping"]


def test_a_port_in_use_is_told(write, run):
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = run("serve", write(a="{}"), "--workers", 2, "--port", other.getsockname()[1])
    assert found.exit_code == 3
    with socket.create_server(("127.0.0.1", 0)) as other:
        found = run("serve", write(a="{}"), "--workers", 2, "--port", 0, "--control-port", other.getsockname()[1])
    assert found.exit_code == 3


def test_workers_end_when_their_parent_is_killed(write):
    with serving(write(a="{}"), "--workers", 2, "--port", 0, "--json") as (server, line):
        url = json.loads(line)["url"]
        assert ask(url, "/_mockllm/health", None)[0] == 200
        server.kill()
        # Standard error is closed when the last of them has ended.
        server.stderr.read()
        with pytest.raises(urllib.error.URLError):
            ask(url, "/_mockllm/health", None)
