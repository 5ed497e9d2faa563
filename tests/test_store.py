"""Objects of one namespace, bounded and in order."""

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
