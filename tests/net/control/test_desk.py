"""What the operations share."""

import asyncio

import pytest

from mockllm.control.base import ControlError
from mockllm.engine import Engine
from mockllm.net.control import desk as desk_module
from mockllm.net.control.desk import Desk
from mockllm.net.server import Server
from mockllm.scenario.library import Entry, Library
from mockllm.scenario.load import load_text
from mockllm.tally import Tally
from tests.calls import call

HELLO = load_text("{name: hello, rules: [{replies: [hi]}]}")


@pytest.fixture
def desk():
    engine = Engine(Library({}, [HELLO]))
    return Desk(engine, Tally(), Server(engine))


def test_a_namespace_has_the_name_that_its_exchanges_bear(desk):
    assert desk.namespace("hello@run") == "hello@run"
    assert (desk.namespace("@run"), desk.namespace("default"), desk.own("@run")) == (
        "hello@run",
        "hello",
        "default@run",
    )
    desk.engine.bind("@run", HELLO)
    assert desk.namespace("@run") == "default@run"
    desk.engine.library.remove("hello")
    assert desk.namespace("@other") == "default@other"
    desk.engine.library.put(HELLO.model_copy(update={"name": "default"}), default=False)
    assert desk.namespace("@other") == "default@other"
    with pytest.raises(ControlError, match="is no name of a namespace"):
        desk.namespace("a/b")


def test_a_name_that_has_state_is_one_however_it_is_written(tmp_path):
    path = tmp_path / "with space.yaml"
    path.write_text("rules: [{replies: [hi]}]")
    engine = Engine(Library({}, [HELLO.model_copy(update={"name": "with space"})]))
    engine.handle(call("GET", "/with space/v1/models"))
    assert Desk(engine, Tally(), Server(engine)).namespace("with space") == "with space"
    assert Entry(path, tmp_path).group == "."


def test_replaced_states_are_kept_but_not_for_ever(desk, monkeypatch):
    monkeypatch.setattr(desk_module, "MOST_REPLACED", 2)
    for _ in range(3):
        desk.engine.handle(call("GET", "/v1/models"))
        desk.replace("hello")
        desk.engine.bind("hello", HELLO.model_copy())
    assert len(desk.replaced["hello"]) == 2
    desk.replace("hello")  # it has no state now
    assert len(desk.replaced["hello"]) == 2
    desk.forget("hello")
    assert desk.replaced == {}


async def test_only_so_many_calls_wait_at_a_time(desk, monkeypatch):
    monkeypatch.setattr(desk_module, "MOST_WAITS", 1)
    async with desk.waiting(1):
        with pytest.raises(ControlError, match="1 calls wait already") as refused:
            async with desk.waiting(1):
                raise AssertionError
        assert refused.value.status == 503
    async with desk.waiting(1):
        pass


async def test_a_wait_ends_when_its_time_is_up(desk):
    async with desk.waiting(0):
        await asyncio.Event().wait()
    assert desk.waits == 0
