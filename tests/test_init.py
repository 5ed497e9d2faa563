import ast
import subprocess
import sys
from pathlib import Path

import pytest

import mockllm
from mockllm import faults
from mockllm.net.mock import MockLLM
from mockllm.scenario.document import Scenario
from mockllm.scenario.faults import FAULTS
from mockllm.scenario.reply import Reply

SOURCE = ast.parse(Path(mockllm.__file__).read_text())


def for_checkers() -> dict[str, str]:
    """The public names as type checkers see them, each with its module."""
    block = next(node for node in SOURCE.body if isinstance(node, ast.If))
    return {
        alias.asname: f"{node.module}.{alias.name}"
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_every_public_name_is_there():
    assert mockllm.MockLLM is MockLLM
    assert mockllm.Scenario is Scenario
    assert [name for name in mockllm.__all__ if not getattr(mockllm, name).__name__.endswith(name)] == []


def test_type_checkers_see_the_same_names_from_the_same_places():
    assert for_checkers() == {
        name: "mockllm.scenario.faults" if name == "faults" else f"mockllm.{mockllm._HOMES[name]}.{name}"
        for name in mockllm.__all__
    }


def test_the_names_are_sorted_and_all_of_them_are_listed():
    assert sorted(mockllm.__all__) == list(mockllm.__all__)
    assert set(mockllm.__all__) <= set(dir(mockllm))


def test_every_form_of_a_reply_and_every_fault_can_be_written_in_python():
    assert {form.__name__ for form in Reply.__args__} <= set(mockllm.__all__)
    assert mockllm.faults is faults
    assert [fault for fault in FAULTS.values() if getattr(faults, fault.__name__, None) is not fault] == []


def test_a_name_that_does_not_exist_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'mockllm' has no attribute 'MockLLN'"):
        _ = mockllm.MockLLN


def test_importing_the_package_imports_nothing_else_of_it_or_of_others():
    code = (
        "import sys, importlib; before = set(sys.modules); import mockllm;"
        "print(*sorted(set(sys.modules) - before)); from mockllm import *; print(MockLLM.__name__)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split("\n") == ["mockllm", "MockLLM", ""]
