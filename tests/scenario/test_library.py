"""Scenarios by name: where they come from, and what is wrong with a set of them."""

import os
from pathlib import Path

import pytest

from mockllm.errors import ApiError, ScenarioError
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Entry, Library, gallery_path
from mockllm.scenario.load import load_text

RULES = "rules: [{replies: [Hello]}]\n"


@pytest.fixture
def folder(tmp_path):
    """Three scenarios in two groups, and what is none."""
    root = tmp_path / "scenarios"
    for name in ("hello.yaml", "retries/reset.yml", "retries/deep/stall.yaml"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(RULES)
    (root / "README.md").write_text("no scenario")
    (root / "folder.yaml").mkdir()
    return root


def problems(*paths):
    with pytest.raises(ScenarioError) as error:
        Library.of_paths(paths)
    return [(problem.source, problem.message) for problem in error.value.problems]


def refused(call):
    with pytest.raises(ApiError) as error:
        call()
    return error.value.status, error.value.code, error.value.message


class TestPaths:
    def test_a_folder_gives_the_scenario_files_below_it(self, folder):
        library = Library.of_paths([folder])
        assert library.names() == ("hello", "reset", "stall")
        assert {name: entry.group for name, entry in library.entries().items()} == {
            "hello": ".",
            "reset": "retries",
            "stall": "retries/deep",
        }
        assert library.entries()["reset"] == Entry(folder / "retries" / "reset.yml", folder)

    def test_a_file_gives_itself(self, folder):
        library = Library.of_paths([folder / "retries" / "reset.yml"])
        assert library.names() == ("reset",)
        assert library.entries()["reset"].group == "."

    def test_paths_add_up_and_the_same_file_twice_is_one(self, folder):
        library = Library.of_paths([folder / "retries", folder / "hello.yaml", folder / "hello.yaml"])
        assert library.names() == ("hello", "reset", "stall")

    def test_a_relative_path_is_found_also_from_elsewhere(self, folder, monkeypatch):
        monkeypatch.chdir(folder)
        library = Library.of_paths([Path("hello.yaml"), Path("retries")])
        monkeypatch.chdir("/")
        assert library.get("hello").name == "hello"
        assert library.get("stall").name == "stall"

    def test_no_paths_give_no_scenarios(self, tmp_path):
        assert Library.of_paths([]).names() == Library.of_paths([tmp_path]).names() == ()

    def test_hidden_files_and_folders_are_left_out(self, folder):
        """A mounted configuration keeps its versions in hidden folders, to which the visible files are links."""
        version = folder / "..2026_01_01"
        version.mkdir()
        (version / "mounted.yaml").write_text(RULES)
        (folder / ".draft.yaml").write_text("not: a scenario")
        (folder / "..data").symlink_to("..2026_01_01")
        (folder / "mounted.yaml").symlink_to("..data/mounted.yaml")
        library = Library.of_paths([folder])
        assert library.names() == ("hello", "mounted", "reset", "stall")
        assert library.get("mounted").name == "mounted"

    def test_what_is_no_file_is_no_scenario_whatever_its_name(self, folder):
        os.mkfifo(folder / "pipe.yaml")
        (folder / "elsewhere.yaml").symlink_to(folder / "retries")
        assert Library.of_paths([folder]).names() == ("hello", "reset", "stall")

    def test_a_folder_that_is_hidden_itself_may_be_given(self, tmp_path):
        hidden = tmp_path / ".scenarios"
        hidden.mkdir()
        (hidden / "a.yaml").write_text(RULES)
        assert Library.of_paths([hidden]).names() == ("a",)

    def test_a_link_within_the_folder_is_a_name_of_its_own(self, folder):
        (folder / "default.yaml").symlink_to(folder / "hello.yaml")
        assert Library.of_paths([folder]).get("default").name == "default"

    def test_a_file_that_is_a_link_is_called_as_the_link_and_may_lead_anywhere(self, folder, tmp_path):
        link = tmp_path / "other.yaml"
        link.symlink_to(folder / "hello.yaml")
        assert Library.of_paths([link]).get("other").name == "other"

    def test_a_folder_that_is_a_link_is_followed(self, folder, tmp_path):
        link = tmp_path / "link"
        link.symlink_to(folder)
        assert Library.of_paths([link]).names() == ("hello", "reset", "stall")

    def test_a_link_that_leads_out_of_the_folder_is_refused(self, folder, tmp_path):
        outside = tmp_path / "outside.yaml"
        outside.write_text(RULES)
        link = folder / "retries" / "inside.yaml"
        link.symlink_to(outside)
        message = "this link leads out of the scenario folder: copy the file into it"
        assert problems(folder) == [(str(link), message)]
        assert problems(folder / "retries") == [(str(link), message)]

    def test_a_neighbour_whose_name_begins_alike_is_outside(self, folder):
        neighbour = folder.with_name("scenarios-of-others")
        neighbour.mkdir()
        (neighbour / "theirs.yaml").write_text(RULES)
        (folder / "ours.yaml").symlink_to(neighbour / "theirs.yaml")
        assert len(problems(folder)) == 1

    def test_a_link_that_leads_nowhere_is_refused(self, folder):
        (folder / "gone.yaml").symlink_to(folder / "none.yaml")
        (folder / "loop.yaml").symlink_to(folder / "loop.yaml")
        message = "this link leads nowhere: remove it, or restore the file"
        assert problems(folder) == [(str(folder / "gone.yaml"), message), (str(folder / "loop.yaml"), message)]

    def test_two_files_of_one_name_are_refused(self, folder):
        twin = folder / "retries" / "hello.yml"
        twin.write_text(RULES)
        first = folder / "hello.yaml"
        assert problems(folder) == [
            (str(twin), f"two files have the scenario name 'hello': {first} too; rename one")
        ]  # fmt: skip

    def test_every_path_that_is_wrong_is_told(self, folder, tmp_path):
        assert problems(tmp_path / "none", folder / "README.md", tmp_path / "none.yaml", folder) == [
            (str(tmp_path / "none"), "there is no such file or folder: check its name"),
            (str(folder / "README.md"), "not a scenario file: its name must end in .yaml or .yml"),
            (str(tmp_path / "none.yaml"), "there is no such file or folder: check its name"),
        ]


class TestGet:
    def test_a_file_is_read_when_it_is_first_asked_for(self, folder):
        library = Library.of_paths([folder])
        (folder / "hello.yaml").write_text("about: later\n")
        first = library.get("hello")
        assert first.about == "later"
        (folder / "hello.yaml").write_text("about: too late\n")
        assert library.get("hello") is first

    def test_a_file_that_was_forgotten_is_read_anew(self, folder):
        library = Library.of_paths([folder])
        library.get("hello")
        (folder / "hello.yaml").write_text("about: new\n")
        library.forget("hello")
        library.forget("none")
        assert library.get("hello").about == "new"

    def test_a_wrong_file_is_told_each_time_and_hurts_no_other(self, folder):
        (folder / "wrong.yaml").write_text("rulez: []\n")
        library = Library.of_paths([folder])
        for _ in range(2):
            with pytest.raises(ScenarioError, match="unknown key 'rulez'"):
                library.get("wrong")
        assert library.get("hello").name == "hello"

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("reste", "there is no scenario 'reste': did you mean 'reset'? known: hello, reset, stall"),
            ("zzz", "there is no scenario 'zzz': known: hello, reset, stall"),
            ("", "there is no scenario '': known: hello, reset, stall"),
            ("../hello", "there is no scenario '../hello': did you mean 'hello'? known: hello, reset, stall"),
        ],
    )
    def test_an_unknown_name_is_refused_with_the_nearest(self, folder, name, told):
        library = Library.of_paths([folder])
        assert refused(lambda: library.get(name)) == (404, "no_such_scenario", f"mockllm: {told}")

    def test_an_empty_library_knows_none(self):
        message = "mockllm: there is no scenario 'a': known: none"
        assert refused(lambda: Library().get("a")) == (404, "no_such_scenario", message)

    def test_only_so_many_names_are_listed(self):
        library = Library(scenarios=[Scenario(name=f"s{number:02}") for number in range(43)])
        listed = ", ".join(f"s{number:02}" for number in range(40))
        _, _, message = refused(lambda: library.get("zzz"))
        assert message == f"mockllm: there is no scenario 'zzz': known: {listed} and 3 more"


class TestDefault:
    def test_a_scenario_given_as_a_value_comes_first(self, folder):
        entries = Library.of_paths([folder]).entries()
        library = Library(entries, [Scenario(name="first"), Scenario(name="second")])
        assert library.default().name == "first"
        assert library.names() == ("first", "hello", "reset", "second", "stall")

    def test_else_the_only_file(self, folder):
        assert Library.of_paths([folder / "retries" / "reset.yml"]).default().name == "reset"

    def test_else_the_file_named_default_and_then_hello(self, folder):
        assert Library.of_paths([folder]).default().name == "hello"
        (folder / "default.yaml").write_text(RULES)
        assert Library.of_paths([folder]).default().name == "default"

    def test_several_files_leave_no_choice(self, folder):
        library = Library.of_paths([folder / "retries"])
        message = (
            "mockllm: which scenario? Name it in the URL, as in /NAME/v1, or call one 'default'. Known: reset, stall"
        )
        assert refused(library.default) == (404, "no_default_scenario", message)

    def test_nothing_leaves_no_choice(self):
        message = "mockllm: which scenario? Name it in the URL, as in /NAME/v1, or call one 'default'. Known: none"
        assert refused(Library().default) == (404, "no_default_scenario", message)

    def test_a_scenario_that_is_put_becomes_the_default(self, folder):
        library = Library.of_paths([folder])
        library.put(Scenario(name="new"))
        assert library.default() == library.get("new") == Scenario(name="new")
        library.put(Scenario(name="hello", about="replaced"))
        assert library.default().about == library.get("hello").about == "replaced"


def test_what_the_caller_gets_is_a_copy(folder):
    library = Library.of_paths([folder])
    library.entries().clear()
    assert library.names() == ("hello", "reset", "stall")


def test_the_gallery_is_a_folder_of_scenarios():
    library = Library.gallery()
    assert "hello" in library.names()
    assert library.default().name == "hello"
    assert gallery_path().is_dir()
    assert all(entry.root == gallery_path() for entry in library.entries().values())


def test_a_scenario_may_be_put_beside_the_default_and_removed_again():
    library = Library({}, [load_text("{name: first}")])
    library.put(load_text("{name: second}"), default=False)
    assert (library.names(), library.default().name) == (("first", "second"), "first")
    library.remove("second")
    library.remove("second")
    assert library.names() == ("first",)
    library.remove("first")
    with pytest.raises(ApiError, match="which scenario"):
        library.default()


def test_a_wrong_file_is_remembered_once_it_was_asked_for(tmp_path):
    (tmp_path / "mine.yaml").write_text("seed: x")
    library = Library.of_paths([tmp_path])
    assert (library.wrong(), library.revision, library.knows("mine")) == ((), 0, False)
    for _ in range(2):
        with pytest.raises(ScenarioError):
            library.get("mine")
    assert (library.wrong(), library.revision) == (("mine",), 1)
    library.put(load_text("{name: mine}"))
    assert (library.wrong(), library.revision, library.knows("mine")) == ((), 2, True)
    library.remove("mine")
    assert library.revision == 3


def test_a_file_is_served_again_when_what_was_put_in_its_place_is_removed(tmp_path):
    (tmp_path / "mine.yaml").write_text("seed: 1")
    library = Library.of_paths([tmp_path])
    library.put(load_text("{name: mine, seed: 2}"))
    assert library.get("mine").seed == 2
    library.remove("mine")
    assert library.get("mine").seed == 1


def test_scenarios_that_are_no_files_have_one_edition():
    assert Library(scenarios=[Scenario(name="a")]).edition("a") == ""
