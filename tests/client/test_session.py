"""A run on a server elsewhere, as calls."""

import re
from pathlib import Path

import pytest

from mockllm.client.base import Place
from mockllm.client.session import Session, is_missing_default, quiet, run_name
from mockllm.control.base import ControlError
from mockllm.control.journal import Idle
from mockllm.errors import MockLLMError, ScenarioError
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.scenario.match import When
from mockllm.scenario.reply import CallReply

SESSION = Session(Place.of("http://h:1"), "run")
YAML = "rules: [{replies: [yo]}]"


def test_a_run_has_its_place_in_urls_and_its_namespace():
    assert (SESSION.base_url, SESSION.namespace) == ("http://h:1/@run/v1", "default@run")
    assert SESSION.itself().namespace == "default@run"


def test_clients_that_drop_the_path_find_the_run_by_their_key():
    assert SESSION.variables(None)["OPENAI_API_KEY"] == "sk-mock-@run"
    assert SESSION.variables(load_text(YAML))["OPENAI_BASE_URL"] == "http://h:1/@run/v1"
    assert SESSION.variables(load_text("auth: {keys: [sk-test]}"))["OPENAI_API_KEY"] == "sk-test"


def test_a_text_a_mapping_and_a_file_are_sent_as_they_are(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(f"{YAML}  # é", encoding="utf-8-sig")
    library = Library.of_paths([tmp_path])
    mapping = {"rules": [{"replies": ["yo"]}]}
    sent = {
        (it.scenario.name, it.bind.called, str(it.bind.scenario))
        for it in (SESSION.loading(source, library) for source in (YAML, mapping, path, str(path), "mine"))
    }
    assert sent == {
        ("scenario", "scenario", YAML),
        ("scenario", "scenario", str(mapping)),
        ("mine", "mine", f"{YAML}  # é"),
    }


@pytest.mark.parametrize("source", [load_text(YAML), {"rules": [{"replies": [CallReply(call=lambda _: "x")]}]}])
def test_what_only_python_has_cannot_be_sent(source):
    with pytest.raises(MockLLMError, match=r"elsewhere: (give its mapping|write it with mappings)"):
        SESSION.loading(source, Library())


def test_a_scenario_without_a_file_cannot_be_sent_by_its_name():
    library = Library({}, [Scenario(name="mine", rules=(Rule(replies=("yo",)),))])
    with pytest.raises(MockLLMError, match="a Scenario that was built in Python cannot be sent"):
        SESSION.loading("mine", library)


@pytest.mark.parametrize("source", ["rules: 1", {"rules": 1}, Path("missing.yaml"), "missing"])
def test_what_is_wrong_is_told_before_it_is_sent(source):
    with pytest.raises(ScenarioError):
        SESSION.loading(source, Library())


def test_only_a_name_can_be_one_that_the_server_knows():
    assert SESSION.named("mine").named == "mine"
    assert SESSION.named("a/b") is None
    assert SESSION.named({"rules": []}) is None


def test_an_event_is_asked_for_in_the_words_of_the_server():
    only = {"since": 3, "when": When.model_validate({"last": "hi"})}
    asked = SESSION.event("gate", 2, 1.5, "g", only)
    assert (asked.event, asked.count, asked.timeout_s, asked.gate) == ("gate", 2, 1.5, "g")
    assert (asked.namespace, asked.since, asked.when) == ("default@run", 3, {"last": {"contains": ("hi",)}})
    assert SESSION.event("ended", 1, 0, None, {"when": {"last": "hi"}}).when == {"last": "hi"}
    with pytest.raises(ValueError, match="there is no event 'endet'"):
        SESSION.event("endet", 1, 0, None, {})


def test_names_of_runs_are_their_words_and_differ_by_identity():
    name = run_name("tests/test_a.py::test_b[é-1]", 42)
    assert re.fullmatch(r"tests-test_a\.py-test_b--1-[0-9a-f]{12}", name)
    assert name == run_name("tests/test_a.py::test_b[é-1]", 42)
    assert len({name, run_name("tests/test_a.py::test_b[é-1]", 43), run_name("tests/test_a.py::test_b[e-1]", 42)}) == 3
    assert re.fullmatch(r"[0-9a-f]{12}", run_name("é"))
    assert len(run_name("x" * 500)) == 60 + 1 + 12


def test_what_is_open_is_told():
    quiet(Idle(idle=True, open=()), 1)
    with pytest.raises(TimeoutError, match=r"after 1.5 s these exchanges are still open:\n#1 POST /x\n#2 GET /y"):
        quiet(Idle(idle=False, open=("#1 POST /x", "#2 GET /y")), 1.5)


def test_a_server_without_a_default_is_told_from_other_refusals():
    assert is_missing_default(ControlError(404, "no_such_scenario", ""))
    assert not is_missing_default(ControlError(401, "wrong_token", ""))
