"""Charges and places, of several limits and sharers."""

import pytest

from mockllm import usage as usages
from mockllm.errors import ApiError
from mockllm.limits import Place
from mockllm.request import Call, Request
from mockllm.scenario.limits import Limit
from mockllm.scenario.pace.load import Load
from mockllm.usage import FREE, Charge, Usage

ONE_AT_A_TIME = Limit.model_validate({"concurrent": 1, "queue": 1})
BOTH = Limit.model_validate({"requests": "3/min", "concurrent": 1})


def asking(model="gpt-4o", at_us=0):
    return Request("chat", Call("POST", "/", at_us=at_us), model=model)


def test_nothing_is_told_where_nothing_is_limited():
    assert Charge() == FREE


def test_places_are_taken_waited_for_and_freed_in_order():
    usage = Usage()
    places = [usage.charge(0, ONE_AT_A_TIME, asking(), number).place for number in (7, 8)]
    assert places == [Place.RUNS, Place.WAITS]
    with pytest.raises(ApiError, match="concurrent requests"):
        usage.charge(0, ONE_AT_A_TIME, asking(), 9)
    assert usage.leave(9) is None
    assert usage.leave(7) == 8
    assert usage.leave(7) is None
    assert usage.leave(8) is None
    assert (usage.slots, usage.places) == ({}, {})


def test_one_that_waits_may_go_away():
    usage = Usage()
    for number in (7, 8):
        usage.charge(0, ONE_AT_A_TIME, asking(), number)
    assert usage.leave(8) is None
    assert usage.charge(0, ONE_AT_A_TIME, asking(), 9).place is Place.WAITS
    assert usage.leave(7) == 9


def test_sharers_and_limits_have_places_of_their_own():
    usage = Usage()
    asked = [(0, asking("a")), (0, asking("b")), (1, asking("a"))]
    assert [usage.charge(limit, BOTH, request, index).place for index, (limit, request) in enumerate(asked)] == [
        Place.RUNS
    ] * 3


def test_a_request_that_is_not_worked_on_is_charged_and_takes_no_place():
    usage = Usage()
    charge = usage.charge(0, BOTH, asking(), None)
    assert (charge.place, dict(charge.told)["x-ratelimit-remaining-requests"]) == (None, "2")
    assert (usage.slots, usage.places) == ({}, {})


def test_without_a_place_a_request_is_charged_all_the_same_and_told_what_remains():
    usage = Usage()
    usage.charge(0, BOTH, asking(), 1)
    with pytest.raises(ApiError) as caught:
        usage.charge(0, BOTH, asking(), 2)
    assert (caught.value.status, caught.value.type) == (429, "requests")
    assert dict(caught.value.headers)["x-ratelimit-remaining-requests"] == "1"
    assert "retry-after" not in dict(caught.value.headers)


def test_a_request_above_its_rate_takes_no_place():
    usage = Usage()
    usage.charge(0, Limit.model_validate({"requests": "1/min", "concurrent": 9}), asking(), 1)
    usage.leave(1)
    with pytest.raises(ApiError, match="requests per min"):
        usage.charge(0, Limit.model_validate({"requests": "1/min", "concurrent": 9}), asking(), 2)
    assert usage.slots == {}


def test_the_oldest_sharer_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(usages, "MOST_SHARERS", 2)
    usage = Usage()
    for model in ("a", "b", "c"):
        usage.charge(0, BOTH, asking(model), None)
    assert [key[1][1] for key, _, _ in usage.levels()] == ["b", "c"]


def test_the_levels_of_all_limits_are_told_together():
    usage = Usage()
    usage.charge(0, BOTH, asking("a"), 1)
    usage.charge(0, BOTH, asking("b"), None)
    (first, second) = usage.levels()
    assert (first[0], first[1][0].unit, first[2].running) == ((0, ("", "a")), "requests", (1,))
    assert (second[0], second[2]) == ((0, ("", "b")), None)


# Load.


def test_load_gives_places_and_who_waits_is_as_slow_as_all_others_make_it():
    usage, load = Usage(), Load.model_validate({"slots": 2, "queue": 1, "slowdown": "50%"})
    charges = [usage.enter(load, asking(), number, (("x", "1"),)) for number in (7, 8, 9)]
    assert [charge.place for charge in charges] == [Place.RUNS, Place.RUNS, Place.WAITS]
    assert [charge.slowness for charge in charges] == [1, 1.5, 1.5]
    assert {charge.told for charge in charges} == {(("x", "1"),)}
    with pytest.raises(ApiError) as error:
        usage.enter(load, asking(), 10, (("x", "1"),))
    assert (error.value.status, error.value.code) == (503, "server_is_overloaded")
    assert error.value.headers == (("x", "1"),)
    assert usage.leave(7) == 9
    assert usage.leave(8) is None
    assert usage.enter(load, asking(), 11, ()).slowness == 1.5
    assert (usage.leave(9), usage.leave(11), usage.slots) == (None, None, {})
