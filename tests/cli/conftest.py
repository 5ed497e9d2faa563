"""What the tests of the command line share."""

import os

import pytest
from click.testing import CliRunner

from mockllm.cli.main import group
from mockllm.engine import Engine
from mockllm.net.thread import ServerThread
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    """No variable of the machine decides what a test sees."""
    for name in [name for name in os.environ if name.startswith("MOCKLLM_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def run():
    """Runs a command line; gives its exit code, output and errors."""

    def run(*arguments, **settings):
        return CliRunner().invoke(group, [str(argument) for argument in arguments], **settings)

    return run


@pytest.fixture
def write(tmp_path):
    """Writes scenario files below a folder of the test's own, and says where."""

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.yaml").write_text(text)
        return tmp_path

    return write


@pytest.fixture
def serve_text():
    """Serves a scenario given as YAML on a port of its own; gives the URL."""
    threads = []

    def serve_text(text):
        thread = ServerThread(Engine(Library(scenarios=[load_text(text)])))
        thread.start()
        threads.append(thread)
        return thread.url

    yield serve_text
    for thread in threads:
        thread.close()
