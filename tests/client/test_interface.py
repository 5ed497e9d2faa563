"""What `MockLLM` and `RemoteMockLLM` have in common."""

import inspect

import pytest

from mockllm.client.interface import MockServer
from mockllm.client.remote import RemoteMockLLM
from mockllm.net.mock import MockLLM

NAMES = sorted(name for name in vars(MockServer) if not name.startswith("_") or name == "__call__")


@pytest.mark.parametrize("cls", [MockLLM, RemoteMockLLM])
@pytest.mark.parametrize("name", NAMES)
def test_each_of_them_has_every_member_with_at_least_these_parameters(cls, name):
    wanted, found = inspect.getattr_static(MockServer, name), inspect.getattr_static(cls, name)
    assert isinstance(found, property) == isinstance(wanted, property)
    if isinstance(wanted, property):
        return
    parameters, others = inspect.signature(wanted).parameters, inspect.signature(found).parameters
    assert [(it.name, it.kind, it.default) for it in parameters.values()] == [
        (others[it].name, others[it].kind, others[it].default) for it in parameters
    ]
    extra = [others[name] for name in others.keys() - parameters.keys()]
    assert all(it.default is not inspect.Parameter.empty for it in extra)
    assert inspect.iscoroutinefunction(found) == inspect.iscoroutinefunction(wanted)
