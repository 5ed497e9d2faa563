"""Files that change while they are served."""

import pytest

from mockllm.cli.shelf import Change, Shelf
from mockllm.errors import ScenarioError
from mockllm.scenario.library import Entry, Library
from mockllm.scenario.load import load_text

ONE = "rules: [{replies: [One]}]"
TWO = "rules: [{replies: [Two]}]"
BAD = "rulez: []"


@pytest.fixture
def folder(write):
    return write(a=ONE, b=ONE)


@pytest.fixture
def shelf(folder):
    return Shelf(Library.of_paths([folder]).entries())


def text_of(scenario):
    return scenario.rules[0].replies[0].text


def test_nothing_changes_where_nothing_changed(shelf, folder):
    before = shelf.get("a")
    (folder / "a.yaml").touch()
    assert shelf.refresh([folder]) == []
    assert shelf.get("a") is before


def test_a_changed_file_is_another_scenario_and_the_others_stay_the_same(shelf, folder, write):
    other = shelf.get("b")
    write(a=TWO)
    assert shelf.refresh([folder]) == [Change("a", "reloaded")]
    assert text_of(shelf.get("a")) == "Two"
    assert shelf.get("b") is other
    assert shelf.refresh([folder]) == []


def test_a_new_file_is_served(shelf, folder, write):
    write(c=TWO)
    assert shelf.refresh([folder]) == [Change("c", "added")]
    assert text_of(shelf.get("c")) == "Two"


def test_a_removed_file_is_not_served_any_more(shelf, folder):
    shelf.get("a")
    (folder / "a.yaml").unlink()
    assert shelf.refresh([folder]) == [Change("a", "removed")]
    assert shelf.names() == ("b",)


def test_a_change_that_is_wrong_keeps_the_old_version_until_it_is_right(shelf, folder, write):
    before = shelf.get("a")
    write(a=BAD)
    (change,) = shelf.refresh([folder])
    assert (change.name, change.kind, len(change.problems)) == ("a", "kept", 1)
    assert str(change) == "kept a: its new version is wrong, so the old one is served"
    assert shelf.get("a") is before
    assert shelf.wrong() == ("a",)
    write(a=TWO)
    assert shelf.refresh([folder]) == [Change("a", "reloaded")]
    assert shelf.wrong() == ()


def test_whoever_looks_can_tell_that_something_has_changed(shelf, folder, write):
    seen = [shelf.revision]
    for change in (lambda: write(a=BAD), lambda: write(a=TWO), (folder / "b.yaml").unlink):
        change()
        shelf.refresh([folder])
        seen.append(shelf.revision)
    assert seen == sorted(set(seen))
    shelf.refresh([folder])
    assert shelf.revision == seen[-1]


def test_a_wrong_file_that_is_gone_is_wrong_no_more(shelf, folder, write):
    write(a=BAD)
    shelf.refresh([folder])
    (folder / "a.yaml").unlink()
    shelf.refresh([folder])
    assert shelf.wrong() == ()


def test_a_new_file_that_is_wrong_says_so_when_it_is_asked_for(shelf, folder, write):
    write(c=BAD)
    (change,) = shelf.refresh([folder])
    assert str(change) == "broken c: it is not served"
    with pytest.raises(ScenarioError, match="rulez"):
        shelf.get("c")


def test_files_that_cannot_stand_together_change_nothing(shelf, folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "a.yaml").write_text(TWO)
    with pytest.raises(ScenarioError, match="two files have the scenario name 'a'"):
        shelf.refresh([folder])
    assert text_of(shelf.get("a")) == "One"


def test_a_path_that_is_gone_takes_its_scenarios_with_it(shelf, folder):
    assert [change.kind for change in shelf.refresh([folder / "gone"])] == ["removed", "removed"]


def test_a_file_that_moves_is_the_same_scenario(shelf, folder):
    before = shelf.get("a")
    (folder / "deep").mkdir()
    (folder / "a.yaml").rename(folder / "deep" / "a.yaml")
    assert shelf.refresh([folder]) == []
    assert shelf.get("a") is before
    assert shelf.entries()["a"].group == "deep"


def test_a_scenario_given_as_text_is_the_default_and_stays(folder):
    given = load_text("{name: given, rules: []}")
    shelf = Shelf(Library.of_paths([folder]).entries(), [given])
    shelf.refresh([folder])
    assert shelf.default() is given


def test_a_file_that_could_not_be_read_is_taken_up_when_it_can(folder):
    (folder / "a.yaml").rename(folder / "elsewhere")
    shelf = Shelf({"a": Entry(folder / "a.yaml", folder)})
    (folder / "elsewhere").rename(folder / "a.yaml")
    assert shelf.refresh([folder / "a.yaml"]) == [Change("a", "reloaded")]


def test_an_edition_is_one_content_and_stays_while_the_file_is_wrong(folder, write):
    shelf, same = (Shelf(Library.of_paths([folder]).entries()) for _ in range(2))
    first = shelf.edition("a")
    assert first == same.edition("a") != ""
    write(a=BAD)
    shelf.refresh([folder])
    assert shelf.edition("a") == first
    write(a=TWO)
    shelf.refresh([folder])
    assert shelf.edition("a") not in {first, ""}
    assert shelf.edition("nobody") == ""


def test_a_file_with_which_nothing_is_wrong_is_read_once(tmp_path):
    (tmp_path / "right.yaml").write_text("rules: [{replies: [hi]}]")
    (tmp_path / "wrong.yaml").write_text("rules: [{replies: [{txt: hi}]}]")
    shelf = Shelf(Library.of_paths([tmp_path]).entries())
    (problem,) = shelf.problems()
    assert problem.source == str(tmp_path / "wrong.yaml")
    (tmp_path / "right.yaml").unlink()
    assert shelf.get("right").name == "right"
