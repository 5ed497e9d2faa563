"""The rate limits of a namespace.

Here: the operations of `mockllm/control/limits.py`.
"""

from mockllm.control.limits import Level, Levels
from mockllm.control.namespaces import OneNamespace
from mockllm.net.control.desk import Desk


def levels(desk: Desk, asked: OneNamespace) -> Levels:
    """The levels at this moment."""
    name = desk.namespace(asked.namespace)
    state = desk.engine.namespaces().get(name)
    now_us = desk.server.clock.now_us()
    found = (
        Level(
            limit=number,
            shared_by=shared_by,
            unit=meter.unit,
            amount=meter.state.limit(now_us),
            remaining=meter.state.remaining(now_us),
            reset_us=meter.state.reset_us(now_us),
        )
        for (number, shared_by), meters, _ in (() if state is None else state.usage.levels())
        for meter in meters
    )
    return Levels(namespace=name, levels=tuple(found))


def reset(desk: Desk, asked: OneNamespace) -> Levels:
    """Every limit is as if no request had come."""
    state = desk.engine.namespaces().get(desk.namespace(asked.namespace))
    if state is not None:
        state.usage.meters.clear()
    return levels(desk, asked)
