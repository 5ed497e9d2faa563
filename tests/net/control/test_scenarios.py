"""The scenarios of a server that runs."""

import pytest

from mockllm.control import scenarios
from mockllm.control.base import Nothing
from mockllm.control.scenarios import CheckScenario, NamedScenario, PutScenario, ScenarioInfo, ScenarioList, Source
from mockllm.net.control import scenarios as actions
from mockllm.scenario.library import Entry, Library

YO = "rules: [{name: greet, replies: [yo]}]"


def put(**fields):
    return PutScenario(**{"name": "x", "scenario": YO, **fields})


def test_a_scenario_is_told_in_a_few_words(call):
    assert call(scenarios.LIST, Nothing()) == ScenarioList(scenarios=("hello",), default="hello")
    assert call(scenarios.GET, NamedScenario(name="hello")) == ScenarioInfo(
        name="hello", about="says hi", source=("here",), seed=0, rules=("rules[0]",), default=True, added=False
    )


def test_one_that_is_added_is_served_under_its_name(call, ask):
    told = call(scenarios.PUT, put())
    assert (told.name, told.rules, told.default, told.added) == ("x", ("greet",), False, True)
    assert '"yo"' in ask("x")[1]
    assert '"hi"' in ask()[1]


def test_it_may_become_the_default(call, ask):
    assert call(scenarios.PUT, put(default=True, scenario={"rules": [{"replies": ["yo"]}]})).default
    assert '"yo"' in ask()[1]


def test_replacing_it_begins_anew(call, ask):
    call(scenarios.PUT, put(scenario="rules: [{replies: [one, two]}]"))
    assert '"one"' in ask("x")[1]
    call(scenarios.PUT, put(scenario="rules: [{replies: [three, four]}]"))
    assert '"three"' in ask("x")[1]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("x", "rules: [{replis: [yo]}]", "x:1:9: rules[0].replies: the key 'replies' is missing"),
        ("x", "name: y\n", "the scenario is called 'y' and the path says 'x'"),
        ("v1", "rules: []", "this cannot be a scenario's name"),
        ("a b", "rules: []", "this cannot be a scenario's name"),
        ("x", {"rules": 1}, "rules: expected a list, found 1"),
    ],
)
def test_a_scenario_that_cannot_be_used_is_told_all_that_is_wrong(refusal, name, text, words):
    refused = refusal(scenarios.PUT, put(name=name, scenario=text))
    assert (refused.status, refused.code) == (422, "wrong_scenario")
    assert words in str(refused)


def test_there_is_room_for_so_many(call, refusal, monkeypatch):
    monkeypatch.setattr(actions, "MOST_SCENARIOS", 1)
    call(scenarios.PUT, put())
    call(scenarios.PUT, put())  # the same again is no more
    refused = refusal(scenarios.PUT, put(name="y"))
    assert (refused.status, refused.code) == (409, "too_many_scenarios")
    call(scenarios.DELETE, NamedScenario(name="x"))
    call(scenarios.PUT, put(name="y"))


def test_checking_keeps_nothing(call):
    told = call(scenarios.CHECK, CheckScenario(scenario="name: fine\nrules: [{replies: [yo]}]"))
    assert (told.valid, told.name, told.problems) == (True, "fine", ())
    told = call(scenarios.CHECK, CheckScenario(scenario={"rules": [{}]}))
    assert (told.valid, told.name, [it.path for it in told.problems]) == (False, None, ["rules[0].replies"])
    told = call(scenarios.CHECK, CheckScenario(scenario="seed: x"))
    (problem,) = told.problems
    assert (problem.path, problem.line, problem.column) == ("seed", 1, 7)
    assert call(scenarios.LIST, Nothing()).scenarios == ("hello",)


def test_only_what_was_added_can_be_deleted(call, refusal, ask):
    call(scenarios.PUT, put(default=True))
    assert call(scenarios.DELETE, NamedScenario(name="x")) == ScenarioList(scenarios=("hello",), default=None)
    assert ask("x")[0] == 404
    refused = refusal(scenarios.DELETE, NamedScenario(name="hello"))
    assert (refused.status, refused.code) == (409, "not_added")
    refused = refusal(scenarios.DELETE, NamedScenario(name="x"))
    assert (refused.status, refused.code) == (404, "no_such_scenario")
    assert refusal(scenarios.GET, NamedScenario(name="x")).status == 404


def test_the_text_of_one_that_was_added_is_kept_as_it_came(call):
    call(scenarios.PUT, put())
    assert call(scenarios.SOURCE, NamedScenario(name="x")) == Source(
        name="x", file=None, text=YO, problems=(), served=True
    )
    call(scenarios.PUT, put(scenario={"rules": [{"replies": ["hi"]}]}))
    assert call(scenarios.SOURCE, NamedScenario(name="x")).text is None
    assert call(scenarios.SOURCE, NamedScenario(name="hello")).text is None


def test_one_that_is_not_there_has_no_text(refusal):
    assert refusal(scenarios.SOURCE, NamedScenario(name="nothing")).status == 404


def test_a_file_is_told_as_it_is_now_with_what_is_wrong_in_its_place(served, call, tmp_path):
    (tmp_path / "group").mkdir()
    path = tmp_path / "group" / "mine.yaml"
    path.write_text(YO)
    served._engine.library = Library.of_paths([tmp_path])
    asked = NamedScenario(name="mine")
    assert call(scenarios.SOURCE, asked) == Source(
        name="mine", file="group/mine.yaml", text=YO, problems=(), served=True
    )
    path.write_bytes(b"\xef\xbb\xbfseed: 1\nrulez: 1\n# \xff")
    told = call(scenarios.SOURCE, asked)
    assert (told.text, told.served) == ("seed: 1\nrulez: 1\n# \ufffd", False)
    assert told.problems != ()
    path.write_text("seed: 1\nrulez: 1\n")
    (problem,) = call(scenarios.SOURCE, asked).problems
    assert (problem.line, problem.column, problem.path) == (2, 1, "rulez")
    path.unlink()
    told = call(scenarios.SOURCE, asked)
    assert (told.text, told.served) == (None, False)
    assert "cannot be read" in told.problems[0].message


def test_a_file_that_was_found_wrong_is_marked(served, call, refusal, tmp_path):
    (tmp_path / "mine.yaml").write_text("seed: x")
    (tmp_path / "yours.yaml").write_text("seed: 1")
    served._engine.library = Library.of_paths([tmp_path])
    assert call(scenarios.LIST, Nothing()).wrong == ()
    refusal(scenarios.GET, NamedScenario(name="mine"))
    assert call(scenarios.LIST, Nothing()).wrong == ("mine",)


def test_a_file_that_is_wrong_is_told_as_such(served, refusal, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("rules: 1")
    served._engine.library = Library({"broken": Entry(path, tmp_path)})
    refused = refusal(scenarios.GET, NamedScenario(name="broken"))
    assert (refused.status, refused.code) == (422, "wrong_scenario")
