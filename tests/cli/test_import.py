import json

from mockllm.scenario.load import load_file

FIXTURES = json.dumps({"fixtures": [{"match": {"userMessage": "hello"}, "response": {"content": "Hi!"}, "chaos": {}}]})


def test_a_scenario_is_written_and_what_was_left_out_is_told(run, tmp_path):
    (tmp_path / "f.json").write_text(FIXTURES)
    result = run("import", "aimock", tmp_path / "f.json", "-o", tmp_path / "s.yaml")
    assert result.exit_code == 0
    assert result.stdout == f"wrote {tmp_path / 's.yaml'}\n"
    assert result.stderr == "fixture 1: chaos is left out\n"
    assert load_file(tmp_path / "s.yaml").rules[0].replies[0].text == "Hi!"


def test_without_a_file_it_is_printed(run, tmp_path):
    (tmp_path / "f.json").write_text(FIXTURES)
    result = run("import", "aimock", tmp_path / "f.json")
    assert result.stdout.startswith("about: Imported from fixtures of aimock.\nrules:\n")


def test_what_cannot_be_done_is_told(run, tmp_path):
    (tmp_path / "f.json").write_text(FIXTURES)
    (tmp_path / "binary").write_bytes(b"\xff")
    taken = run("import", "aimock", tmp_path / "f.json", "-o", tmp_path / "f.json")
    assert (taken.exit_code, "is there already" in taken.stderr) == (1, True)
    wrong = run("import", "har", tmp_path / "f.json")
    assert (wrong.exit_code, "under 'entries'" in wrong.stderr) == (1, True)
    binary = run("import", "har", tmp_path / "binary")
    assert (binary.exit_code, "no text in UTF-8" in binary.stderr) == (1, True)
    assert run("import", "nonsense", tmp_path / "f.json").exit_code == 2
