import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.scenario.texts import Arguments, Count, Text


@pytest.mark.parametrize(("kind", "value"), [(Text, "a"), (Arguments, "a"), (Arguments, {"a": 1}), (Count, 0)])
def test_plain_values_are_themselves(kind, value):
    assert TypeAdapter(kind).validate_python(value) == value


@pytest.mark.parametrize("kind", [Text, Arguments])
def test_a_list_gives_the_tokens(kind):
    assert TypeAdapter(kind).validate_python(["a", "b"]) == ("a", "b")


@pytest.mark.parametrize(("kind", "value"), [(Text, 5), (Text, {"a": 1}), (Arguments, 5), (Count, -1), (Count, True)])
def test_other_values_are_refused(kind, value):
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(value)
