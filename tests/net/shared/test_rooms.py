"""A room as one value: what one worker packs another has, and what it does not know it begins anew."""

import pytest

from mockllm.cli.shelf import Shelf
from mockllm.engine import Engine
from mockllm.net.shared import rooms as module
from mockllm.net.shared.rooms import SHELF, Asked, Rooms
from mockllm.scenario.library import Library
from tests.calls import chat
from tests.net.shared.team import engine_of

TEXT = "rules: [{replies: [one, two]}]"


def pair(*texts):
    return [Rooms(engine_of(*texts)) for _ in range(2)]


def passed(left, right, name, version="1"):
    """The room, from one to the other."""
    data = left.pack(name)
    right.put(name, version, data)
    return data


def test_a_room_that_has_nothing_is_empty():
    left, right = pair(TEXT)
    assert passed(left, right, "scenario", "0") == b""
    assert right.known() == ("scenario",)


def test_a_state_goes_on_elsewhere():
    left, right = pair(TEXT)
    left._engine.handle(chat())
    data = passed(left, right, "scenario")
    assert right.pack("scenario") == data
    state = right._engine.get("scenario")
    assert (state.taken, state.scenario is right._engine.library.default()) == ({0: 1}, True)
    assert right.version("scenario") == "1"


def test_a_call_depends_on_the_rooms_that_its_address_asks_for():
    left, _ = pair("name: first", "name: other")
    assert left.asked_by(chat()) == ((SHELF, "default", "first"), "first")
    assert left.asked_by(chat("/other@run/v1")) == ((SHELF, "other@run"), "other@run")
    # It may be a path of a vendor, under the default scenario.
    assert left.asked_by(chat("/nobody/v1")) == ((SHELF, "nobody", "default", "first"), None)


def test_bindings_are_asked_and_remember_it():
    asked = Asked({"a": None})
    assert ("a" in asked, "b" in asked, asked["a"], list(asked), len(asked)) == (True, False, None, ["a"], 2)
    assert list(asked.names) == ["a", "b"]


def test_a_scenario_that_a_recipe_makes_is_one_object(monkeypatch):
    left, _ = pair(TEXT)
    recipe = {"given": "rules: [{replies: [a]}]", "called": "x", "seed": 5}
    made = left.made(recipe)
    assert (made.name, made.seed, left.made(dict(recipe)) is made) == ("x", 5, True)
    assert left.made({"library": "scenario", "edition": ""}).rules == left._engine.library.default().rules
    monkeypatch.setattr(module, "MOST_MADE", 2)
    left.made({"library": "scenario", "edition": "", "seed": 1})
    assert left.made(recipe) is not made, "the oldest is forgotten first"


def test_a_bound_scenario_its_state_and_what_it_replaced_go_along():
    left, right = pair(TEXT)
    recipe = {"given": "rules: [{replies: [a, b]}]", "called": None}
    left.recipes["default@run"] = recipe
    left._engine.replace("default@run", left.made(recipe), None)
    left._engine.handle(chat("/@run/v1"))
    left.replaced["default@run"] = [left._engine.get("default@run")]
    passed(left, right, "default@run")
    state = right._engine.get("default@run")
    assert (state.taken, state.scenario is right._engine.bindings()["default@run"]) == ({0: 1}, True)
    assert [old.taken for old in right.replaced["default@run"]] == [{0: 1}]
    left._engine.replace("default@run", None, None)
    left.recipes.clear()
    left.replaced.clear()
    passed(left, right, "default@run")
    assert (right._engine.bindings(), right.recipes, right.replaced) == ({}, {}, {})


def on_shelf(folder):
    return Rooms(Engine(Shelf(Library.of_paths([folder]).entries())))


def test_a_file_that_is_another_one_here_begins_anew(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(TEXT)
    left, same = on_shelf(tmp_path), on_shelf(tmp_path)
    left._engine.handle(chat())
    passed(left, same, "a")
    assert same._engine.get("a").taken == {0: 1}
    file.write_text("rules: [{replies: [three, four]}]")
    other = on_shelf(tmp_path)
    passed(left, other, "a")
    assert other._engine.get("a") is None
    # A worker that takes up the new file knows that the state is of the old one.
    same._engine.library.refresh([tmp_path])
    passed(same, other, "a")
    assert other._engine.get("a") is None


def test_a_scenario_that_is_not_here_begins_anew():
    left, _ = pair(TEXT)
    left._engine.handle(chat())
    elsewhere = Rooms(engine_of("name: other"))
    passed(left, elsewhere, "scenario")
    assert elsewhere._engine.get("scenario") is None
    # And one that is gone meanwhile has no origin.
    left._engine.library.remove("scenario")
    passed(left, elsewhere, "scenario")
    assert elsewhere._engine.get("scenario") is None


def test_added_scenarios_go_along():
    left, right = pair(TEXT)
    for name, given in (("x", "rules: [{replies: [a]}]"), ("y", "rules: [{replies: [b]}]")):
        left.add(name, {"given": given, "called": name, "default": False})
    passed(left, right, SHELF)
    assert right._engine.library.names() == ("scenario", "x", "y")
    kept = right._engine.library.get("y")
    left.remove("x")
    left.remove("never was there")
    passed(left, right, SHELF)
    assert right._engine.library.names() == ("scenario", "y")
    assert right._engine.library.get("y") is kept
    assert list(right.added) == ["y"]


def test_gates_go_along():
    left, right = pair(TEXT)
    left._engine.gates.open("scenario", "g")
    passed(left, right, "scenario")
    assert right._engine.gates.is_open("scenario", "g")


def test_what_is_doubted_is_read_again():
    left, _ = pair(TEXT)
    left.put("a", "3", b"")
    left.put("b", "4", b"")
    left.doubt("a")
    assert (left.version("a"), left.version("b"), left.version("c")) == (module.UNKNOWN, "4", "0")
    left.doubt_all()
    assert left.version("b") == module.UNKNOWN


@pytest.mark.parametrize("name", ["a", SHELF])
def test_an_empty_room_is_put_in_the_place_of_a_full_one(name):
    left, right = pair(TEXT)
    right.put(name, "0", left.pack(name))
    assert right.pack(name) == b""
