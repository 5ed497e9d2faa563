"""The Dockerfile without an engine: what it copies exists, what it runs is the command, what it sets is read."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockllm.cli.main import group

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
LINES = [line.split(None, 1) for line in TEXT.splitlines() if line and not line.startswith("#")]


def values(instruction):
    return [rest for name, rest in LINES if name == instruction]


def test_what_is_copied_exists_and_is_let_through():
    sources = [word for rest in values("COPY") if "--from" not in rest for word in rest.split()[:-1]]
    let_through = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert set(sources) == let_through
    assert all((ROOT / source).exists() for source in sources)


def test_it_runs_the_command_as_nobody_in_particular():
    assert json.loads(values("ENTRYPOINT")[0]) == ["mockllm"]
    assert json.loads(values("CMD")[0]) == ["serve"]
    assert values("USER") == ["10001:10001"]
    (health,) = values("HEALTHCHECK")
    assert json.loads(health.partition("CMD ")[2]) == ["mockllm", "health"]


def test_the_variables_that_it_sets_are_read_by_serve():
    help_text = CliRunner().invoke(group, ["serve", "--help"]).output
    names = re.findall(r"(MOCKLLM_\w+)=", " ".join(values("ENV")))
    assert names == ["MOCKLLM_HOST", "MOCKLLM_PORT"]
    assert all(name in help_text for name in names)


@pytest.mark.parametrize(("extras", "installed"), [("", "."), ("tokens,otel", ".[tokens,otel]")])
def test_extras_are_a_build_argument_and_exist(extras, installed):
    assert values("ARG") == ['EXTRAS=""']
    (word,) = re.findall(r'"(\.\$[^"]+)"', " ".join(values("RUN")))
    said = subprocess.run(
        ["sh", "-c", f'echo "{word}"'], env={**os.environ, "EXTRAS": extras}, capture_output=True, text=True, check=True
    )
    assert said.stdout == f"{installed}\n"
    known = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.findall(r"EXTRAS=([a-z,]+)", (ROOT / "Dockerfile").read_text() + (ROOT / "README.md").read_text())
    assert {name for names in [*named, extras] for name in names.split(",") if name} <= set(known)


def test_every_folder_of_the_gallery_is_installed():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = {f"scenarios/{path.name}" for path in (ROOT / "scenarios").iterdir() if path.is_dir()}
    assert {source: target.partition("/gallery/")[2] for source, target in wheel["force-include"].items()} == {
        folder: folder.removeprefix("scenarios/") for folder in folders
    }
