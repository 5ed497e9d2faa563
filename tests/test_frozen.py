"""Values that are made faster are the values of their class, and as frozen."""

import pickle
from copy import deepcopy
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from mockllm.exchange import Exchange
from mockllm.frozen import maker
from mockllm.request import Call, Headers, Request


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    names: list[str] = field(default_factory=list)


point = maker(Point)


def test_a_value_is_one_of_its_class_whatever_was_left_out():
    made = point(1)
    assert type(made) is Point
    assert made == Point(1, 2, [])
    assert point(1, y=5, names=["a"]) == Point(1, 5, ["a"])
    assert hash(maker(Call)("GET", "/")) == hash(Call("GET", "/"))


def test_each_value_has_defaults_of_its_own():
    assert point(1).names is not point(1).names


def test_nobody_may_change_it():
    made = point(1)
    with pytest.raises(FrozenInstanceError):
        made.x = 5
    with pytest.raises(FrozenInstanceError):
        del made.x


def test_it_can_be_copied_replaced_shown_and_kept_as_any_other():
    made = point(1)
    assert replace(made, x=3) == Point(3)
    assert (deepcopy(made), repr(made)) == (Point(1), repr(Point(1)))
    assert pickle.loads(pickle.dumps(made)) == Point(1)


@pytest.mark.parametrize("arguments", [(), (1, 2, [], 4)])
def test_what_the_class_does_not_take_is_refused(arguments):
    with pytest.raises(TypeError):
        point(*arguments)


def test_a_class_with_more_to_do_is_refused():
    @dataclass(frozen=True)
    class Loose:
        x: int

    @dataclass(frozen=True, slots=True)
    class Counted:
        x: int
        y: int = field(init=False, default=1)

    for kind in (Headers, Loose, Counted):
        with pytest.raises(TypeError, match=kind.__name__):
            maker(kind)


@pytest.mark.parametrize("kind", [Call, Request, Exchange])
def test_the_values_of_a_request_can_be_made_so(kind):
    assert callable(maker(kind))
