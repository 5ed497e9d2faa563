"""Options from the environment."""

import json
import os

import click
import pytest
from click.testing import CliRunner

from mockllm.cli.options import entry, json_option, library_option, option, paths_argument, port_option


@entry("library")
@library_option()
def library(path):
    click.echo(json.dumps(path, default=str))


def values(command, *arguments, **environment):
    result = CliRunner().invoke(command, arguments, env=environment)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@entry("serve-like")
@paths_argument()
@option("--word", default="plain")
@port_option("A port.", lowest=1)
@json_option("For machines.")
@option("--named", envvar="MOCKLLM_OTHER", type=int, default=1)
def serve_like(**values):
    del values["named"]
    click.echo(json.dumps(values, default=str))


def test_defaults_hold_without_arguments_and_variables():
    assert values(serve_like) == {"path": [], "word": "plain", "port": 8080, "json": False}


def test_every_option_can_come_from_the_environment():
    found = values(
        serve_like,
        MOCKLLM_PATH=os.pathsep.join(["a", "b"]),
        MOCKLLM_WORD="from far",
        MOCKLLM_PORT="9000",
        MOCKLLM_JSON="1",
    )
    assert found == {"path": ["a", "b"], "word": "from far", "port": 9000, "json": True}


def test_an_argument_wins_over_the_environment():
    assert values(serve_like, "c", "--word", "near", MOCKLLM_PATH="a", MOCKLLM_WORD="far") == {
        "path": ["c"],
        "word": "near",
        "port": 8080,
        "json": False,
    }


def test_empty_variables_are_none():
    assert values(serve_like, MOCKLLM_PATH="", MOCKLLM_PORT="", MOCKLLM_WORD="")["port"] == 8080


def test_the_variable_that_kubernetes_sets_for_a_service_is_no_port():
    assert values(serve_like, MOCKLLM_PORT="tcp://10.0.0.1:80")["port"] == 8080


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_other_values_of_a_port_are_wrong_usage(port):
    assert CliRunner().invoke(serve_like, ["--port", port]).exit_code == 2


def test_the_library_is_given_once_or_more_often():
    assert values(library, "--path", "a", "--path", "b") == ["a", "b"]
    assert values(library, MOCKLLM_PATH=os.pathsep.join(["a", "b"])) == ["a", "b"]


@pytest.mark.parametrize(
    ("variable", "value", "found"),
    [
        ("MOCKLLM_PORT", "abc", "'--port', from the environment variable MOCKLLM_PORT: 'abc' is not"),
        ("MOCKLLM_PORT", "0", "'--port', from the environment variable MOCKLLM_PORT: 0 is not in the range"),
        ("MOCKLLM_JSON", "maybe", "'--json', from the environment variable MOCKLLM_JSON: 'maybe' is not"),
        ("MOCKLLM_OTHER", "x", "'--named', from the environment variable MOCKLLM_OTHER: 'x' is not"),
    ],
)
def test_what_is_wrong_in_the_environment_is_told_with_its_variable(variable, value, found):
    result = CliRunner().invoke(serve_like, env={variable: value})
    assert result.exit_code == 2
    (line,) = (line for line in result.output.splitlines() if line.startswith("Error: "))
    assert line.startswith(f"Error: Invalid value for {found}")
    assert line.endswith(". Correct the variable, or unset it.")
    assert ".." not in line


def test_what_is_wrong_in_the_arguments_is_told_without_a_variable():
    result = CliRunner().invoke(serve_like, ["--port", "abc"], env={"MOCKLLM_PORT": "def"})
    assert result.exit_code == 2
    assert "Invalid value for '--port': 'abc' is not" in result.output
    assert "Correct the variable" not in result.output
