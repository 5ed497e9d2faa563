"""Everything that is kept, in scripts of 40 calls in random order, beside a small model of what there must be.

Two namespaces go on by turns in each script, and neither ever has what the other has.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.calls import body, error
from tests.resources import Api

CALLS = 40


@dataclass(frozen=True)
class Kind:
    """One kind of object: where it is, how one is made of a number, and what can be done with it."""

    path: str
    make: Callable[[int], Any]
    listed: bool = True
    changed: bool = True
    form: bool = False


def chat(number: int) -> Any:
    messages = [{"role": "user", "content": f"Hi {number}"}]
    return {"model": "gpt-4o", "messages": messages, "store": True, "metadata": {"n": str(number)}}


def metadata(number: int) -> Any:
    return {"metadata": {"n": str(number)}}


KINDS = (
    Kind("/chat/completions", chat),
    Kind("/responses", lambda n: {"model": "gpt-4o", "input": "Hi", **metadata(n)}, listed=False, changed=False),
    Kind("/conversations", metadata, listed=False),
    Kind("/files", lambda n: {"purpose": "user_data", "data": f"file {n}".encode()}, changed=False, form=True),
    Kind("/vector_stores", metadata),
    Kind("/assistants", lambda n: {"model": "gpt-4o", **metadata(n)}),
    Kind("/threads", metadata, listed=False),
)


@dataclass
class Space:
    """A namespace, and what must be in it: objects by kind and id, oldest first."""

    api: Api
    objects: dict[str, dict[str, Any]] = field(default_factory=lambda: {kind.path: {} for kind in KINDS})
    gone: list[tuple[Kind, str]] = field(default_factory=list)

    def keys(self, kind: Kind) -> list[str]:
        return list(self.objects[kind.path])


def create(space: Space, kind: Kind, draw: random.Random) -> None:
    said = kind.make(draw.randrange(3))
    value = space.api.upload(said["data"]) if kind.form else space.api.post(kind.path, said)
    assert value["id"] not in space.objects[kind.path], "an object of its own"
    if "metadata" in said:
        assert kind.path == "/chat/completions" or value["metadata"] == said["metadata"]
    space.objects[kind.path][value["id"]] = (value, said)


def retrieve(space: Space, kind: Kind, draw: random.Random) -> None:
    if keys := space.keys(kind):
        key = draw.choice(keys)
        value, said = space.objects[kind.path][key]
        found = space.api.get(f"{kind.path}/{key}")
        assert found == {**found, **value}, "what the answer said, and perhaps more"
        if "metadata" in said:
            assert found["metadata"] == said["metadata"]
        if kind.form:
            assert space.api.content(key) == said["data"]


def change(space: Space, kind: Kind, draw: random.Random) -> None:
    if kind.changed and (keys := space.keys(kind)):
        key = draw.choice(keys)
        value, said = space.objects[kind.path][key]
        new = metadata(draw.randrange(3, 9))
        found = space.api.post(f"{kind.path}/{key}", new)
        assert found["metadata"] == new["metadata"]
        space.objects[kind.path][key] = (
            {**value, **({"metadata": new["metadata"]} if "metadata" in value else {})},
            {**said, **new},
        )


def delete(space: Space, kind: Kind, draw: random.Random) -> None:
    if keys := space.keys(kind):
        key = draw.choice(keys)
        receipt = space.api.delete(f"{kind.path}/{key}")
        assert (receipt["id"], receipt["deleted"]) == (key, True)
        del space.objects[kind.path][key]
        space.gone.append((kind, key))


def enumerate_all(space: Space, kind: Kind, draw: random.Random) -> None:
    """Follows the pages of a list as the clients do."""
    if not kind.listed:
        return
    order, limit = draw.choice(("asc", "desc")), draw.randrange(1, 4)
    seen: list[str] = []
    after = ""
    while True:
        page = space.api.get(f"{kind.path}?order={order}&limit={limit}{after}")
        seen += [each["id"] for each in page["data"]]
        if not page["has_more"]:
            break
        after = f"&after={page['data'][-1]['id']}"
    assert seen == (space.keys(kind) if order == "asc" else space.keys(kind)[::-1])


def miss(space: Space, kind: Kind, draw: random.Random) -> None:
    """What was deleted is not there any more, whatever is asked of it."""
    if space.gone:
        kind, key = draw.choice(space.gone)
        for method in ("GET", "DELETE"):
            assert error(space.api.ask(method, f"{kind.path}/{key}"))["status"] == 404


OPERATIONS = (create, create, create, retrieve, change, delete, enumerate_all, miss)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_kept_is_what_a_model_says_and_no_namespace_sees_another(seed):
    draw = random.Random(seed)
    keeper = Api()
    spaces = [Space(keeper.run("one")), Space(keeper.run("two"))]
    for _ in range(CALLS):
        draw.choice(OPERATIONS)(draw.choice(spaces), draw.choice(KINDS), draw)
    for space, other in (spaces, spaces[::-1]):
        for kind in KINDS:
            enumerate_all(space, kind, draw)
            for key in space.keys(kind):
                retrieve(space, kind, draw)
                refused = error(other.api.ask("GET", f"{kind.path}/{key}"))
                assert refused["status"] == 404
                assert error(other.api.ask("DELETE", f"{kind.path}/{key}"))["status"] == 404


def test_what_refers_to_an_object_of_another_namespace_finds_none():
    keeper = Api()
    one, two = keeper.run("one"), keeper.run("two")
    key = one.upload(b"{}", purpose="batch")["id"]
    assistant, thread = one.post("/assistants", {"model": "m"})["id"], one.post("/threads", {})["id"]
    batch = {"input_file_id": key, "endpoint": "/v1/responses", "completion_window": "24h"}
    assert body(two.ask("POST", "/batches", batch))["error"]["param"] == "input_file_id"
    assert error(two.ask("POST", "/vector_stores", {"file_ids": [key]}))["status"] == 404
    assert error(two.ask("POST", f"/threads/{thread}/runs", {"assistant_id": assistant}))["status"] == 404
    other = two.post("/threads", {})["id"]
    assert error(two.ask("POST", f"/threads/{other}/runs", {"assistant_id": assistant}))["status"] == 404


def test_a_reset_forgets_one_namespace_and_no_other():
    keeper = Api()
    one, two = keeper.run("one"), keeper.run("two")
    key, other = one.upload()["id"], two.upload()["id"]
    keeper.engine.reset("keeper@one")
    assert (one.ids("/files"), two.ids("/files")) == ([], [other])
    assert one.upload()["id"] == key, "a namespace begins anew"
