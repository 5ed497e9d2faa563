"""The list of all faults, and how one is written."""

import ast
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from mockllm.scenario import faults
from mockllm.scenario.faults import FAULTS, AnyFault, Fault, FrameFault, Layer, PlanFault, TurnFault
from mockllm.scenario.faults.connection import Reset

FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


def test_the_list_is_in_the_one_order_of_application():
    layers = [fault.layer for fault in FAULTS.values()]
    assert layers == sorted(layers)
    assert list(Layer) == [
        Layer.CONTENT, Layer.PAYLOAD, Layer.FRAMING, Layer.TIME, Layer.HTTP, Layer.CONNECTION,
    ]  # fmt: skip


def test_each_row_names_the_class_whose_kind_it_is():
    assert [fault.kind for fault in FAULTS.values()] == list(FAULTS)
    assert len({fault.__name__ for fault in FAULTS.values()}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS.values())
def test_each_fault_acts_on_the_value_of_its_layer(fault):
    base = {Layer.CONTENT: TurnFault, Layer.PAYLOAD: FrameFault, Layer.FRAMING: FrameFault}.get(fault.layer, PlanFault)
    assert issubclass(fault, base)
    assert issubclass(fault, Fault)
    assert fault.__doc__


def test_each_fault_has_a_name_in_the_package_and_type_checkers_know_it():
    tree = ast.parse(Path(faults.__file__).read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    lines = [(node.module, node.names[0]) for node in block.body if isinstance(node, ast.ImportFrom)]
    told = {f"{module}.{line.name}" for module, line in lines if line.name == line.asname}
    assert told == {f"{fault.__module__}.{fault.__name__}" for fault in FAULTS.values()}
    assert {fault.__name__ for fault in FAULTS.values()} <= {*dir(faults)} & {*faults.__all__}
    with pytest.raises(AttributeError, match="has no attribute 'Rest'"):
        _ = faults.Rest


def test_a_fault_is_a_mapping_with_one_key():
    assert FAULT.validate_python({"reset": {"at": "start"}}) == Reset(at="start")
    assert FAULT.validate_python(Reset(at="start")) == Reset(at="start")


@pytest.mark.parametrize("value", [None, "reset", {}, {"reset": {}, "close": {}}, {"rest": {}}, {"reset": "start"}])
def test_anything_else_is_refused(value):
    with pytest.raises(ValidationError):
        FAULT.validate_python(value)
