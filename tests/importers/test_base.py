import pytest

from mockllm.importers.base import ImportFailedError, entries, mapping, milliseconds, parsed, unknown


def test_json_and_yaml_are_read():
    assert parsed('{"a": [1]}') == parsed("a: [1]") == {"a": [1]}


@pytest.mark.parametrize("text", ["", "{", "a: b: c"])
def test_what_is_neither_is_refused(text):
    with pytest.raises(ImportFailedError):
        parsed(text)


@pytest.mark.parametrize("value", [1, {}, {"a": 1}, {"a": [1]}])
def test_a_file_without_its_list_is_refused(value):
    with pytest.raises(ImportFailedError, match="under 'a', found"):
        entries(value, "a")


def test_small_steps():
    assert mapping([]) == {}
    assert mapping({"a": 1}) == {"a": 1}
    assert milliseconds(1.5) == "1500us"
    assert unknown(2, "match.", {"a": 1, "b": 2}, frozenset({"a"})) == ["fixture 2: match.b is left out"]
