from pathlib import Path

import pytest

from mockllm.errors import ScenarioError
from mockllm.scenario.document import Rule, Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.source import path_of, scenario_of

TEXT = "rules:\n  - replies: [hi]\n"


@pytest.fixture
def gallery(tmp_path: Path) -> Library:
    """Two groups with one scenario each, in a folder that is not the working directory."""
    for name in ("basics/greeting", "retries/limited"):
        path = tmp_path / "gallery" / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(f"about: {name}\n{TEXT}")
    return Library.of_paths([tmp_path / "gallery"])


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a project with scenario files of its own."""
    folder = tmp_path / "project"
    (folder / "basics").mkdir(parents=True)
    (folder / "own.yaml").write_text(f"about: own\n{TEXT}")
    (folder / "short.yml").write_text(f"about: short\n{TEXT}")
    (folder / "basics" / "mine.yaml").write_text(f"about: mine\n{TEXT}")
    (folder / "notes.txt").write_text("no scenario")
    monkeypatch.chdir(folder)
    return folder


def test_a_scenario_is_itself(gallery):
    scenario = Scenario(rules=(Rule.model_validate({"replies": ["hi"]}),))
    assert scenario_of(scenario, gallery) is scenario


def test_a_mapping_is_read_as_yaml_would_be(gallery):
    assert scenario_of({"name": "made", "rules": [{"replies": ["hi"]}]}, gallery).name == "made"


@pytest.mark.parametrize(
    ("text", "about"),
    [("about: with lines\n" + TEXT, "with lines"), ("{about: one line}", "one line"), ("\n{}", "")],
)
def test_a_text_with_a_line_break_or_a_colon_is_yaml(gallery, text, about):
    assert scenario_of(text, gallery).about == about


@pytest.mark.parametrize(
    ("source", "about"),
    [
        ("own.yaml", "own"),
        ("short.yml", "short"),
        ("./own.yaml", "own"),
        ("./own", "own"),
        ("./short", "short"),
        ("basics/mine", "mine"),
        ("basics/mine.yaml", "mine"),
        (Path("own.yaml"), "own"),
        ("basics/greeting", "basics/greeting"),
        ("basics/greeting.yaml", "basics/greeting"),
        ("greeting", "basics/greeting"),
        ("limited", "retries/limited"),
    ],
)
def test_a_file_is_looked_for_here_and_then_in_the_gallery_and_a_name_only_in_the_gallery(gallery, source, about):
    assert scenario_of(source, gallery).about == about


def test_a_file_of_the_project_goes_before_one_of_the_gallery(gallery, project):
    (project / "basics" / "greeting.yaml").write_text(f"about: ours\n{TEXT}")
    assert scenario_of("basics/greeting", gallery).about == "ours"
    assert scenario_of("greeting", gallery).about == "basics/greeting"


def test_an_absolute_file_name_is_a_file(gallery, project):
    assert scenario_of(str(project / "own.yaml"), gallery).about == "own"


@pytest.mark.parametrize(
    ("source", "near"),
    [
        ("owm.yaml", "did you mean 'own.yaml'?"),
        ("basics/mime.yaml", "did you mean 'basics/mine.yaml'?"),
        ("basics/greetings", "did you mean 'basics/greeting'?"),
        ("retries/limit", "did you mean 'retries/limited'?"),
        ("nowhere/nothing.yaml", "in the gallery: give a Scenario"),
    ],
)
def test_a_file_that_is_not_there_names_the_nearest(gallery, source, near):
    with pytest.raises(ScenarioError) as failure:
        scenario_of(source, gallery)
    assert str(failure.value).startswith(
        f"{source}: there is no such file in the working directory or in the gallery: "
    )
    assert near in str(failure.value)


def test_a_path_that_is_not_there_is_an_error(gallery):
    with pytest.raises(ScenarioError, match=r"nothing\.yaml"):
        scenario_of(Path("nothing.yaml"), gallery)


def test_a_name_that_is_not_known_names_the_nearest_and_all(gallery):
    with pytest.raises(ScenarioError) as failure:
        scenario_of("greting", gallery)
    assert str(failure.value).startswith(
        "greting: there is no scenario of this name: did you mean 'greeting'? known: greeting, limited; give a "
    )


def test_an_empty_gallery_says_so():
    with pytest.raises(ScenarioError, match="there is no scenario of this name: known: none; give a"):
        scenario_of("hello", Library())


@pytest.mark.parametrize("source", [None, 7, b"name: x", ["hello"]])
def test_anything_else_is_no_scenario(gallery, source):
    with pytest.raises(TypeError, match=r"is no scenario: give a Scenario, a mapping, a pathlib\.Path, the name of"):
        scenario_of(source, gallery)


def test_what_is_wrong_with_a_scenario_is_told_as_always(gallery):
    with pytest.raises(ScenarioError, match=r"unknown key 'rulse': did you mean 'rules'\?"):
        scenario_of({"rulse": []}, gallery)


def test_only_a_file_or_its_name_is_a_file(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    path = folder / "mine.yaml"
    path.write_text("rules: []")
    library = Library.of_paths([folder])
    assert [path_of(source, library) for source in (path, str(path), "mine")] == [path, path, path]
    assert [path_of(source, library) for source in ("other", "rules: []", "a\nb", {}, Scenario())] == [None] * 5
    with pytest.raises(ScenarioError, match="there is no such file"):
        path_of("missing.yaml", library)
