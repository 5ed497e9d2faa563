import pytest

from mockllm.cassette import Recorded, Tape, line_of
from mockllm.errors import ScenarioError
from mockllm.request import Call
from mockllm.scenario import replay
from mockllm.scenario.load import load_file, load_text

LINE = line_of(Tape(Call("GET", "/v1/models"), Recorded(200)))


def problem(spec):
    with pytest.raises(ScenarioError) as error:
        load_text(f"rules: [{{replies: [{{replay: {spec}}}]}}]")
    return str(error.value)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("{}", "which answer? Name the file"),
        ("{exchange: 2}", "which answer?"),
        ("{exchange: 2, status: 200}", "which answer?"),
        ("{file: a.jsonl, status: 200}", "the answer is in a.jsonl: drop status"),
        ("a.jsonl", "a cassette lies beside the scenario file"),
        ("{chunks: [{}]}", "the chunk is empty"),
        ("{chunks: [{data: 1, text: x}]}", "data and text are the same chunk"),
        ("{chunks: [{event: x, text: x}]}", "an event has data"),
        ("{chunks: [{base64: '!'}]}", "'!' is not base64"),
        ("{chunks: [{base64: 1}]}", "expected a text in base64, found 1"),
        ("{tail: '!'}", "'!' is not base64"),
        ("{speed: -1, status: 200}", "expected a value of at least 0, found -1"),
    ],
)
def test_what_is_wrong_is_told(spec, told):
    assert told in problem(spec)


def test_every_form_of_a_chunk_is_taken():
    text = "{chunks: [{data: null}, {text: x}, {base64: eA==}, {wire: eA==, base64: }, {event: e, data: 1}], tail: }"
    assert load_text(f"rules: [{{replies: [{{replay: {text}}}]}}]").rules[0].replies[0].replay.recorded is None


def load(folder, *specs):
    (folder / "a.yaml").write_text("rules: [{replies: [" + ", ".join(f"{{replay: {spec}}}" for spec in specs) + "]}]")
    return [reply.replay.recorded for reply in load_file(folder / "a.yaml").rules[0].replies]


def test_an_exchange_of_a_cassette_beside_the_file_or_below_its_folder_is_read(tmp_path):
    other = Recorded(500)
    (tmp_path / "deep").mkdir()
    (tmp_path / "a.jsonl").write_bytes(LINE + line_of(Tape(Call("GET", "/"), other)))
    (tmp_path / "deep" / "b.jsonl").write_bytes(LINE)
    assert load(tmp_path, "a.jsonl", "{file: a.jsonl, exchange: 2, speed: 3}", "deep/b.jsonl") == [
        Recorded(200),
        other,
        Recorded(200),
    ]


def test_a_cassette_that_cannot_be_used_is_told_with_its_reason(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    (tmp_path / "x.jsonl").write_bytes(LINE)
    (tmp_path / "in" / "a.jsonl").write_bytes(LINE)
    (tmp_path / "in" / "bad.jsonl").write_bytes(b"{}\n")
    for spec, told in (
        ("../x.jsonl", "is outside the folder"),
        ("none.jsonl", "cannot be read (No such file"),
        ("{file: a.jsonl, exchange: 2}", "a.jsonl has 1 exchanges, number 2 is asked for"),
        ("bad.jsonl", "bad.jsonl:1: this is no exchange"),
    ):
        with pytest.raises(ScenarioError) as error:
            load(tmp_path / "in", spec)
        assert told in str(error.value)
    monkeypatch.setattr(replay, "MOST_CASSETTE_BYTES", 3)
    with pytest.raises(ScenarioError, match="bytes, 3 are allowed"):
        load(tmp_path / "in", "a.jsonl")
