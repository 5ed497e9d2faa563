"""The engine of this package is what a server needs."""

import inspect

from mockllm import engine
from mockllm.net.engine import Engine


def test_the_engine_has_every_method_of_the_port_with_its_parameters():
    methods = [name for name, member in vars(Engine).items() if inspect.isfunction(member) and name[0] != "_"]
    assert sorted(methods) == ["at_gate", "connect", "finish", "handle", "leave", "too_large"]
    for name in methods:
        wanted, given = (list(inspect.signature(getattr(cls, name)).parameters) for cls in (Engine, engine.Engine))
        assert given == wanted, name
