"""The group: its table of commands, lazy imports, and how errors end."""

import ast
import os
import runpy
import signal
import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from mockllm import __main__ as entry_point
from mockllm.cli.main import COMMANDS, Commands, group
from mockllm.dialects import ROUTES
from mockllm.errors import ApiError, Problem, ScenarioError
from mockllm.scenario.faults import FAULTS


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_begins_its_help_with_the_sentence_of_the_table(name):
    command = import_module(f"mockllm.cli.{name}").command
    assert command.name == name
    assert " ".join(command.help.split("\n\n", maxsplit=1)[0].split()) == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_an_environment_variable_and_help_that_names_it(name, run):
    help_text = " ".join(run(name, "--help").stdout.split())
    context = click.Context(group.get_command(click.Context(group), name))
    options = [it for it in context.command.params if isinstance(it, click.Option)]
    for option in options:
        variable = option.envvar or f"MOCKLLM_{option.name.upper()}"
        assert f"env var: {variable}" in help_text


def test_help_names_every_command_and_imports_none():
    code = "import sys; from mockllm.__main__ import main\ntry: main()\nfinally: print(sorted(sys.modules))"
    done = python("-c", code, "--help")
    *told, modules = done.stdout.strip().splitlines()
    assert done.returncode == 0
    assert {line.split()[0] for line in told if line.strip()} >= set(COMMANDS)
    assert not {"aiohttp", "pydantic", "rich", "yaml", "asyncio", "mockllm.engine"} & set(ast.literal_eval(modules))


def test_the_version_is_that_of_the_distribution(run):
    assert run("--version").stdout == "mockllm, version 0.1.0\n"


def test_an_unknown_command_is_wrong_usage_and_the_nearest_is_told(run):
    result = run("srve")
    assert result.exit_code == 2
    assert result.stderr.endswith("Error: there is no command 'srve': did you mean 'serve'?\n")
    assert run("xyz").stderr.endswith("Error: there is no command 'xyz'\n")


def test_an_unknown_option_is_wrong_usage(run):
    assert run("--verson").exit_code == 2


def test_the_help_shows_the_commands_in_their_order(run):
    text = run("--help").stdout.partition("Commands:")[2]
    assert [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "] == list(COMMANDS)
    assert group.list_commands(click.Context(group)) == list(COMMANDS)
    assert group.get_command(click.Context(group), "nothing") is None


def test_an_error_raised_on_purpose_ends_with_its_text(run):
    result = run("explain", "helo")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: there is no scenario 'helo': did you mean 'hello'? ")


def test_a_refusal_of_the_system_ends_with_its_text(run, tmp_path):
    result = run("schema", "--write", tmp_path / "no" / "such" / "file.json")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: the system refused: ")


def test_a_reader_that_leaves_ends_the_command_in_silence():
    code = "import os, sys; from mockllm.__main__ import main\nsys.argv[1:] = ['schema']\nmain()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b""


def test_nobody_is_shown_a_traceback(monkeypatch, capsys):
    def fail(**_settings):
        raise RuntimeError("oops")

    monkeypatch.setattr(entry_point.group, "main", fail)
    with pytest.raises(SystemExit, match="1"):
        entry_point.main()
    error = capsys.readouterr().err
    assert "RuntimeError: oops" in error
    assert "MOCKLLM_TRACEBACK=1" in error
    monkeypatch.setenv("MOCKLLM_TRACEBACK", "1")
    with pytest.raises(RuntimeError, match="oops"):
        entry_point.main()


def test_the_package_runs_as_a_module(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["mockllm", "--version"])
    with pytest.raises(SystemExit):
        runpy.run_path(entry_point.__file__, run_name="__main__")
    assert capsys.readouterr().out == "mockllm, version 0.1.0\n"


class OneCommand(Commands):
    """A group whose every command raises an error."""

    def __init__(self, error):
        super().__init__("probe")
        self.error = error

    def get_command(self, ctx, cmd_name):
        def fail():
            raise self.error

        return click.Command(cmd_name, callback=fail)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ApiError(404, "mockllm: not there"), "Error: not there\n"),
        (ScenarioError((Problem("a", source="a.yaml"), Problem("b"))), "a.yaml: a\n<scenario>: b\n"),
        (PermissionError(13, "Permission denied"), "Error: the system refused: [Errno 13] Permission denied\n"),
        (BrokenPipeError(32, "Broken pipe"), ""),
    ],
)
def test_errors_end_with_their_text_and_a_broken_pipe_in_silence(error, text):
    result = CliRunner().invoke(OneCommand(error), ["serve"])
    assert (result.exit_code, result.stderr) == (1, text)


@pytest.mark.parametrize(("process", "codes"), [(1, [128 + signal.SIGTERM]), (2, [])])
def test_as_the_first_process_of_a_container_it_obeys_sigterm_itself(monkeypatch, process, codes):
    ended = []
    monkeypatch.setattr(os, "getpid", lambda: process)
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(sys, "argv", ["mockllm", "--version"])
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with pytest.raises(SystemExit):
            entry_point.main()
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert ended == codes


STARTED = """
import os, sys
os.environ["SSL_CERT_DIR"] = "/certificates"
os.environ.pop("SSL_CERT_FILE", None)
import click
from mockllm.cli.main import group
group.get_command(click.Context(group), "serve")
import gc, aiohttp.connector
print(os.environ["SSL_CERT_DIR"], os.environ.get("SSL_CERT_FILE"))
print(aiohttp.connector._SSL_CONTEXT_VERIFIED.cert_store_stats()["x509"])
print(gc.isenabled(), gc.get_count()[2] == 0)
print(sorted(sys.modules))
"""


@pytest.fixture(scope="module")
def started():
    """What a process told that has imported the command `serve` and nothing else."""
    done = python("-c", STARTED)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_server_starts_without_the_words_that_its_scenario_does_not_have(started):
    """Each of these takes long to import, and most scenarios and clients never need it."""
    loaded = set(ast.literal_eval(started[-1]))
    assert {"aiohttp", "mockllm.engine", "mockllm.scenario.document"} <= loaded
    later = {
        "faker", "h11", "jinja2", "jsonpath", "rich", "watchfiles", "wsproto", "mockllm.scenario.faults.aliases",
        "mockllm.scenario.profile.document", "mockllm.net.websocket.conversation", "mockllm.net.control.http",
        "mockllm.fill.schema",
    }  # fmt: skip
    later |= {fault.__module__ for fault in FAULTS.values()}
    later |= {f"mockllm.dialects.{route.home.rpartition('.')[0]}" for route in ROUTES}
    assert loaded & later == set()


def test_certificates_are_not_read_for_a_client_that_no_command_has(started):
    assert started[:2] == ["/certificates None", "0"]


def test_the_collector_is_on_again_after_the_imports(started):
    assert started[2] == "True True"


@pytest.mark.parametrize(("given", "there"), [({}, "__all__"), ({"PYDANTIC_DISABLE_PLUGINS": "one"}, "one")])
def test_plugins_of_the_validator_are_not_looked_for_unless_somebody_says_so(given, there):
    name = "PYDANTIC_DISABLE_PLUGINS"
    code = f"import os; from mockllm.__main__ import main\ntry: main()\nfinally: print(os.environ['{name}'])"
    own = {key: value for key, value in os.environ.items() if key != name}
    told = subprocess.run(
        [sys.executable, "-c", code, "--version"], capture_output=True, text=True, check=True, env={**own, **given}
    )
    assert told.stdout.splitlines()[-1] == there
