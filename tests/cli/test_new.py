"""`mockllm new`."""

from mockllm.scenario.load import load_file


def test_the_file_is_a_scenario_of_its_name(run, tmp_path):
    result = run("new", "my-weather", "--dir", tmp_path / "made" / "here")
    path = tmp_path / "made" / "here" / "my-weather.yaml"
    assert result.exit_code == 0
    assert result.stdout == f"wrote {path}\ntry it: mockllm play {path}\n"
    assert load_file(path).name == "my-weather"
    assert "mockllm schema --write mockllm.schema.json" in path.read_text()


def test_the_suffix_may_be_given(run, tmp_path):
    run("new", "a.yaml", "--dir", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.yaml"]


def test_the_file_passes_check_and_says_what_it_does_in_explain(run, tmp_path):
    run("new", "a", "--dir", tmp_path)
    assert run("check", tmp_path).exit_code == 0
    answers = [line for line in run("explain", tmp_path / "a.yaml").stdout.splitlines() if "answers" in line]
    assert answers == ["  weather answers, attempt 1", "  weather answers, attempt 2"]


def test_nothing_is_overwritten(run, tmp_path):
    (tmp_path / "a.yaml").write_text("mine")
    result = run("new", "a", env={"MOCKLLM_DIR": str(tmp_path)})
    assert result.exit_code == 1
    assert "a.yaml is there already: give another name, or remove it first" in result.stderr
    assert (tmp_path / "a.yaml").read_text() == "mine"


def test_a_name_that_no_url_can_have_is_refused(run, tmp_path):
    result = run("new", "a b", "--dir", tmp_path)
    assert result.exit_code == 1
    assert "name" in result.stderr
    assert list(tmp_path.iterdir()) == []
