"""`mockllm check`."""

import json
import os

import pytest

GOOD = "rules: [{replies: [Hi]}]"
BAD = "rules:\n  - replies: [Hi]\n    thn: loop\nseed: x\n"


def test_good_files_pass(run, write):
    result = run("check", write(a=GOOD, b=GOOD))
    assert (result.exit_code, result.stdout) == (0, "2 files checked, no problems\n")


def test_each_problem_is_a_line_with_its_place_and_a_summary_follows(run, write, monkeypatch):
    monkeypatch.chdir(write(a=GOOD, b=BAD))
    result = run("check", ".")
    first, second, summary = result.stdout.splitlines()
    assert result.exit_code == 1
    assert first.startswith("b.yaml:3:5: rules[0].thn: unknown key 'thn': did you mean 'then'?")
    assert second.startswith("b.yaml:4:7: seed: ")
    assert summary == "2 files checked, 2 problems"


@pytest.mark.parametrize(("text", "count", "code"), [(GOOD, 0, 0), (BAD, 2, 1)])
def test_machines_get_an_array(run, write, text, count, code):
    result = run("check", "--json", write(a=text) / "a.yaml")
    problems = json.loads(result.stdout)
    assert (len(problems), result.exit_code) == (count, code)
    for problem in problems:
        assert set(problem) == {"file", "line", "column", "path", "message"}


def test_a_problem_of_a_whole_file_has_no_place_for_machines(run, tmp_path):
    (problem,) = json.loads(run("check", "--json", tmp_path / "nowhere.yaml").stdout)
    assert (problem["line"], problem["column"], problem["path"]) == (None, None, "")
    assert problem["file"].endswith("nowhere.yaml")


def test_paths_come_from_the_environment_too(run, write):
    folder = write(a=GOOD, b=GOOD)
    paths = os.pathsep.join([str(folder / "a.yaml"), str(folder / "b.yaml")])
    assert run("check", env={"MOCKLLM_PATH": paths}).stdout == "2 files checked, no problems\n"


def test_nothing_to_check_is_wrong_usage(run):
    assert run("check").exit_code == 2


def test_one_file_is_one_file(run, write):
    assert run("check", write(a=GOOD)).stdout == "1 file checked, no problems\n"
    assert run("check", write(a="seed: x")).stdout.endswith("1 file checked, 1 problem\n")
