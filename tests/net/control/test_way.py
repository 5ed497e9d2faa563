"""By what way an operation is done: at once, or not at all in a worker that knows nothing of the others."""

import pytest

from mockllm.control import clock, gates, journal, namespaces, scenarios, status
from mockllm.control.base import ControlError, Nothing
from mockllm.control.table import OPERATIONS
from mockllm.engine import Engine
from mockllm.net.control.desk import Desk
from mockllm.net.control.way import Alone, Straight
from mockllm.net.server import Server
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text
from mockllm.tally import Tally


@pytest.fixture
def desk():
    engine = Engine(Library(scenarios=[load_text("name: mine")]))
    return Desk(engine, Tally(), Server(engine))


@pytest.mark.parametrize("way", [Straight(), Alone()])
async def test_what_all_workers_answer_alike_is_answered(desk, way):
    told = await way.act(desk, scenarios.LIST, Nothing())
    assert told.scenarios == ("mine",)
    assert (await way.act(desk, status.HEALTH, Nothing())).status == "ok"


async def test_straight_waits_for_what_waits(desk):
    assert (await Straight().act(desk, journal.GET, journal.AskJournal())).exchanges == ()


async def test_alone_refuses_what_would_be_of_one_worker(desk):
    allowed = {
        status.HEALTH,
        status.READY,
        status.VERSION,
        status.OPENAPI,
        status.METRICS,
        scenarios.LIST,
        scenarios.GET,
        scenarios.SOURCE,
        scenarios.CHECK,
    }
    refused = [operation for operation in OPERATIONS if operation not in allowed]
    assert {journal.GET, gates.OPEN, namespaces.BIND, clock.PUT} < set(refused)
    for operation in refused:
        with pytest.raises(ControlError, match="--state redis://HOST:PORT") as error:
            await Alone().act(desk, operation, None)
        assert (error.value.status, error.value.code) == (409, "no_common_state")
