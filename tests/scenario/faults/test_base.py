"""The shape of a fault."""

import pytest
from pydantic import ValidationError

from mockllm.scenario.faults import Hang
from mockllm.scenario.faults.base import Fault, FrameFault, Layer, PlanFault, TurnFault
from mockllm.seeds import Seed
from tests.turns import turn


def test_the_layers_are_in_their_one_order():
    assert [layer.name for layer in sorted(Layer)] == ["CONTENT", "PAYLOAD", "FRAMING", "TIME", "HTTP", "CONNECTION"]


def test_faults_of_the_turn_act_on_content():
    assert TurnFault.layer is Layer.CONTENT


@pytest.mark.parametrize(("fault", "value"), [(TurnFault(), turn()), (FrameFault(), ()), (PlanFault(), ())])
def test_a_kind_of_fault_has_no_behaviour_of_its_own(fault, value):
    with pytest.raises(NotImplementedError):
        fault.apply(value, Seed.of("x"))


def test_a_fault_is_strict_and_frozen():
    class Bang(Fault):
        loud: bool = True

    with pytest.raises(ValidationError, match="unknown key 'laud': did you mean 'loud'"):
        Bang.model_validate({"laud": True})
    with pytest.raises(ValidationError):
        Bang().loud = False


def test_a_fault_knows_who_asked_for_it_and_is_else_the_same():
    fault = Hang()
    asked = fault.asked_by("chaos[0]")
    assert (fault.origin, fault.title) == ("fault", "hang")
    assert (asked.origin, asked.title, asked.kind) == ("chaos[0]", "chaos[0]: hang", "hang")
    assert asked != fault
    assert asked == Hang().asked_by("chaos[0]")
