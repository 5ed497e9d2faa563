"""The Dockerfile without an engine: what it copies exists, what it runs is the command, what it sets is read."""

import json
import re
from pathlib import Path

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
