"""The engine of this package is what a server needs."""

import inspect

from mockllm import engine
from mockllm.net.engine import Engine, told
from mockllm.net.shared.engine import SharedEngine


def test_the_engine_has_every_method_of_the_port_with_its_parameters():
    methods = [name for name, member in vars(Engine).items() if inspect.isfunction(member) and name[0] != "_"]
    assert sorted(methods) == ["at_gate", "connect", "finish", "handle", "leave", "refuse", "too_large"]
    for name in methods:
        wanted, *given = (
            list(inspect.signature(getattr(cls, name)).parameters) for cls in (Engine, engine.Engine, SharedEngine)
        )
        assert given == [wanted, wanted], name


async def test_what_is_decided_is_told_at_once_or_after_a_wait():
    async def later():
        return 2

    assert [await told(1), await told(None), await told(later())] == [1, None, 2]
