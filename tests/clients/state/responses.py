"""What can be done with responses and conversations, beside the model of them."""

from typing import Any

import openai
import pytest

from tests.clients.state.space import MODEL, Space

STATES = ("queued", "in_progress", "completed")


def respond(space: Space) -> str:
    """A response, alone or after another one."""
    earlier = space.draw.choice([*space.all("response"), None])
    if earlier is not None and space.all("response")[earlier]["slow"]:
        earlier = None
    said, history = space.text(), heard(space, earlier)
    found = space.client.responses.create(model=MODEL, input=said, previous_response_id=earlier)
    assert found.output_text == "|".join([*history, said])
    assert found.previous_response_id == earlier
    known = {"earlier": earlier, "texts": [said, found.output_text], "slow": False, "events": None, "value": found}
    space.all("response")[found.id] = known
    return found.id


def heard(space: Space, key: str | None) -> list[str]:
    """What the model is told of a response and all before it; what was deleted hides all before it."""
    known = space.all("response").get(key)
    return [] if known is None else [*heard(space, known["earlier"]), *known["texts"]]


def respond_in_a_conversation(space: Space) -> None:
    key, conversation = space.any("conversation")
    said = space.text()
    told = [text for _, text in conversation["items"]]
    found = space.client.responses.create(model=MODEL, input=said, conversation=key)
    assert found.output_text == "|".join([*told, said])
    known = {"earlier": None, "texts": [said, found.output_text], "slow": False, "events": None, "value": found}
    space.all("response")[found.id] = known
    items = space.client.conversations.items.list(key, order="asc", limit=100)
    new = [(item.id, item.content[0].text) for item in items][len(told) :]
    assert [text for _, text in new] == [said, found.output_text]
    conversation["items"] += new


def respond_in_the_background(space: Space) -> None:
    said = space.draw.choice([space.text(), *(["slow"] if space.can_wait else [])])
    found = space.client.responses.create(model=MODEL, input=said, background=True)
    assert found.status == "queued"
    done = space.client.responses.retrieve(found.id)
    assert said == "slow" or (done.status, done.output_text) == ("completed", said)
    known = {"earlier": None, "texts": [said, said], "slow": said == "slow", "events": None, "value": done}
    space.all("response")[found.id] = known


def stream_in_the_background(space: Space) -> None:
    said = space.text()
    with space.client.responses.create(model=MODEL, input=said, background=True, stream=True) as stream:
        events = list(stream)
    done = events[-1].response
    known = {"earlier": None, "texts": [said, done.output_text], "slow": False, "events": events, "value": done}
    space.all("response")[done.id] = known


def resume(space: Space) -> None:
    """The events after any number are those that came the first time."""
    key, known = space.any("response")
    if known["events"] is None:
        with pytest.raises(openai.BadRequestError):
            list(space.client.responses.retrieve(key, stream=True))
        return
    after = space.draw.randrange(len(known["events"]))
    with space.client.responses.retrieve(key, stream=True, starting_after=after) as stream:
        assert list(stream) == known["events"][after + 1 :]


def look_at_response(space: Space) -> None:
    """What was made in the background goes on, and never back; all else is what it was."""
    key, known = space.any("response")
    found, before = space.client.responses.retrieve(key), known["value"]
    if not known["slow"] or before.status in {"completed", "cancelled"}:
        assert found.to_dict() == {**found.to_dict(), **before.to_dict()}, "what the answer said, and perhaps more"
    else:
        assert STATES.index(found.status) >= STATES.index(before.status)
        known["value"] = found


def cancel_response(space: Space) -> None:
    key, known = space.any("response")
    if not known["value"].background:
        with pytest.raises(openai.BadRequestError, match="synchronous"):
            space.client.responses.cancel(key)
        return
    known["value"] = found = space.client.responses.cancel(key)
    assert found.status == "completed" or (known["slow"] and found.status == "cancelled")


def list_input(space: Space) -> None:
    key, known = space.any("response")
    items = list(space.client.responses.input_items.list(key))
    assert [item.content[0].text for item in items] == known["texts"][:1]


def converse(space: Space) -> str:
    texts = [space.text() for _ in range(space.draw.randrange(3))]
    made = space.client.conversations.create(items=[message(text) for text in texts], metadata={"n": "1"})
    items = list(space.client.conversations.items.list(made.id, order="asc"))
    space.all("conversation")[made.id] = {"items": [(item.id, item.content[0].text) for item in items]}
    assert [item.content[0].text for item in items] == texts
    return made.id


def message(text: str) -> Any:
    return {"type": "message", "role": "user", "content": text}


def add_to_conversation(space: Space) -> None:
    key, known = space.any("conversation")
    texts = [space.text(), space.text()]
    added = space.client.conversations.items.create(key, items=[message(text) for text in texts])
    known["items"] += [(item.id, text) for item, text in zip(added.data, texts, strict=True)]


def read_conversation(space: Space) -> None:
    key, known = space.any("conversation")
    order = space.draw.choice(("asc", "desc"))
    found = [item.id for item in space.client.conversations.items.list(key, order=order, limit=2)]
    ids = [item for item, _ in known["items"]]
    assert found == (ids if order == "asc" else ids[::-1])
    for item in ids[:1]:
        assert space.client.conversations.items.retrieve(item, conversation_id=key).id == item


def take_from_conversation(space: Space) -> None:
    key, known = space.any("conversation")
    if known["items"]:
        item = space.draw.choice(known["items"])
        assert space.client.conversations.items.delete(item[0], conversation_id=key).id == key
        known["items"].remove(item)
        with pytest.raises(openai.NotFoundError):
            space.client.conversations.items.retrieve(item[0], conversation_id=key)
