"""A driver gets a scenario of its own for each exercise, and cannot reach anything else unnoticed."""

import sys
from pathlib import Path

import pytest

from tests.frameworks.clients import CLIENTS, EXERCISES, FOLDER, Client, Variant
from tests.frameworks.expected import Sent, judge
from tests.frameworks.install import REQUIREMENTS
from tests.frameworks.play import Stage

CLIENT = Client("c", "C", "c", "c.py", (), (Variant("sync", "chat"), Variant("async", "chat")))

DRIVER = f"""
import json, os, socket, sys, urllib.request
sys.path.insert(0, {str(FOLDER / "drivers")!r})
from common import KEY, QUESTION, Unsupported, drive

class Played:
    def __init__(self, base_url):
        self.base_url = base_url

    def text(self):
        body = {{"model": "m", "messages": [{{"role": "user", "content": QUESTION}}]}}
        request = urllib.request.Request(
            self.base_url + "/chat/completions", json.dumps(body).encode(), {{"content-type": "application/json"}}
        )
        print("what a framework prints")
        with urllib.request.urlopen(request) as answer:
            return {{"text": json.load(answer)["choices"][0]["message"]["content"]}}

    def stream(self):
        raise Unsupported("no streams")

    async def usage(self):
        urllib.request.urlopen(self.base_url + "/models").close()
        return {{"usage": os.environ.get("OPENAI_API_KEY")}}

    def structured(self):
        socket.create_connection(("away.invalid", 80))

    def tool_round_trip(self):
        socket.socket().connect(("192.0.2.1", 80))

    def fatal_error(self):
        try:
            urllib.request.urlopen(self.base_url + "/nothing")
        except urllib.error.HTTPError as error:
            error.status_code = error.code
            raise ValueError("wrapped") from error

    def parallel_tools(self):
        os._exit(3)

drive(lambda variant, base_url: Played(base_url))
"""


@pytest.fixture(scope="module")
def stage():
    with Stage() as running:
        yield running


@pytest.fixture
def play(stage, tmp_path, monkeypatch):
    """What comes of an exercise with the driver above."""
    driver = tmp_path / "driver.py"
    driver.write_text(DRIVER)

    def play(exercise, *variants, code=None):
        if code is not None:
            driver.write_text(code)
        found = stage.play(CLIENT, variants or ("sync",), [sys.executable, str(driver)], [exercise])
        return [row[exercise] for row in found.values()]

    monkeypatch.setenv("OPENAI_API_KEY", "of-this-machine")
    monkeypatch.setenv("HTTPS_PROXY", "http://192.0.2.1:1")
    return play


def test_the_answer_is_that_of_the_exercise_and_the_call_is_seen(play):
    for played in play("text", "sync", "async"):
        assert played.seen["text"] == "Paris is the capital of France."
        assert played.sent == (Sent("chat"),)
        assert "what a framework prints" in played.complaint
        assert judge("text", "chat", played.seen, played.sent).word == "ok"


def test_what_a_framework_has_no_feature_for_is_told(play):
    assert play("stream")[0].seen["unsupported"] == "no streams"


def test_settings_of_this_machine_do_not_reach_a_driver_and_a_list_of_models_is_no_call(play):
    (played,) = play("usage")
    assert played.seen["usage"] is None
    assert played.sent == ()


@pytest.mark.parametrize(("exercise", "host"), [("structured", "away.invalid"), ("tool_round_trip", "192.0.2.1:80")])
def test_another_machine_is_not_reached_and_the_attempt_is_noted(play, exercise, host):
    (played,) = play(exercise)
    assert played.seen["error"]["type"] == "ConnectionRefusedError"
    assert played.seen["outside"] == [host]


def test_what_goes_to_a_proxy_is_refused_and_noted(play):
    code = "import urllib.request\nurllib.request.urlopen('http://away.invalid/prices.json')"
    (played,) = play("text", code=code)
    assert played.seen["asked of a proxy"] == ["GET http://away.invalid/prices.json"]
    assert "403" in played.complaint


def test_the_status_of_an_error_may_stand_in_its_cause(play):
    assert play("fatal_error")[0].seen["error"] == {"type": "ValueError", "message": "wrapped", "status": 404}


def test_a_driver_that_dies_says_so(play):
    assert play("parallel_tools")[0].seen["died"] == "the driver ended with 3"


def test_a_driver_that_hangs_is_ended(play, monkeypatch):
    monkeypatch.setattr("tests.frameworks.play.LIMIT_S", 1)
    assert play("text", code="import time\ntime.sleep(60)")[0].seen["died"] == "the driver had no end after 1 s"


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.id)
def test_every_client_has_its_driver_and_its_requirements(client):
    assert client.path.is_file()
    assert client.kind == "node" or (REQUIREMENTS / f"{client.place}.txt").is_file()
    assert len({variant.id for variant in client.variants}) == len(client.variants)
    assert [variant for batch in client.batches for variant in batch] == list(client.variants)


def test_every_requirements_file_and_every_scenario_is_used():
    assert {path.stem for path in REQUIREMENTS.glob("*")} == {client.place for client in CLIENTS} - {"node"}
    assert {path.stem for path in (FOLDER / "exercises").iterdir()} == set(EXERCISES)


def test_the_drivers_know_the_exercises_by_the_same_names():
    source = Path(FOLDER / "drivers" / "common.py").read_text()
    names = source.partition("EXERCISES = (")[2].partition(")")[0]
    assert tuple(name.strip(' ",') for name in names.split()) == EXERCISES
