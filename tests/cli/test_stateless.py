"""Which files workers without a common state take, and what they say of the others."""

import pytest

from mockllm.cli.stateless import StatelessShelf, check_stateless
from mockllm.errors import ScenarioError
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.scenario.reader import read

SCRIPT = "rules:\n  - replies:\n      - one\n      - two\n"
WHY = "and workers without a common state cannot: give --state redis://HOST:PORT, or one worker"


def shelf(folder):
    return StatelessShelf(Library.of_paths([folder]).entries())


def test_a_file_that_counts_is_refused_at_its_line(write):
    folder = write(a="rules: [{replies: [hi]}]", b=SCRIPT)
    (problem,) = shelf(folder).problems()
    assert str(problem) == (
        f"{folder}/b.yaml:4:9: rules[0].replies[1]: a script of 2 replies goes on from where it was, {WHY}"
    )


def test_files_that_count_nothing_have_no_problems(write):
    assert shelf(write(a="rules: [{replies: [hi]}]")).problems() == []


def test_a_file_that_begins_to_count_is_not_taken_up(write):
    folder = write(a="rules: [{replies: [hi]}]")
    served = shelf(folder)
    before = served.get("a")
    write(a=SCRIPT)
    (change,) = served.refresh([folder])
    assert (change.kind, change.problems[0].line) == ("kept", 4)
    assert served.get("a") is before


def test_a_text_is_refused_too():
    with pytest.raises(ScenarioError, match=r"--scenario:1:1: limits: limits count requests, "):
        check_stateless(load_text("limits: {requests: 1/h}"), read("limits: {requests: 1/h}"), "--scenario")
