"""An entry of a list of faults: one key, an alias, or a word that stands alone."""

from typing import Annotated, Any, ClassVar

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.scenario.base import Authored, Integer
from mockllm.scenario.faults.base import Fault
from mockllm.scenario.faults.entry import FaultEntry
from mockllm.scenario.keyed import by_kind


class Cough(Fault):
    kind: ClassVar[str] = "cough"

    times: Integer = 1


class Cold(Authored):
    """A name of another tool, with a number that it has there."""

    kind: ClassVar[str] = "COLD"

    days: Integer = 0

    def written(self) -> dict[str, Any]:
        return {"cough": {"times": 10 * self.days}}


ENTRY = TypeAdapter(Annotated[Fault, FaultEntry(by_kind(Cough, Cold), ["COLD"])])


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"cough": {"times": 3}}, Cough(times=3)),
        ({"COLD": {"days": 2}}, Cough(times=20)),
        ("COLD", Cough(times=0)),
        (Cough(times=5), Cough(times=5)),
    ],
)
def test_what_is_read_is_a_fault_however_it_is_written(entry, fault):
    assert ENTRY.validate_python(entry) == fault


@pytest.mark.parametrize(
    ("entry", "place"),
    [("cough", ()), ({"cough": {"times": "x"}}, ("cough", "times")), ({"COLD": {"days": "x"}}, ("COLD", "days"))],
)
def test_a_finding_is_at_its_place_and_a_fault_never_stands_alone(entry, place):
    with pytest.raises(ValidationError) as error:
        ENTRY.validate_python(entry)
    assert [details["loc"] for details in error.value.errors()] == [place]


def test_a_word_is_in_the_schema():
    first, mapping = ENTRY.json_schema()["anyOf"]
    assert first == {"enum": ["COLD"]}
    assert list(mapping["properties"]) == ["cough", "COLD"]
