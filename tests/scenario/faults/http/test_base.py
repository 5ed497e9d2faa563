"""What faults of HTTP share."""

import pytest

from mockllm.plan import Close, End, Head, Send, Wait
from mockllm.scenario.faults.base import Layer
from mockllm.scenario.faults.http.base import HeadFault, body_size, head_index, with_header
from mockllm.seeds import Seed
from tests.plans import BODY, body

PAIRS = (("X-A", "1"), ("x-b", "2"), ("x-a", "3"))


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("x-a", "9", (("x-a", "9"), ("x-b", "2"))),
        ("X-B", "9", (("X-A", "1"), ("X-B", "9"), ("x-a", "3"))),
        ("x-c", "9", (*PAIRS, ("x-c", "9"))),
        ("x-a", None, (("x-b", "2"),)),
        ("x-c", None, PAIRS),
    ],
)
def test_a_header_is_changed_in_its_place_and_is_there_once(name, value, expected):
    assert with_header(PAIRS, name, value) == expected


def test_the_head_is_where_it_is():
    assert head_index(body()) == 1
    assert head_index((Wait(5), Close())) is None


def test_the_size_of_a_body_is_that_of_all_its_sends():
    assert body_size((Head(200), Send(b"ab", BODY[0]), Wait(1), Send("é".encode(), BODY[0]), End())) == 4


def test_a_fault_of_the_head_needs_a_change():
    class Nothing(HeadFault):
        kind = "nothing"

    assert Nothing.layer is Layer.HTTP
    with pytest.raises(NotImplementedError):
        Nothing().apply(body(), Seed.of("x"))
