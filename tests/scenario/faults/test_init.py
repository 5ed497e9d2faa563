"""The list of all faults, and how one is written."""

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.scenario.faults import FAULTS, AnyFault, Fault, FrameFault, Layer, PlanFault, TurnFault
from mockllm.scenario.faults.connection import Reset

FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


def test_the_list_is_in_the_one_order_of_application():
    layers = [fault.layer for fault in FAULTS]
    assert layers == sorted(layers)
    assert list(Layer) == [
        Layer.CONTENT, Layer.PAYLOAD, Layer.FRAMING, Layer.TIME, Layer.HTTP, Layer.CONNECTION,
    ]  # fmt: skip


def test_no_two_faults_have_the_same_kind():
    kinds = [fault.kind for fault in FAULTS]
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_acts_on_the_value_of_its_layer(fault):
    base = {Layer.CONTENT: TurnFault, Layer.PAYLOAD: FrameFault, Layer.FRAMING: FrameFault}.get(fault.layer, PlanFault)
    assert issubclass(fault, base)
    assert issubclass(fault, Fault)
    assert fault.__doc__


def test_a_fault_is_a_mapping_with_one_key():
    assert FAULT.validate_python({"reset": {"at": "start"}}) == Reset(at="start")
    assert FAULT.validate_python(Reset(at="start")) == Reset(at="start")


@pytest.mark.parametrize("value", [None, "reset", {}, {"reset": {}, "close": {}}, {"rest": {}}, {"reset": "start"}])
def test_anything_else_is_refused(value):
    with pytest.raises(ValidationError):
        FAULT.validate_python(value)
