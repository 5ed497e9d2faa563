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
    assert answers(run("explain", path, "--attempts", "1")) == ["rules[1] answers, attempt 1"]
    assert len(answers(run("explain", path, env={"MOCKLLM_ATTEMPTS": "3"}))) == 3
