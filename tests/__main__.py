"""Everything that must hold, in one command: `python -m tests`.

Lint, format, types, then all tests with branch coverage, then the frameworks, each in an environment of its own.
Arguments go to pytest, and then only pytest runs.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.distribution import BROWSER, REDIS, MissingError, find

ROOT = Path(__file__).resolve().parent.parent

CHECKS = (
    ("lint", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("tests", ["pytest", "--cov", "--cov-report=term:skip-covered", "-n", "2", "--dist", "loadfile"]),
    ("frameworks", ["tests.frameworks"]),
)


NEEDS = {REDIS: "mockllm/net/shared/*", BROWSER: ""}
"""The programs without which some tests are skipped, and the code that is then not tested."""


def main(arguments: list[str]) -> int:
    checks = (("tests", ["pytest", *arguments]),) if arguments else CHECKS
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    for program, code in NEEDS.items():
        try:
            find(program)
        except MissingError as error:
            print(f"== not tested here: {code or 'pages'}: {error}", flush=True)
            environment["MOCKLLM_UNTESTED"] = code or environment.get("MOCKLLM_UNTESTED", "")
    failed = []
    for name, command in checks:
        print(f"== {name}: {' '.join(command)}", flush=True)
        if subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=environment, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
