"""Frameworks in virtual time, unmodified: each in an environment of its own, whose pytest runs the laws in `programs/`.

A machine that cannot have the packages skips them with the reason; with CI=true that is a failure.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environments import ROOT, python_of
from tests.net.virtual.conftest import RUNS
from tests.unavailable import had

FOLDER = Path(__file__).resolve().parent

LAWS = {"langchain": "frameworks", "pydantic_ai": "frameworks", "openai_agents": "frameworks", "litellm": "litellm"}
"""The environment that each of the programs runs in."""

SETTINGS = {
    "MOCKLLM_VIRTUAL_RUNS": str(RUNS),
    "PYTHONPATH": str(ROOT),  # this tree, whichever one the environment was made from
    "JITTER": "0",  # a constant of litellm's, which it reads from the environment
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # it would ask a server for prices when it is imported
}


def python(name):
    folder = FOLDER / ".venv" / f"{name}-{sys.version_info.major}.{sys.version_info.minor}"
    return had(python_of, folder, FOLDER / "requirements" / f"{name}.txt", "virtual")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", LAWS)
def test_the_times_of_a_framework_are_exact(name):
    program = f"{name}_laws.py"
    laws = len(re.findall(r"^(?:async )?def test_", (FOLDER / "programs" / program).read_text(), re.MULTILINE))
    command = [python(LAWS[name]), "-m", "pytest", "-q", "-c", "pytest.ini", "--rootdir", ".", program]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("COV", "PYTEST", "MOCKLLM"))}
    done = subprocess.run(
        command, cwd=FOLDER / "programs", env=inherited | SETTINGS, capture_output=True, text=True, check=False
    )
    shown = done.stdout[-5_000:] + done.stderr[-2_000:]
    assert done.returncode == 0, shown
    [passed] = re.findall(r"(\d+) passed", done.stdout)
    assert laws >= 5, shown
    assert int(passed) >= laws * RUNS, shown
