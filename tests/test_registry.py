import pytest

from mockllm import registry as registries
from mockllm.address import Address
from mockllm.errors import ApiError, MockLLMError
from mockllm.namespace import Namespace
from mockllm.plan import FOREVER_US
from mockllm.registry import MOST_IDLE_US, Registry, bindable
from mockllm.scenario.load import load_text

ONE = load_text("name: one")
TWO = load_text("name: two")
DAY_US = 24 * 3600 * 1_000_000


def at(run, scenario=ONE):
    return Address(scenario, run, "/models")


def test_state_is_made_on_first_use_and_kept():
    registry = Registry()
    assert (registry.states(), registry.get("one@a")) == ({}, None)
    first = registry.use(at("a"), 5)
    assert first.used_us == 5
    assert registry.use(at("b"), 6) is not first
    assert registry.use(at("a"), 7) is registry.get("one@a") is first
    assert first.used_us == 7
    assert list(registry.states()) == ["one@b", "one@a"]


def test_a_clock_that_goes_back_does_not_make_a_use_older():
    registry = Registry()
    registry.use(at("a"), 7)
    assert registry.use(at("a"), 5).used_us == 7


def test_another_scenario_in_the_same_namespace_begins_anew():
    registry = Registry()
    first = registry.use(Address(ONE, "a", "/", bound="x@a"), 0)
    assert registry.use(Address(TWO, "a", "/", bound="x@a"), 0) is not first
    assert list(registry.states()) == ["x@a"]


def test_the_namespace_that_was_not_used_for_longest_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(registries, "MOST_NAMESPACES", 2)
    registry = Registry()
    for run in ("a", "b", "a", "c"):
        registry.use(at(run), 0)
    assert list(registry.states()) == ["one@a", "one@c"]


def test_what_nobody_uses_is_forgotten_after_longer_than_any_wait_and_any_window_of_a_limit():
    assert max(FOREVER_US, DAY_US) < MOST_IDLE_US
    registry = Registry()
    old, kept = registry.use(at("old"), 0), registry.use(at("kept"), 1)
    assert registry.use(at("kept"), MOST_IDLE_US) is kept
    assert registry.get("one@old") is old
    assert registry.use(at("kept"), MOST_IDLE_US + 1) is kept
    assert registry.get("one@old") is None
    assert registry.use(at("kept"), 2 * MOST_IDLE_US + 2) is not kept


def test_a_binding_holds_until_it_is_dropped_and_begins_anew():
    registry = Registry()
    first = registry.use(at("a"), 0)
    registry.bind("one@a", TWO)
    assert (registry.bindings, registry.get("one@a")) == ({"one@a": TWO}, None)
    second = registry.use(Address(TWO, "a", "/", bound="one@a"), 0)
    registry.bind("one@a", TWO)
    third = registry.use(Address(TWO, "a", "/", bound="one@a"), 0)
    assert len({id(state) for state in (first, second, third)}) == 3
    assert registry.forget("one@a")
    assert not registry.forget("one@a")
    assert registry.bindings == {"one@a": TWO}
    assert registry.drop("one@a")
    assert not registry.drop("one@a")
    assert registry.bindings == {}


def test_what_is_bound_survives_that_all_state_is_forgotten():
    registry = Registry()
    registry.bind("@a", TWO)
    registry.use(at("b"), 0)
    registry.clear()
    assert (registry.states(), registry.bindings) == ({}, {"default@a": TWO})


@pytest.mark.parametrize(
    ("name", "expected"),
    [("one", "one"), ("one@a", "one@a"), ("@a", "default@a"), ("one@", "one"), ("one@a@b", "one@a@b")],
)
def test_a_name_is_bound_as_calls_have_it(name, expected):
    assert bindable(name) == expected


@pytest.mark.parametrize("name", ["", "@", "v1", "v1@a", "a/b", "one@a/b", "one@a b", "-x", "é"])
def test_a_name_that_no_call_can_have_cannot_be_bound(name):
    with pytest.raises(MockLLMError, match="is no name of a namespace: write NAME, NAME@RUN or @RUN"):
        Registry().bind(name, ONE)


def test_a_scenario_that_is_changed_keeps_the_state():
    registry = Registry()
    state = registry.use(Address(ONE, "a", "/"), 0)
    changed = ONE.model_copy(update={"seed": 9})
    assert registry.change("one@a", changed) is state
    assert state.scenario is registry.bindings["one@a"] is changed
    assert registry.use(Address(changed, "a", "/", bound="one@a"), 0) is state
    assert registry.change("other", TWO).scenario is TWO


def test_one_that_keeps_nothing_gives_each_call_the_first_state():
    registry = Registry(keeps=False)
    first = registry.use(at("a"), 7)
    assert registry.use(at("a"), 8) is not first
    assert (registry.states(), first.scenario, first.used_us) == ({}, ONE, 7)
    with pytest.raises(ApiError, match="'x' was asked for, but these workers keep nothing from one call to the next"):
        first.store.get("completion", "x")


def test_what_is_bound_and_the_state_can_be_replaced_and_taken_away():
    registry, state = Registry(), Namespace(TWO)
    registry.replace("one@a", TWO, state)
    assert (registry.bindings, registry.get("one@a")) == ({"one@a": TWO}, state)
    assert registry.use(Address(TWO, "a", "/", bound="one@a"), 0) is state
    registry.replace("one@a", None, None)
    assert (registry.bindings, registry.get("one@a")) == ({}, None)
