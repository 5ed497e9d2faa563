"""`mockllm explain`."""

import json

SCENARIO = "rules: [{when: {user: weather}, replies: [Sunny.]}, {replies: [{attempts: [{status: 500}], text: Hi}]}]"


def answers(result):
    assert result.exit_code == 0, result.stderr
    return [line.strip() for line in result.stdout.splitlines() if "answers" in line]


def test_the_examples_of_the_scenario_are_explained(run, write):
    path = write(mine=SCENARIO) / "mine.yaml"
    assert answers(run("explain", path)) == ["rules[1] answers, attempt 1", "rules[1] answers, attempt 2"]


def test_a_scenario_is_named_within_the_given_paths(run, write):
    folder = write(mine=SCENARIO)
    assert answers(run("explain", "mine", "--path", folder))
    assert answers(run("explain", "mine", env={"MOCKLLM_PATH": str(folder)}))


def test_requests_come_from_files_as_json_or_yaml(run, write, tmp_path):
    path = write(mine=SCENARIO) / "mine.yaml"
    (tmp_path / "one.json").write_text(
        json.dumps({"model": "m", "messages": [{"role": "user", "content": "the weather\tnow"}]})
    )
    (tmp_path / "two").write_text("model: m\nmessages:\n- {role: user, content: weather}\n")
    result = run("explain", path, "--request", tmp_path / "one.json", "--request", tmp_path / "two")
    assert answers(result) == ["rules[0] answers, attempt 1"] * 2


def test_a_request_comes_from_standard_input(run, write):
    path = write(mine=SCENARIO) / "mine.yaml"
    body = '{"model": "m", "messages": [{"role": "user", "content": "weather"}]}'
    assert answers(run("explain", path, "--request", "-", input=body)) == ["rules[0] answers, attempt 1"]


def test_a_request_that_is_no_mapping_is_refused(run, write):
    path = write(mine=SCENARIO) / "mine.yaml"
    result = run("explain", path, "--request", "-", input="[1, 2]")
    assert result.exit_code == 1
    assert "a request body is a mapping" in result.stderr
    assert "found [1, 2]" in result.stderr


def test_each_request_is_sent_as_often_as_asked(run, write):
    path = write(mine=SCENARIO) / "mine.yaml"
    assert answers(run("explain", path, "--attempts", "1")) == ["try 1: rules[1] answers, attempt 1"]
    shown = run("explain", path, env={"MOCKLLM_ATTEMPTS": "3"}).stdout
    assert shown.endswith("  try 3: as try 2\n  fates: 2 answered, 1 status 500\n")


def test_requests_come_as_far_apart_as_asked(run, write):
    path = write(mine="{chaos: [{from: 10s, error: server_error}], rules: [{replies: [Hi]}]}") / "mine.yaml"
    shown = run("explain", path, "--attempts", "4", "--every", "4s").stdout
    assert shown.endswith("  fates: 3 answered, 1 status 500\n")


def test_a_time_without_a_unit_is_refused(run, write):
    result = run("explain", write(mine=SCENARIO) / "mine.yaml", "--every", "5")
    assert result.exit_code == 2
    assert "'5' is not a duration" in result.stderr
