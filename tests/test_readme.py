"""The README is executed: its Python, its YAML, its tables, and the commands it names.

`MOCKLLM_WRITE_README=1 pytest tests/test_readme.py` writes the generated parts anew.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockllm.cli.main import group
from mockllm.control.table import OPERATIONS
from mockllm.dialects import ROUTES
from mockllm.explain import explain
from mockllm.scenario.base import Authored
from mockllm.scenario.chaos import ChaosEntry
from mockllm.scenario.faults import ALIASES, FAULTS
from mockllm.scenario.hosted import HOSTED
from mockllm.scenario.library import Library
from mockllm.scenario.limits import Limit
from mockllm.scenario.load import load_text
from mockllm.scenario.match import When
from mockllm.scenario.pace import PRESETS, Pace
from mockllm.scenario.pace.load import Load
from mockllm.scenario.profile import profile_names, profile_of
from tests.survey import pages as survey_pages
from tests.survey import record as survey_record

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [body for found, body in BLOCK.findall(README.read_text()) if found == language]


def named(body: str) -> str:
    """The file name that a Python block gives itself in its first line."""
    return body.splitlines()[0].removeprefix("# ")


def cells(text: str) -> str:
    return text.replace("|", "\\|")


def fields(cls: type[Authored]) -> list[tuple[str, str]]:
    return [(field.alias or name, field.description or "") for name, field in cls.model_fields.items()]


def rows(cls: type[Authored]) -> str:
    lines = ["| key | means |", "| --- | --- |"]
    lines += [f"| `{name}` | {cells(about)} |" for name, about in fields(cls)]
    return "\n".join(lines)


def preset_rows() -> str:
    lines = ["| name | what it is like | source |", "| --- | --- | --- |"]
    lines += [f"| `{entry.name}` | {cells(entry.about)} | {cells(entry.source)} |" for entry in PRESETS]
    return "\n".join(lines)


def fault_rows() -> str:
    lines = ["| fault | layer | what happens | keys |", "| --- | --- | --- | --- |"]
    for fault in FAULTS.values():
        doc = " ".join((fault.__doc__ or "").split("\n\n", 1)[0].split())
        keys = ", ".join(f"`{name}`" for name, _ in fields(fault))
        lines.append(f"| `{fault.kind}` | {fault.layer.name.lower()} | {cells(doc)} | {keys} |")
    return "\n".join(lines)


def alias_rows() -> str:
    lines = ["| name | known from | what happens | here |", "| --- | --- | --- | --- |"]
    for alias in ALIASES.values():
        doc = " ".join((alias.__doc__ or "").split())
        lines.append(f"| `{alias.kind}` | {alias.known_from} | {cells(doc)} | `{alias.here}` |")
    return "\n".join(lines)


def endpoint_rows() -> str:
    lines = ["| endpoint | what it gives | `when: {api: ...}` |", "| --- | --- | --- |"]
    lines += [
        f"| `{route.method} {route.pattern}` | {cells(route.about)} | `{route.endpoint.api}` |" for route in ROUTES
    ]
    return "\n".join(lines)


def hosted_rows() -> str:
    lines = ["| part | what it is | keys |", "| --- | --- | --- |"]
    for part in HOSTED:
        doc = " ".join((part.__doc__ or "").split())
        keys = ", ".join(f"`{name}`" for name, _ in fields(part))
        lines.append(f"| `{part.kind}` | {cells(doc)} | {keys} |")
    return "\n".join(lines)


def profile_rows() -> str:
    lines = ["| profile | what it is | paths beside `/v1` |", "| --- | --- | --- |"]
    for name in profile_names():
        profile = profile_of(name)
        paths = ", ".join(f"`{base.shown}`" for base in profile.bases)
        lines.append(f"| `{name}` | {cells(profile.about)} | {paths} |")
    return "\n".join(lines)


def control_rows() -> str:
    lines = ["| call | what it does | fields |", "| --- | --- | --- |"]
    for operation in OPERATIONS:
        path = re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), operation.path)
        taken = ", ".join(f"`{name}`" for name in (*operation.in_query, *operation.in_body))
        lines.append(f"| `{operation.method} {path}` | {cells(operation.about)} | {taken} |")
    return "\n".join(lines)


TABLES = {
    "endpoints": endpoint_rows,
    "hosted": hosted_rows,
    "matchers": lambda: rows(When),
    "pace": lambda: rows(Pace),
    "presets": preset_rows,
    "load": lambda: rows(Load),
    "limits": lambda: rows(Limit),
    "faults": fault_rows,
    "aliases": alias_rows,
    "chaos": lambda: rows(ChaosEntry),
    "profiles": profile_rows,
    "control": control_rows,
    "survey": lambda: survey_pages.summary(survey_record.read()),
}


def generated() -> str:
    """The README with its generated parts as they should be."""
    text = README.read_text()
    for name, make in TABLES.items():
        mark = f"<!-- table: {name} -->"
        before, _, after = text.partition(mark)
        rest = re.sub(r"\A\n(\n?\|.*\n)*", "", after)
        text = f"{before}{mark}\n\n{make()}\n{rest}"
    scenario = Library.gallery().get("reset")
    shown = explain(scenario, tuple(scenario.requests())).rstrip()
    return re.sub(
        r"<!-- explain: reset -->\n```\n.*?\n```",
        lambda _: f"<!-- explain: reset -->\n```\n{shown}\n```",
        text,
        flags=re.DOTALL,
    )


def test_the_generated_parts_are_up_to_date():
    wanted = generated()
    if os.environ.get("MOCKLLM_WRITE_README"):
        README.write_text(wanted)
    assert README.read_text() == wanted


@pytest.mark.parametrize("body", [body for body in blocks("python") if named(body).startswith("test_")], ids=named)
def test_the_test_modules_pass(body, tmp_path):
    (tmp_path / named(body)).write_text(body)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", named(body)]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_the_scripts_print_what_they_say():
    printed = {}
    for body in blocks("python"):
        if not named(body).startswith("test_"):
            found = subprocess.run(
                [sys.executable, "-c", body], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
            )
            printed[named(body)] = found.stdout
    assert printed["greet.py"] == "You asked gpt-5.1.\n"
    assert printed["elsewhere.py"] == "Hi from afar\n"
    assert printed["pause.py"] == "600.0\n"
    assert printed["tokens.py"].count("data: [DONE]\n\n") == 2
    assert '"content":" see."' in printed["tokens.py"]
    assert '"name":"get_weather"' in printed["tokens.py"]


def test_the_scenarios_are_valid():
    text, *others = blocks("yaml")
    scenario = load_text(text)
    for other in others:
        load_text(other)
    shown = explain(
        scenario,
        [
            {
                "model": "gpt-5.1",
                "stream": True,
                "messages": [{"role": "user", "content": "How is the weather?"}],
                "tools": [{"type": "function", "function": {"name": "get_weather"}}],
            }
        ],
    )
    assert "error rate_limit_exceeded" in shown
    assert "fault: reset" in shown
    assert "finish tool_calls" in shown


def test_the_set_up_commands_are_the_ones_that_ci_runs():
    ci = (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert ci in blocks("sh")[-1]


def test_every_named_command_exists():
    words = [line.split("#")[0].split() for body in blocks("sh") for line in body.splitlines()]
    used = {line[1] for line in words if line and line[0] == "mockllm"}
    assert used >= {"new", "check", "explain", "play", "serve", "list", "schema"}
    for name in used | {"health"}:
        assert CliRunner().invoke(group, [name, "--help"]).exit_code == 0, name


def test_the_index_name_of_somebody_else_is_never_used():
    assert "pip install mockllm" not in README.read_text().replace("mockllm-server", "")
