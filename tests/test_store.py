"""Objects of one namespace, bounded and in order."""

import pytest

from mockllm.errors import ApiError
from mockllm.store import MOST_OBJECTS, Store, Stored


def thing(number, **value):
    return Stored("completion", f"id-{number}", value)


def test_what_was_put_can_be_got():
    store = Store()
    store.put(thing(1, a=1))
    assert store.get("completion", "id-1") == Stored("completion", "id-1", {"a": 1}, ())
    assert store.get("completion", "id-2") is None
    assert store.get("response", "id-1") is None, "kinds do not mix"


def test_all_objects_of_a_kind_come_in_the_order_of_their_first_put():
    store = Store()
    for number in (3, 1, 2):
        store.put(thing(number))
    store.put(thing(3, changed=True))
    store.put(Stored("response", "other", {}))
    assert [stored.id for stored in store.all("completion")] == ["id-3", "id-1", "id-2"]
    assert store.all("completion")[0].value == {"changed": True}
    assert store.all("file") == ()


def test_delete_tells_whether_there_was_something():
    store = Store()
    store.put(thing(1))
    assert store.delete("completion", "id-1")
    assert not store.delete("completion", "id-1")
    assert not store.delete("file", "id-1")
    assert store.all("completion") == ()


def test_above_the_limit_the_oldest_of_that_kind_goes_first():
    store = Store()
    store.put(Stored("response", "kept", {}))
    for number in range(MOST_OBJECTS + 2):
        store.put(thing(number))
    store.put(thing(2, again=True))
    assert len(store.all("completion")) == MOST_OBJECTS
    assert store.all("completion")[0].id == "id-2"
    assert store.get("completion", "id-1") is None
    assert store.get("response", "kept") is not None


def test_stores_share_nothing():
    first, second = Store(), Store()
    first.put(thing(1))
    assert second.all("completion") == ()


def test_looking_for_objects_is_counted_and_keeping_them_is_not():
    store = Store()
    store.put(thing(1))
    store.delete("completion", "id-1")
    assert store.lookups == 0
    store.get("completion", "id-1")
    store.all("completion")
    assert store.lookups == 2


def test_objects_are_counted_by_kind_as_long_as_there_are_any():
    store = Store()
    for number in (1, 2):
        store.put(thing(number))
    store.put(Stored("response", "other", {}))
    store.delete("response", "other")
    assert store.counts() == {"completion": 2}


def test_details_are_added_to_an_object_that_is_there():
    store = Store()
    store.put(Stored("conversation", "a", {}, (2,), extends=True))
    assert store.all("conversation") == ()
    store.put(Stored("conversation", "a", {"x": 1}, (1,)))
    store.put(Stored("conversation", "a", {}, (2,), extends=True))
    assert store.all("conversation") == (Stored("conversation", "a", {"x": 1}, (1, 2)),)


def test_above_the_limit_of_bytes_the_oldest_goes_but_never_the_last(monkeypatch):
    monkeypatch.setattr("mockllm.store.MOST_CONTENT", 10)
    store = Store()
    for number, size in enumerate((4, 4, 4)):
        store.put(Stored("file", str(number), {}, content=bytes(size)))
    assert [stored.id for stored in store.all("file")] == ["1", "2"]
    store.put(Stored("upload.part", "other", {}, content=bytes(10)))
    assert len(store.all("file")) == 2, "each kind has its own limit"
    store.put(Stored("file", "large", {}, content=bytes(11)))
    assert [stored.id for stored in store.all("file")] == ["large"]


def test_a_label_is_numbered_each_time_it_is_asked_for(monkeypatch):
    monkeypatch.setattr("mockllm.store.MOST_NUMBERED", 2)
    store = Store()
    assert [store.number(label) for label in (b"a", b"b", b"a", b"a", b"b")] == [0, 0, 1, 2, 1]
    store.number(b"c")
    assert store.number(b"a") == 0, "the oldest is forgotten"


def test_where_nothing_is_kept_the_reason_is_told_for_what_is_not_there():
    store = Store(unkept="nobody keeps it")
    store.put(thing(1))
    assert store.get("completion", "id-1") is not None
    with pytest.raises(ApiError, match=r"mockllm: 'id-2' was asked for, but nobody keeps it") as error:
        store.get("completion", "id-2")
    assert (error.value.status, error.value.code) == (404, "nothing_kept")


def test_a_store_is_made_of_what_another_one_holds():
    store = Store()
    store.put(thing(1))
    store.number(b"label")
    same = Store.of({kind: dict(objects) for kind, objects in store.kinds().items()}, dict(store.labels()))
    assert same.get("completion", "id-1") == thing(1)
    assert same.number(b"label") == 1
