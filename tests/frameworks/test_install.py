"""An environment is made once for a requirements file, and what cannot be installed is told with the reason."""

import pytest

from tests.environments import node_versions, python_of, python_versions
from tests.unavailable import UnavailableError


@pytest.fixture
def requirements(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("# nothing, so that no network is needed\n")
    return path


def test_an_environment_is_made_once_and_anew_when_the_file_has_changed(tmp_path, requirements):
    folder = tmp_path / "environment"
    python = python_of(folder, requirements)
    assert python.is_file()
    trace = folder / "trace"
    trace.touch()
    assert python_of(folder, requirements) == python
    assert trace.exists()
    requirements.write_text("# something else\n")
    python_of(folder, requirements)
    assert not trace.exists()


def test_what_cannot_be_installed_is_told_and_tried_again(tmp_path, requirements):
    requirements.write_text("nothing-of-this-name @ file:///nowhere/at-all-1.0-py3-none-any.whl\n")
    for _ in range(2):
        with pytest.raises(UnavailableError, match="at-all-1"):
            python_of(tmp_path / "environment", requirements)


def test_a_package_that_is_not_there_has_no_version(tmp_path, requirements):
    python = python_of(tmp_path / "environment", requirements)
    with pytest.raises(UnavailableError, match="nothing-of-this-name"):
        python_versions(python, ["nothing-of-this-name"])


def test_versions_of_node_packages_are_those_of_the_folder(tmp_path):
    package = tmp_path / "node_modules" / "@a" / "b" / "package.json"
    package.parent.mkdir(parents=True)
    package.write_text('{"version": "1.2.3"}')
    assert node_versions(tmp_path, ["@a/b"]) == {"@a/b": "1.2.3"}
