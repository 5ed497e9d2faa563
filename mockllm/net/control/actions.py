"""Who does what: one function for each operation of the table.

Here: the table, which the type checker compares with the operations. Not here: the functions (one file for each
subject).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from mockllm.control import clock as clock_operations
from mockllm.control import events as event_operations
from mockllm.control import exchanges as exchange_operations
from mockllm.control import faults as fault_operations
from mockllm.control import gates as gate_operations
from mockllm.control import journal as journal_operations
from mockllm.control import limits as limit_operations
from mockllm.control import namespaces as namespace_operations
from mockllm.control import scenarios as scenario_operations
from mockllm.control import status as status_operations
from mockllm.control.base import Answer, Asked, Operation, Told
from mockllm.net.control import clock, events, exchanges, faults, gates, journal, limits, namespaces, scenarios, status
from mockllm.net.control.desk import Desk

Action: TypeAlias = Callable[[Desk, Any], Answer | Awaitable[Answer]]
"""What an operation does, at once or after a wait."""


def _does(
    operation: Operation[Asked, Told], act: Callable[[Desk, Asked], Told | Awaitable[Told]]
) -> tuple[str, Action]:
    return operation.name, act


ACTIONS: Mapping[str, Action] = dict(
    (
        _does(status_operations.HEALTH, status.health),
        _does(status_operations.READY, status.ready),
        _does(status_operations.VERSION, status.version_of),
        _does(status_operations.METRICS, status.metrics),
        _does(status_operations.OPENAPI, status.openapi),
        _does(scenario_operations.LIST, scenarios.listing),
        _does(scenario_operations.GET, scenarios.show),
        _does(scenario_operations.SOURCE, scenarios.source),
        _does(scenario_operations.PUT, scenarios.put),
        _does(scenario_operations.CHECK, scenarios.check),
        _does(scenario_operations.DELETE, scenarios.delete),
        _does(namespace_operations.LIST, namespaces.listing),
        _does(namespace_operations.GET, namespaces.show),
        _does(namespace_operations.RESET_ALL, namespaces.reset_all),
        _does(namespace_operations.RESET, namespaces.reset),
        _does(namespace_operations.DROP, namespaces.drop),
        _does(namespace_operations.BIND, namespaces.bind),
        _does(namespace_operations.GET_SEED, namespaces.seed),
        _does(namespace_operations.PUT_SEED, namespaces.put_seed),
        _does(namespace_operations.PROBLEMS, namespaces.problems),
        _does(journal_operations.GET, journal.show),
        _does(journal_operations.LINES, journal.lines),
        _does(journal_operations.HAR, journal.archive),
        _does(journal_operations.RECORDS, journal.records),
        _does(journal_operations.CLEAR, journal.clear),
        _does(journal_operations.WAIT_IDLE, journal.wait_idle),
        _does(journal_operations.WAIT_FOR, journal.wait_for),
        _does(exchange_operations.GET, exchanges.show),
        _does(exchange_operations.EXPLAIN, exchanges.explain),
        _does(event_operations.WATCH, events.watch),
        _does(gate_operations.LIST, gates.listing),
        _does(gate_operations.OPEN, gates.open_),
        _does(gate_operations.CLOSE, gates.close),
        _does(fault_operations.LIST, faults.listing),
        _does(fault_operations.ADD, faults.add),
        _does(fault_operations.CLEAR, faults.clear),
        _does(limit_operations.GET, limits.levels),
        _does(limit_operations.RESET, limits.reset),
        _does(clock_operations.GET, clock.show),
        _does(clock_operations.PUT, clock.put),
        _does(clock_operations.ADVANCE, clock.advance),
        _does(clock_operations.RUN_IDLE, clock.run_until_idle),
    )
)
