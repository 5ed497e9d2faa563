"""The command in a process of its own, in front of a scripted endpoint."""

import json
import re
import signal
import socket
import subprocess
import sys
from urllib.parse import quote, urlencode

import pytest
from openai import OpenAI

from mockllm.net.mock import MockLLM
from mockllm.scenario.load import load_file

PATIENCE_S = 60
KEY = "sk-proj-planted-0123456789"
UP = """
name: up
rules:
  - when: {user: key}
    replies: [{text: [Your, " key is ", sk-proj-pl, anted-0123, "456789"]}]
  - replies: [Hello]
"""


class Recording:
    """The command while it runs."""

    def __init__(self, *arguments):
        command = [sys.executable, "-m", "mockllm", "record", "--port", "0", "--json", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        self.url = json.loads(self.process.stdout.readline())["url"]
        return self

    def __exit__(self, *error):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0

    def ask(self, said="Hi"):
        return ask(self.url, said)


def ask(url, said):
    with OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client:
        messages = [{"role": "user", "content": said}]
        chunks = client.chat.completions.create(model="m", messages=messages, stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_once_records_and_then_only_answers(tmp_path):
    file = tmp_path / "rec.yaml"
    with MockLLM(UP) as up:
        with Recording("--upstream", up.url + "/v1", "-o", file) as recording:
            assert recording.ask() == "Hello"
            assert recording.ask("my key") == "Your key is " + KEY
        assert len(up.journal) == 2
        with Recording("--upstream", up.url + "/v1", "-o", file) as recording:
            assert recording.ask() == "Hello"
            with pytest.raises(Exception, match="no rule of scenario 'rec' matches"):
                recording.ask("something else")
        assert len(up.journal) == 2
    assert KEY not in file.read_text()
    assert "planted" not in file.read_text()
    with MockLLM(file) as replay:
        assert ask(replay.url, "my key").startswith("Your key is redacted")


def test_new_asks_only_for_what_nothing_answers_and_all_begins_anew(tmp_path):
    (tmp_path / "own.yaml").write_text("rules: [{when: {user: mine}, replies: [Own]}]")
    with MockLLM(UP) as up:
        for _ in range(2):
            with Recording(
                "--upstream", up.url + "/v1", "--mode", "new", "--path", tmp_path, "--cassette"
            ) as recording:
                assert [recording.ask("mine"), recording.ask(), recording.ask()] == ["Own", "Hello", "Hello"]
        assert len(up.journal) == 1
        assert len(load_file(tmp_path / "recorded.yaml").rules) == 1
        file = tmp_path / "recorded.yaml"
        with Recording("--upstream", up.url + "/v1", "--mode", "all", "-o", file, "--key", KEY) as recording:
            recording.ask("another")
        assert load_file(file).rules[0].when.last.equals == "another"
    with Recording("--mode", "none", "-o", file) as recording:
        assert recording.ask("another") == "Hello"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "where to? Give -o FILE"),
        (["-o", "x.txt"], "no name of a scenario file"),
        (["-o", "x.yaml"], "--mode once asks an endpoint: give --upstream"),
        (["-o", "x.yaml", "--mode", "none", "--redact", "$["], "--redact: "),
    ],
)
def test_wrong_usage_is_told(run, arguments, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run("record", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


PLANTED = {
    "bearer": "bearer/Planted+value=0",
    "alike": "sk-proj-planted-0123456789",
    "header": "header/Planted+value=1",
    "cookie": "cookie-planted-value",
    "query": "query/Planted+value=2",
}
QUOTED = ", ".join(PLANTED.values())
PIECES = [QUOTED[start : start + 3] for start in range(0, len(QUOTED), 3)]
SAID, TOKENS = json.dumps(QUOTED), json.dumps(PIECES)
LEAKING = f"""
name: up
rules:
  - {{when: {{user: stream}}, replies: [{{text: {TOKENS}}}]}}
  - {{when: {{user: chunk}}, replies: [{{text: {SAID}, faults: [{{chunked: {{bytes: 5}}}}]}}]}}
  - {{when: {{user: refuse}}, replies: [{{error: {{status: 401, message: {SAID}}}}}]}}
  - {{when: {{user: raw}}, replies: [{{raw: {{status: 502, headers: {{x-echo: {SAID}}}, body: {SAID}}}}}]}}
  - when: {{user: break}}
    replies: [{{text: {TOKENS}, faults: [{{error_event: {{at: {{frame: 9}}, error: {{message: {SAID}}}}}}}]}}]
  - {{when: {{user: cut}}, replies: [{{text: {TOKENS}, faults: [{{reset: {{at: {{frame: 20}}}}}}]}}]}}
  - {{when: {{user: wait}}, replies: [{{text: {TOKENS}, faults: [{{gate: {{name: half, at: {{frame: 20}}}}}}]}}]}}
"""


def started(url, said):
    """A client that has asked, with keys in every place that has one; what comes is read from it."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    client = socket.create_connection((host, int(port)), PATIENCE_S)
    messages = [{"role": "user", "content": said}]
    body = json.dumps({"model": "m", "stream": True, "messages": messages, "metadata": {"note": QUOTED}}).encode()
    query = urlencode({"api-key": PLANTED["query"]})
    head = [
        f"POST /v1/chat/completions?{query} HTTP/1.1", "host: x", "content-type: application/json",
        f"authorization: Bearer {PLANTED['bearer']}", f"x-auth-token: {PLANTED['header']}",
        f"cookie: session={PLANTED['cookie']}", "connection: close", f"content-length: {len(body)}", "", "",
    ]  # fmt: skip
    client.sendall("\r\n".join(head).encode() + body)
    return client


def read_all(client):
    found = b""
    with client:
        try:
            while piece := client.recv(65_536):
                found += piece
        except ConnectionResetError:
            pass
    return found


def whole(answer):
    """An answer, and the text that its chunks make together, as far as either came."""
    bodies = re.sub(rb"\r\n[0-9a-f]+\r\n", b"", answer)
    return answer + bodies + b"".join(re.findall(rb'"content":"([^"]*)"', answer))


def leaks(folder):
    """The files in which a planted value stands, as it is or as a URL or JSON writes it; hidden ones too."""
    forms = {form for value in PLANTED.values() for form in (value, quote(value, safe=""), value.replace("/", "\\/"))}
    found = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found
    return {name for name, data in found.items() if any(form.encode() in data for form in forms) or b"lanted" in data}


@pytest.mark.parametrize("cassette", [[], ["--cassette"]], ids=["inline", "cassette"])
def test_no_key_is_in_any_file_wherever_it_was_planted_and_a_killed_recorder_leaves_what_was_complete(
    tmp_path, cassette
):
    file = tmp_path / "rec.yaml"
    asked = ["stream", "chunk", "refuse", "raw", "break", "cut"]
    with MockLLM(LEAKING) as up:
        recording = Recording("--upstream", f"{up.url}/v1", "-o", file, *cassette)
        url = json.loads(recording.process.stdout.readline())["url"]
        for said in asked:
            assert b"lanted" in whole(read_all(started(url, said))), said
        with started(url, "wait") as waiting:
            found = b""
            while b'"content"' not in found:
                found += waiting.recv(65_536)
            recording.process.kill()
            out, errors = recording.process.communicate(timeout=PATIENCE_S)
        assert recording.process.returncode == -signal.SIGKILL
        assert leaks(tmp_path) == set()
        assert "lanted" not in out + errors
        # The one that was still running had begun after the others were kept, and is not there.
        assert len(load_file(file).rules) == len(asked)
    check = [sys.executable, "-m", "mockllm", "check", str(tmp_path)]
    assert subprocess.run(check, capture_output=True, check=False, timeout=PATIENCE_S).returncode == 0
    with MockLLM(file) as replay:
        answers = [read_all(started(replay.url, said)) for said in asked]
    assert [answer.split()[1] for answer in answers] == [b"200", b"200", b"401", b"502", b"200", b"200"]
    assert all(b"redacted" in whole(answer) and b"lanted" not in whole(answer) for answer in answers)


@pytest.mark.parametrize("cassette", [[], ["--cassette"]], ids=["inline", "cassette"])
def test_a_recorder_that_is_killed_while_it_writes_leaves_a_valid_file(tmp_path, cassette):
    """Killed as soon as the client has read so many answers, when others are being written."""
    with MockLLM("rules: [{replies: [Hello]}]") as up:
        for count in (1, 4, 9):
            file = tmp_path / f"rec{count}.yaml"
            recording = Recording("--upstream", f"{up.url}/v1", "-o", file, *cassette)
            url = json.loads(recording.process.stdout.readline())["url"]
            clients = [started(url, f"question {number}") for number in range(20)]
            for client in clients[:count]:
                read_all(client)
            recording.process.kill()
            recording.process.communicate(timeout=PATIENCE_S)
            for client in clients[count:]:
                client.close()
            # Those that were read to their end are kept, but perhaps the last one: its end is sent before it is kept.
            assert count - 1 <= len(load_file(file).rules) <= 20 if file.exists() else count == 1
            if file.exists():
                again = Recording("--upstream", f"{up.url}/v1", "--mode", "new", "-o", file, *cassette)
                with again as going_on:
                    assert going_on.ask("one more") == "Hello"
                load_file(file)
