"""The gates of the server.

Here: the operations of `mockllm/control/gates.py`.
"""

from mockllm.control.gates import AskGates, Gate, GateList, OneGate, OpenGate
from mockllm.net.control.desk import Desk


def listing(desk: Desk, asked: AskGates) -> GateList:
    """Those that are open or have somebody waiting, in the order of their names."""
    only = None if asked.namespace is None else desk.namespace(asked.namespace)
    gates = desk.engine.gates
    keys = sorted({*gates.opened(), *gates.waiting()})
    return GateList(gates=tuple(_gate(desk, *key) for key in keys if only in {None, key[0]}))


def open_(desk: Desk, asked: OpenGate) -> Gate:
    """Let what waits go on, which it has done when this is answered."""
    name = desk.namespace(asked.namespace)
    desk.engine.gates.open(name, asked.gate, once=asked.once)
    return _gate(desk, name, asked.gate)


def close(desk: Desk, asked: OneGate) -> Gate:
    """Let nobody through any more."""
    name = desk.namespace(asked.namespace)
    desk.engine.gates.close(name, asked.gate)
    return _gate(desk, name, asked.gate)


def _gate(desk: Desk, namespace: str, name: str) -> Gate:
    gates = desk.engine.gates
    waiting = gates.waiting().get((namespace, name), 0)
    return Gate(namespace=namespace, name=name, open=gates.is_open(namespace, name), waiting=waiting)
