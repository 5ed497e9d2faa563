"""`mockllm schema`."""

import json

from mockllm.scenario.schema import schema_text


def test_the_schema_is_printed(run):
    result = run("schema")
    assert result.stdout == schema_text()
    assert json.loads(result.stdout)["title"] == "mockllm scenario"


def test_the_schema_is_written_to_a_file_and_not_printed(run, tmp_path):
    result = run("schema", "--write", tmp_path / "s.json")
    assert result.stdout == ""
    assert (tmp_path / "s.json").read_text(encoding="utf-8") == schema_text()
