"""Faults of HTTP."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from mockllm.plan import Close, Head, Wait, render
from mockllm.scenario.faults import AnyFault
from mockllm.scenario.faults.http import Status
from mockllm.seeds import Seed
from tests.plans import body, stream

SEED = Seed.of("fault")
FAULT: TypeAdapter[AnyFault] = TypeAdapter(AnyFault)


@given(st.sampled_from([stream(), body()]), st.integers(200, 999))
def test_only_the_status_changes(plan, code):
    before = tuple(plan)
    changed = Status(code=code).apply(plan, SEED)
    assert plan == before, "the plan that was given stays as it is"
    assert Status(code=code).apply(plan, SEED) == changed
    for old, new in zip(plan, changed, strict=True):
        if isinstance(old, Head):
            assert new == Head(code, old.headers, old.body, "fault: status")
        else:
            assert new is old


def test_the_timeline_names_the_fault():
    assert render(Status(code=500).apply(stream(), SEED)).startswith(
        "  0.000  head   500 text/event-stream    (fault: status)\n"
    )


@pytest.mark.parametrize("plan", [(), (Wait(5), Close())])
def test_an_answer_without_a_head_is_reported(plan):
    assert Status(code=500).apply(plan, SEED) is None


def test_the_number_alone_is_enough():
    assert (
        FAULT.validate_python({"status": 500}) == FAULT.validate_python({"status": {"code": 500}}) == Status(code=500)
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (199, "expected a value of at least 200, found 199"),
        (1000, "expected a value of at most 999, found 1000"),
        ("500", "expected a whole number, found '500': remove the quotes"),
    ],
)
def test_what_is_no_status_is_refused(written, message):
    with pytest.raises(ValidationError) as error:
        FAULT.validate_python({"status": written})
    [details] = error.value.errors()
    assert (details["loc"], details["msg"]) == (("status",), message)
