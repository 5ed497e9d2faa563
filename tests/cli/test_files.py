"""Finding scenarios by what is written on a command line."""

from pathlib import Path

import pytest

from mockllm.cli.files import files_at, library_of, problems_at, scenario_at, shown
from mockllm.errors import MockLLMError, Problem, ScenarioError

GOOD = "rules: [{replies: [Hi]}]"
BAD = "rulez: []\n"


def test_a_folder_stands_for_the_scenario_files_below_it(write):
    folder = write(b=GOOD, a=GOOD)
    (folder / "deep").mkdir()
    (folder / "deep" / "c.yml").write_text(GOOD)
    (folder / "notes.txt").write_text("not a scenario")
    (folder / ".hidden.yaml").write_text("not a scenario")
    assert files_at(folder) == [folder / "a.yaml", folder / "b.yaml", folder / "deep" / "c.yml"]


def test_a_file_stands_for_itself(write):
    assert files_at(write(a=GOOD) / "a.yaml") == [Path(write(a=GOOD) / "a.yaml")]


def test_a_folder_without_scenarios_is_a_problem(tmp_path):
    with pytest.raises(ScenarioError, match="no scenario files are in this folder"):
        files_at(tmp_path)


def test_a_path_that_is_not_there_is_a_problem_with_the_nearest_name(write):
    with pytest.raises(ScenarioError, match=r"did you mean 'weather\.yaml'"):
        files_at(write(weather=GOOD) / "wether.yaml")
    with pytest.raises(ScenarioError, match="no such file or folder: check the path"):
        files_at(Path("no/such/place"))


def test_every_problem_of_every_file_is_found(write, monkeypatch):
    monkeypatch.chdir(write(good=GOOD, bad=BAD, worse="a: 1\nb: 2\n"))
    files, problems = problems_at([Path(), Path("nowhere")])
    assert [file.name for file in files] == ["bad.yaml", "good.yaml", "worse.yaml"]
    assert [(problem.source, problem.line) for problem in problems] == [
        ("nowhere", None),
        ("bad.yaml", 1),
        ("worse.yaml", 1),
        ("worse.yaml", 2),
    ]


def test_two_files_of_one_name_cannot_stand_together(write):
    folder = write(a=GOOD)
    (folder / "deep").mkdir()
    (folder / "deep" / "a.yaml").write_text(GOOD)
    (problem,) = problems_at([folder])[1]
    assert "two files have the scenario name 'a'" in problem.message
    (problem,) = problems_at([folder / "a.yaml", folder / "deep"])[1]
    assert "two files have the scenario name 'a'" in problem.message


def test_without_paths_the_library_is_the_gallery(write):
    assert "hello" in library_of([]).names()
    assert library_of([write(mine=GOOD)]).names() == ("mine",)
    with pytest.raises(ScenarioError):
        library_of([Path("nowhere")])


def test_a_scenario_is_found_by_file_by_name_and_in_the_gallery(write):
    folder = write(mine=GOOD)
    assert scenario_at(str(folder / "mine.yaml"), []).name == "mine"
    assert scenario_at("mine", [folder]).name == "mine"
    assert scenario_at("hello", []).name == "hello"


def test_a_name_that_is_not_there_is_told_with_the_nearest(write):
    folder = write(weather=GOOD)
    with pytest.raises(MockLLMError, match="there is no scenario 'wether': did you mean 'weather'"):
        scenario_at("wether", [folder])
    with pytest.raises(MockLLMError, match=r"did you mean 'weather\.yaml'"):
        scenario_at(str(folder / "wether.yaml"), [])


def test_a_folder_is_no_scenario(write):
    with pytest.raises(MockLLMError, match="is a folder: name one scenario file in it"):
        scenario_at(str(write(a=GOOD)), [])


def test_a_scenario_that_is_wrong_is_told_with_its_place(write, monkeypatch):
    monkeypatch.chdir(write(bad=BAD))
    with pytest.raises(ScenarioError, match=r"^bad\.yaml:1:1: "):
        scenario_at("bad", [Path()])


def test_files_are_named_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown(Problem("x", source=str(tmp_path / "a" / "b.yaml"))).source == "a/b.yaml"
    assert shown(Problem("x", source="/elsewhere/b.yaml")).source == "/elsewhere/b.yaml"
    assert shown(Problem("x", source="b.yaml")).source == "b.yaml"
