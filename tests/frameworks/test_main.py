"""A client that cannot be installed is named, and where all must be there it fails the run unless that is known."""

import sys

import pytest

from tests.frameworks import __main__ as command
from tests.frameworks.known import Absent
from tests.unavailable import UnavailableError

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def absent(monkeypatch, tmp_path):
    """No client can be installed; gives a run of the command with what it says and the page that it writes."""

    def refuse(client):
        raise UnavailableError(f"no wheels of {client.title}")

    page = tmp_path / "CLIENTS.md"
    monkeypatch.setattr(command, "installed", refuse)
    monkeypatch.setattr(command, "PATH", page)
    monkeypatch.delenv("CI", raising=False)
    return page


def test_it_is_named_and_passes_on_a_developers_machine(absent, capsys):
    assert command.main(["--client", "dspy"]) == 0
    assert "not installed: dspy: no wheels of dspy" in capsys.readouterr().out


def test_it_fails_where_all_must_be_there(absent, capsys, monkeypatch):
    monkeypatch.setenv("CI", "true")
    assert command.main(["--client", "dspy"]) == 1
    assert "dspy: it cannot be installed on this machine" in capsys.readouterr().out


@pytest.mark.parametrize(("client", "python", "code"), [("dspy", HERE, 0), ("dspy", "2.7", 1), ("haystack", HERE, 1)])
def test_it_passes_everywhere_if_it_is_known_for_this_python(absent, monkeypatch, client, python, code):
    monkeypatch.setenv("CI", "true")
    monkeypatch.setattr(command, "ABSENT", (Absent(client, (python,), "it needs an older one"),))
    assert command.main(["--client", "dspy"]) == code


def test_it_has_a_row_with_the_reason(absent):
    assert command.main(["--client", "dspy", "--write"]) == 0
    assert "| dspy | `dspy` | not installed |" in absent.read_text()
    assert "- `dspy` not installed: no wheels of dspy." in absent.read_text()


def test_an_exercise_of_it_cannot_be_shown(absent, capsys):
    assert command.main(["--client", "dspy", "--exercise", "text"]) == 1
    assert capsys.readouterr().out == "not installed: no wheels of dspy\n"


def test_an_installation_that_breaks_is_no_client_less(absent, monkeypatch):
    def broken(client):
        raise OSError("no room")

    monkeypatch.setattr(command, "installed", broken)
    with pytest.raises(OSError, match="no room"):
        command.main(["--client", "dspy"])
