import json

import pytest

from mockllm.cassette import Chunk, Recorded, Tape, line_of, tapes_of
from mockllm.cli import taping
from mockllm.cli.taping import Taping
from mockllm.errors import MockLLMError, Problem, ScenarioError
from mockllm.recording.redact import Redaction
from mockllm.request import Call, Headers
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_file

KEY = "sk-proj-planted-0123456789"


def tape(said, answer="Ho", path="/v1/chat/completions"):
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": said}]}).encode()
    headers = Headers((("authorization", f"Bearer {KEY}"), ("content-type", "application/json")))
    return Tape(Call("POST", path, headers=headers, body=body), Recorded(200, chunks=(Chunk(0, answer.encode()),)))


def taping_to(path, *, cassette=False, again=True):
    return Taping(path, Library(), Redaction(), cassette=cassette, again=again)


def test_after_each_exchange_the_file_is_a_whole_scenario(tmp_path):
    path = tmp_path / "deep" / "rec.yaml"
    library = Library()
    to = Taping(path, library, Redaction(), cassette=False, again=True)
    for count in (1, 2, 3):
        to.record(tape(f"said {count}", KEY))
        assert len(load_file(path).rules) == count == len(library.get("rec").rules)
        assert KEY not in path.read_text()
    assert [file.name for file in path.parent.iterdir()] == ["rec.yaml"]


def test_a_recording_goes_on_and_keeps_what_it_has(tmp_path):
    path = tmp_path / "rec.yaml"
    path.write_text("about: Mine.\nrules: [{replies: [x], when: {user: a}}]")
    taping_to(path).record(tape("Hi"))
    scenario = load_file(path)
    assert (scenario.about, len(scenario.rules)) == ("Mine.", 2)
    taping_to(path, again=False).record(tape("Hi"))
    assert len(load_file(path).rules) == 1


def test_a_cassette_grows_and_loses_a_line_that_was_interrupted(tmp_path):
    path, cassette = tmp_path / "rec.yaml", tmp_path / "rec.jsonl"
    taping_to(path, cassette=True).record(tape("one", KEY))
    with cassette.open("ab") as file:
        file.write(line_of(tape("half"))[:50])
    assert load_file(path).rules[0].replies[0].replay.recorded.status == 200
    to = taping_to(path, cassette=True)
    to.record(tape("two", "second"))
    tapes = tapes_of(cassette.read_bytes(), "rec.jsonl")
    assert [it.answer.body for it in tapes] == [b"redacted" + b"x" * (len(KEY) - 8), b"second"]
    assert load_file(path).rules[1].replies[0].replay.recorded.body == b"second"
    assert KEY.encode() not in cassette.read_bytes()
    taping_to(path, cassette=True, again=False).record(tape("three"))
    assert len(tapes_of(cassette.read_bytes(), "rec.jsonl")) == 1


def test_what_cannot_be_kept_changes_nothing(tmp_path, monkeypatch):
    path = tmp_path / "rec.yaml"
    to = taping_to(path)
    with pytest.raises(MockLLMError, match="only passed on"):
        to.record(tape("Hi", path="/v1/nonsense"))
    assert not path.exists()
    to.record(tape("Hi"))
    before = path.read_text()

    def refuse(_text, source):
        raise ScenarioError((Problem("too much"),))

    monkeypatch.setattr(taping, "read", refuse)
    with pytest.raises(MockLLMError, match=r"too large .*record with --cassette"):
        to.record(tape("Ho"))
    assert path.read_text() == before


def test_a_file_that_is_wrong_is_not_gone_on_with(tmp_path):
    path = tmp_path / "rec.yaml"
    path.write_text("[1]")
    with pytest.raises(ScenarioError):
        taping_to(path)
