"""The command in a process of its own, in front of a scripted endpoint."""

import json
import signal
import subprocess
import sys

import pytest
from openai import OpenAI

from mockllm.net.mock import MockLLM
from mockllm.scenario.load import load_file

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
