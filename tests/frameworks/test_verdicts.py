"""Every deviation is explained or fails the run, and no explanation outlives its deviation."""

import pytest

from tests.frameworks.clients import CLIENTS, EXERCISES, Client, Variant
from tests.frameworks.expected import Verdict
from tests.frameworks.known import ABSENT, KNOWN, Known
from tests.frameworks.verdicts import explained, stale, unexplained

CLIENT = Client("c", "C", "c", "c.py", (), (Variant("sync", "chat"), Variant("async", "chat")))
OK = Verdict("ok")
OFF = Verdict("wrong", "3 calls, not 1")
KNOWN_HERE = Known("c", ("sync", "async"), ("text",), "3 calls", "it repeats")


def verdicts(**of):
    return {variant.id: {"text": of.get(f"{variant.id}_", OK)} for variant in CLIENT.variants}


def test_a_known_deviation_has_its_reason_and_nobody_complains():
    found = verdicts(sync_=OFF, async_=OFF)
    cells = explained(CLIENT, found, [KNOWN_HERE])
    assert {row["text"].reason for row in cells.values()} == {"it repeats"}
    assert unexplained(CLIENT, cells) == []
    assert stale(CLIENT, found, [KNOWN_HERE]) == []


@pytest.mark.parametrize(
    "known",
    [
        Known("d", ("sync",), ("text",), "3 calls", "another client"),
        Known("c", ("async",), ("text",), "3 calls", "another variant"),
        Known("c", ("sync",), ("usage",), "3 calls", "another exercise"),
        Known("c", ("sync",), ("text",), "2 calls", "another deviation in the same place"),
    ],
)
def test_a_deviation_that_no_entry_fits_is_unexplained(known):
    cells = explained(CLIENT, verdicts(sync_=OFF), [known])
    assert unexplained(CLIENT, cells) == ["c sync text: 3 calls, not 1"]


def test_an_entry_is_stale_in_each_place_where_it_does_not_happen():
    found = stale(CLIENT, verdicts(sync_=OFF), [KNOWN_HERE])
    assert found == ["c async text: known, but it does not happen any more: 3 calls"]
    assert stale(CLIENT, verdicts(), [Known("c", ("no",), ("text",), "3 calls", "a variant that is gone")]) != []


def test_entries_of_other_clients_are_not_stale():
    assert stale(CLIENT, verdicts(), [Known("d", ("sync",), ("text",), "3 calls", "another client")]) == []


def test_what_a_framework_has_no_feature_for_needs_no_entry():
    assert unexplained(CLIENT, explained(CLIENT, verdicts(sync_=Verdict("cannot", "no tools")), [])) == []


def test_the_table_of_deviations_names_what_there_is():
    clients = {client.id: {variant.id for variant in client.variants} for client in CLIENTS}
    for entry in KNOWN:
        assert set(entry.variants) <= clients[entry.client]
        assert set(entry.exercises) <= set(EXERCISES)
        assert entry.says
        assert entry.reason
    for absent in ABSENT:
        assert absent.client in clients
