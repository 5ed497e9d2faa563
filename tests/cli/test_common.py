"""`mockllm serve --workers 2 --state redis://...`: one state for all, whatever becomes of a worker or of Redis."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

PATIENCE_S = 60
REQUESTS = 60


class Server:
    """The command as a process: its URL, and the lines of its log, which can be waited for."""

    def __init__(self, process):
        self.process = process
        self.lines = []
        self._more = threading.Condition()
        threading.Thread(target=self._listen, daemon=True).start()
        self.url = json.loads(process.stdout.readline())["url"]

    def _listen(self):
        for line in self.process.stderr:
            with self._more:
                self.lines.append(line)
                self._more.notify_all()

    def wait_for(self, part, count=1):
        with self._more:
            assert self._more.wait_for(lambda: sum(part in line for line in self.lines) >= count, PATIENCE_S), "".join(
                self.lines
            )

    def workers(self):
        """The process ids of the workers, in the order of their numbers."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and _parent(entry) == self.process.pid:
                found[(entry / "cmdline").read_text().split("\0")[-2]] = int(entry.name)
        return [found[name] for name in sorted(found)]

    def ask(self, path="/v1/chat/completions", body=None, method="POST"):
        """The status and the JSON of an answer, over a connection of its own."""
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE_S)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, {"content-type": "application/json"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def wait_for_an_answer(self):
        """Return when some worker listens; there is a moment when the one that was killed was the only one."""
        while True:
            try:
                assert self.ask("/_mockllm/health", method="GET")[0] == 200
            except ConnectionError:
                continue
            return

    def say(self, text, path="/v1/chat/completions"):
        """What is said to this."""
        body = {"model": "m", "messages": [{"role": "user", "content": text}]}
        status, answer = self.ask(path, body)
        return answer["choices"][0]["message"]["content"] if status == 200 else (status, answer["error"])


def _parent(entry):
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


@contextmanager
def serving(redis_server, *arguments, workers=2):
    command = [sys.executable, "-m", "mockllm", "serve", *map(str, arguments)]
    options = ["--workers", str(workers), "--port", "0", "--quiet", "--json", "--state", redis_server.url]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def script(count):
    return json.dumps({"rules": [{"replies": [f"reply {number}" for number in range(count)]}]})


def test_every_step_of_a_script_is_taken_once_whoever_takes_it(redis_server, write):
    with serving(redis_server, write(a=script(REQUESTS))) as server, ThreadPoolExecutor(8) as clients:
        said = list(clients.map(lambda number: server.say(f"ask {number}"), range(REQUESTS)))
        assert sorted(said) == sorted(f"reply {number}" for number in range(REQUESTS))
        journal = server.ask("/_mockllm/journal", method="GET")[1]["exchanges"]
        assert len(journal) == REQUESTS
        assert [exchange["number"] for exchange in journal] == sorted({it["number"] for it in journal})
        assert {exchange["outcome"]["ending"] for exchange in journal} == {"complete"}


def test_a_worker_that_is_killed_loses_nothing_but_its_connections(redis_server, write):
    hour = {"text": "x", "faults": [{"stall": {"at": "start", "for": "1h"}}]}
    rules = [{"when": {"last": "wait"}, "replies": [hour]}, json.loads(script(20))["rules"][0]]
    text = json.dumps({"limits": {"concurrent": 1, "per": "namespace"}, "rules": rules})
    with serving(redis_server, write(a=text)) as server:
        before = [server.say(f"ask {number}") for number in range(5)]
        place = urlsplit(server.url)
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "wait"}]})
        waiting = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE_S)
        waiting.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
        arrived = {"event": "arrived", "when": {"last": "wait"}, "timeout_s": PATIENCE_S}
        assert server.ask("/_mockllm/events/wait", arrived)[1]["happened"] is True
        assert server.say("no place is free")[1]["code"] == "server_is_overloaded"
        # One of them plays the answer that waits: it is killed, and that place is free again.
        for killed, worker in enumerate(server.workers(), start=1):
            os.kill(worker, signal.SIGKILL)
            server.wait_for("was ended by SIGKILL: starting another", killed)
            server.wait_for_an_answer()
            try:
                waiting.sock.settimeout(0.5)
                waiting.getresponse()
            except TimeoutError:
                continue
            except (ConnectionError, http.client.HTTPException):
                break
        waiting.close()
        ended = {"event": "ended", "outcome": "worker lost", "timeout_s": PATIENCE_S}
        assert server.ask("/_mockllm/events/wait", ended)[1]["happened"] is True
        after = [server.say(f"ask again {number}") for number in range(5)]
        assert before + after == [f"reply {number}" for number in range(10)]
        told = [it["outcome"]["ending"] for it in server.ask("/_mockllm/journal", method="GET")[1]["exchanges"]]
        assert told == ["complete"] * 5 + ["worker lost", "complete"] + ["complete"] * 5


def recovered(server):
    """The journal, as soon as the worker that is asked has found Redis again."""
    while (found := server.ask("/_mockllm/journal", method="GET"))[0] == 503:
        pass
    return found[1]["exchanges"]


def test_without_redis_every_answer_is_a_503_until_it_is_there_again(redis_server, write):
    with serving(redis_server, write(a=script(9))) as server:
        assert server.say("one") == "reply 0"
        redis_server.pause()
        status, error = server.say("two")
        assert (status, error["type"], error["code"]) == (503, "server_error", "state_unreachable")
        assert f"the common state at {redis_server.url} cannot be reached since " in error["message"]
        assert "start Redis there, and this server goes on by itself" in error["message"]
        server.wait_for("cannot be reached since")
        status, problem = server.ask("/_mockllm/journal", method="GET")
        assert (status, problem["code"]) == (503, "state_unreachable")
        redis_server.go_on()
        server.wait_for("is there again after")
        while (said := server.say("three"))[0] == 503:
            pass
        assert said == "reply 1"
        outcomes = [it["outcome"]["ending"] for it in recovered(server)]
        assert outcomes == ["complete", "complete"]


def test_a_redis_that_comes_back_empty_begins_anew_and_says_so(redis_server, write):
    with serving(redis_server, write(a=script(9))) as server:
        assert [server.say("one"), server.say("two")] == ["reply 0", "reply 1"]
        redis_server.kill()
        assert server.say("three")[0] == 503
        redis_server.start()
        while (said := server.say("four"))[0] == 503:
            pass
        assert said == "reply 0"
        server.wait_for("is empty: all namespaces begin anew")
        assert len(recovered(server)) == 1


def test_a_changed_file_is_taken_up_by_every_worker_and_begins_anew(redis_server, write):
    folder = write(a=script(99))
    with serving(redis_server, folder) as server:
        assert [server.say("one"), server.say("two")] == ["reply 0", "reply 1"]
        write(a='{"rules": [{"replies": ["new"]}]}')
        # Each call is another connection, which any of the two may get.
        latest = []
        while latest[-20:] != ["new"] * 20:
            latest.append(server.say(f"again {len(latest)}"))
        write(a=script(9).replace("reply", "changed"))
        server.wait_for("reloaded a", count=2)
        while not (said := server.say("and again")).startswith("changed"):
            pass
        assert int(said.rpartition(" ")[2]) < 9


def test_health_says_that_the_state_is_gone(redis_server, write):
    with serving(redis_server, write(a=script(2)), workers=1) as server:
        assert server.ask("/_mockllm/health", method="GET") == (200, {"status": "ok"})
        redis_server.kill()
        server.wait_for("cannot be reached since")
        status, told = server.ask("/_mockllm/health", method="GET")
        assert (status, told["error"]["code"]) == (503, "state_unreachable")
        assert server.process.poll() is None


def test_a_place_that_cannot_be_reached_is_told_at_once(write, run):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = run("serve", write(a="{}"), "--workers", 2, "--state", f"redis://:secret@127.0.0.1:{port}/0")
    assert found.exit_code == 5
    assert f"asked to keep its state at redis://127.0.0.1:{port}/0, but the common state" in found.stderr
    assert "secret" not in found.stderr


@pytest.mark.parametrize("place", ["here", "http://127.0.0.1/", "redis://127.0.0.1/0?prefix=a*b", "redis://h/0?x=1"])
def test_what_is_no_place_is_refused(write, run, place):
    found = run("serve", write(a="{}"), "--state", place)
    assert found.exit_code == 5
    assert "is no place of a common state: write redis://HOST:PORT/DB" in found.stderr


def test_what_a_former_run_left_is_forgotten(redis_server, write):
    folder = write(a=script(9))
    for _ in range(2):
        with serving(redis_server, folder, workers=1) as server:
            assert server.say("one") == "reply 0"
    server.wait_for("a former run has left ")


def test_two_servers_share_a_redis_under_names_of_their_own(redis_server, write):
    folder = write(a=script(9))
    with serving(redis_server, folder, workers=1) as one:
        mine = type("Place", (), {"url": f"{redis_server.url}?prefix=mine"})
        with serving(mine, folder, workers=1) as other:
            assert [one.say("x"), other.say("x"), one.say("y"), other.say("y")] == ["reply 0"] * 2 + ["reply 1"] * 2
