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
def serve_like(**values):
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
