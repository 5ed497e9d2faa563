"""What all endpoints of stored objects share."""

import pytest

from mockllm.dialects.base import Layout, Surroundings
from mockllm.dialects.kept import (
    METADATA,
    Answered,
    changed,
    deleted,
    details,
    fresh,
    given,
    kept_or_404,
    new_id,
    values,
)
from mockllm.dialects.rules import check_rows
from mockllm.errors import ApiError
from mockllm.request import Call, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored

REQUEST = Request("things", Call("GET", "/v1/things"), {"name": None, "size": 2})


@pytest.fixture
def around():
    return Surroundings((), 0, Store(), lambda _request: 0, Seed.of("request"))


def test_an_endpoint_answers_with_its_function(around):
    endpoint = Answered("things", lambda request, parameters, around: [request.api, parameters["id"], around.created])
    assert endpoint.answer(REQUEST, {"id": "x"}, around) == ["things", "x", 0]
    assert (endpoint.api, endpoint.layout) == ("things", Layout())
    assert Answered("things", lambda *_: None, Layout(0)).layout == Layout(0)


def test_an_object_that_is_not_kept_is_not_found(around):
    around.store.put(thing := Stored("thing", "t", {"id": "t"}))
    assert kept_or_404(around.store, "thing", "t", "No {x}.") == thing
    with pytest.raises(ApiError, match=r"No \{x\}\.") as caught:
        kept_or_404(around.store, "thing", "other", "No {x}.", param="id")
    assert (caught.value.status, caught.value.code, caught.value.param) == (404, None, "id")


def test_details_are_the_objects_among_what_is_kept_beside_a_value():
    assert details(Stored("thing", "t", {}, ({"id": "1"}, None, "x"))) == [{"id": "1"}]


def test_values_are_all_that_have_the_members_that_are_asked_for(around):
    for key, of in (("1", "a"), ("2", "b"), ("3", "a")):
        around.store.put(Stored("thing", key, {"id": key, "of": of}))
    assert [value["id"] for value in values(around.store, "thing")] == ["1", "2", "3"]
    assert [value["id"] for value in values(around.store, "thing", of="a")] == ["1", "3"]


def test_the_same_request_makes_other_ids_each_time_and_others_change_none_of_them():
    def ids(*prefixes):
        around = Surroundings((), 0, Store(), lambda _request: 0, Seed.of("request"))
        return [new_id(around, prefix) for prefix in prefixes]

    first, second = ids("a-", "a-")
    assert first != second
    assert ids("b-", "a-", "b-", "a-")[1::2] == [first, second]
    assert first.startswith("a-")
    assert len(first) == 26


def test_labels_tell_the_objects_of_one_request_apart(around):
    assert fresh(around, "thing", "one") != fresh(around, "thing", "two")
    assert fresh(around, "thing") != fresh(around, "thing")


def test_a_deleted_object_leaves_a_receipt(around):
    around.store.put(thing := Stored("thing", "a/t", {}))
    assert deleted(around, thing, "thing.deleted", "t") == {"id": "t", "object": "thing.deleted", "deleted": True}
    assert around.store.get("thing", "a/t") is None
    assert deleted(around, thing, "thing")["id"] == "a/t"


def test_a_changed_object_keeps_what_belongs_to_it(around):
    thing = Stored("thing", "t", {"id": "t", "a": 1}, ({"id": "d"},), content=b"bytes")
    assert changed(around, thing, a=2) == {"id": "t", "a": 2}
    assert around.store.get("thing", "t") == Stored("thing", "t", {"id": "t", "a": 2}, ({"id": "d"},), content=b"bytes")


def test_what_is_given_may_be_null_but_not_absent():
    assert given(REQUEST, "name", "colour") == {"name": None}


@pytest.mark.parametrize("metadata", [{"a": 1}, {"a": "x" * 513}, {"x" * 65: "a"}, {str(n): "" for n in range(17)}])
def test_metadata_are_few_short_texts(metadata):
    check_rows((METADATA,), {"metadata": {str(n): "x" * 512 for n in range(16)}})
    with pytest.raises(ApiError):
        check_rows((METADATA,), {"metadata": metadata})
