"""`mockllm sweep`: real servers, real commands."""

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

HELLO = "rules: [{replies: [{events: [one, '[DONE]']}]}]"
ASK = """
import os, urllib.request
request = urllib.request.Request(
    os.environ["OPENAI_BASE_URL"] + "/chat/completions",
    b'{"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": true}',
    {"content-type": "application/json", "authorization": "Bearer " + os.environ["OPENAI_API_KEY"]},
)
assert not any(name.lower().endswith("_proxy") and name.lower() != "no_proxy" for name in os.environ)
raise SystemExit(0 if b"[DONE]" in urllib.request.urlopen(request).read() else 3)
"""


def test_a_command_is_run_against_every_place(run, write, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    name = write(mine=HELLO) / "mine.yaml"
    result = run("sweep", name, "truncate", "--", sys.executable, "-c", ASK)
    assert result.exit_code == 1
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows == [
        ["mine.truncate.frame-0", "exit 3", "200 cut as scripted"],
        ["mine.truncate.frame-1", "exit 3", "200 cut as scripted"],
        ["mine.truncate.frame-2", "ok", "200 cut as scripted"],
        ["3 places, 2 failed"],
    ]


def test_for_machines_there_is_an_object_for_each_place(run, write):
    name = write(mine=HELLO) / "mine.yaml"
    result = run("sweep", name, "{stall: {for: 1ms}}", "--most", 1, "--json", "--", sys.executable, "-c", ASK)
    assert result.exit_code == 0
    (row,) = map(json.loads, result.stdout.splitlines())
    url = row.pop("url")
    assert url.endswith("/mine.stall.frame-0/v1")
    assert row == {"place": "mine.stall.frame-0", "command": "ok", "requests": ["200 complete"]}


@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal 9"),
        ("import threading; threading.Event().wait()", "over 0.2 s"),
        ("", "ok"),
    ],
)
def test_how_the_command_ended_is_told(run, write, code, ended):
    name = write(mine=HELLO) / "mine.yaml"
    result = run("sweep", name, "reset", "--most", 1, "--timeout", 0.2, "--", sys.executable, "-S", "-c", code)
    if ended == "ok":
        assert result.stdout.splitlines()[0].split("\t")[2] == "no request"
    else:
        assert result.stdout.splitlines()[0].split("\t")[1] == ended


def test_without_a_command_the_urls_are_printed_and_served(write):
    command = [sys.executable, "-m", "mockllm", "sweep", str(write(mine=HELLO) / "mine.yaml"), "truncate"]
    for extra, url_of in (([], str.strip), (["--json"], lambda line: json.loads(line)["url"])):
        with subprocess.Popen([*command, *extra], stdout=subprocess.PIPE, text=True) as server:
            try:
                urls = [url_of(server.stdout.readline()) for _ in range(3)]
                assert [url.rpartition("/")[0].rpartition(".")[2] for url in urls] == ["frame-0", "frame-1", "frame-2"]
                with urllib.request.urlopen(f"{urls[0]}/models") as answer:
                    assert answer.status == 200
                server.send_signal(signal.SIGTERM)
                assert server.wait(10) == 0
            finally:
                server.kill()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hello", "resett"], "there is no fault 'resett': did you mean 'reset'?"),
        (["hello", "[reset]"], "a fault is a kind such as reset, or YAML such as {reset: {}}, found '[reset]'"),
        (["helo", "reset"], "there is no scenario 'helo'"),
        (["hello", "reset", "--", "/no/such/program"], "the system refused"),
    ],
)
def test_what_is_wrong_is_told(run, arguments, message):
    result = run("sweep", *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
