"""`mockllm list`."""

import io
import json

import pytest
from rich.console import Console

from mockllm.cli import list as list_module
from mockllm.scenario.profile import profile_names, profile_of

HELLO = "{about: Says hello. And no more., rules: [{replies: [Hi]}]}"


@pytest.fixture
def folder(write):
    folder = write(hello=HELLO)
    (folder / "retries").mkdir()
    (folder / "retries" / "again.yaml").write_text("rules: [{replies: [Hi]}]")
    return folder


def test_columns_are_separated_by_tabs_without_a_terminal(run, folder):
    assert run("list", folder).stdout == "hello\t\tSays hello.\nagain\tretries\t\n"


def test_machines_get_an_array(run, folder):
    assert json.loads(run("list", "--json", folder).stdout) == [
        {"name": "hello", "group": "", "about": "Says hello."},
        {"name": "again", "group": "retries", "about": ""},
    ]


def test_a_group_is_the_whole_way_to_its_folder_and_groups_stand_together(run, folder):
    (folder / "quirks" / "tools").mkdir(parents=True)
    (folder / "quirks" / "tools" / "index.yaml").write_text("{about: No index., rules: [{replies: [Hi]}]}")
    (folder / "quirks" / "odd.yaml").write_text("rules: [{replies: [Hi]}]")
    assert run("list", folder).stdout.splitlines() == [
        "hello\t\tSays hello.",
        "odd\tquirks\t",
        "index\tquirks/tools\tNo index.",
        "again\tretries\t",
    ]


def test_without_paths_the_gallery_is_listed(run):
    names = [line.split("\t")[0] for line in run("list").stdout.splitlines()]
    assert "hello" in names


def test_a_wrong_file_is_told_and_the_others_are_listed(run, folder):
    (folder / "bad.yaml").write_text("seed: x")
    result = run("list", folder)
    assert (result.exit_code, len(result.stdout.splitlines())) == (1, 2)
    assert "bad.yaml:1:7: seed: " in result.stderr


def test_a_terminal_gets_a_table(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr("rich.console.Console", lambda: Console(file=out, width=60))
    list_module._print_table([("hello", "basics", "Says hello.")], ("name", "group", "about"))
    heading, row = out.getvalue().splitlines()
    assert heading.split() == ["name", "group", "about"]
    assert row.split() == ["hello", "basics", "Says", "hello."]


def test_a_terminal_is_recognized(run, folder, monkeypatch):
    shown = []
    monkeypatch.setattr(list_module, "_print_table", lambda rows, _headings: shown.append(rows))
    monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
    assert run("list", folder).stdout == ""
    assert shown == [[("hello", "", "Says hello."), ("again", "retries", "")]]


def test_profiles_are_listed_with_their_paths(run):
    rows = [line.split("\t") for line in run("list", "--profiles").stdout.splitlines()]
    assert [row[0] for row in rows] == list(profile_names())
    assert ["openrouter", "/api/v1", profile_of("openrouter").about] in rows
    listed = json.loads(run("list", "--profiles", "--json").stdout)
    assert listed[0] == {"name": "openai", "paths": "", "about": profile_of("openai").about}
