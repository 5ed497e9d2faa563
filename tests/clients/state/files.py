"""What can be done with stored completions, files, uploads, batches and vector stores, beside the model of them."""

import json

import openai
import pytest

from tests.clients.state.space import MODEL, Space

BATCH_STATES = ("validating", "in_progress", "finalizing", "completed")


def chat(space: Space) -> str:
    said = space.text()
    body = {"model": MODEL, "messages": [{"role": "user", "content": said}], "store": True}
    found = space.client.chat.completions.create(**body, metadata={"said": said})
    assert found.choices[0].message.content == said
    space.all("chat")[found.id] = {"said": said}
    return found.id


def list_chats(space: Space) -> None:
    key, known = space.any("chat")
    assert [each.id for each in space.client.chat.completions.list(limit=2)] == list(space.all("chat"))
    assert [each.content for each in space.client.chat.completions.messages.list(key)] == [known["said"]]
    same = space.client.chat.completions.list(metadata={"said": known["said"]})
    assert [each.id for each in same] == [k for k, v in space.all("chat").items() if v["said"] == known["said"]]


def line(number: int, said: str) -> str:
    body = {"model": MODEL, "messages": [{"role": "user", "content": said}]}
    return json.dumps({"custom_id": f"{number}", "method": "POST", "url": "/v1/chat/completions", "body": body})


def upload(space: Space, purpose: str = "user_data", data: bytes | None = None) -> str:
    data = data or f"the words {space.text()} and {space.text()}".encode()
    made = space.client.files.create(file=("a.txt", data), purpose=purpose)
    space.all("file")[made.id] = {"data": data, "purpose": purpose}
    return made.id


def read_file(space: Space) -> None:
    key, known = space.any("file")
    assert space.client.files.content(key).read() == known["data"]
    order = space.draw.choice(("asc", "desc"))
    found, ids = [each.id for each in space.client.files.list(order=order, limit=2)], list(space.all("file"))
    assert found == (ids if order == "asc" else ids[::-1])


def begin_upload(space: Space) -> str:
    made = space.client.uploads.create(bytes=8, filename="b.txt", mime_type="text/plain", purpose="user_data")
    space.all("upload")[made.id] = {"parts": [], "status": "pending"}
    return made.id


def add_part(space: Space) -> None:
    key, known = space.any("upload", status="pending")
    data = f"{space.draw.randrange(10_000):04}".encode()
    known["parts"].append((space.client.uploads.parts.create(key, data=data).id, data))


def end_upload(space: Space) -> None:
    key, known = space.any("upload", status="pending")
    chosen = space.draw.sample(known["parts"], min(2, len(known["parts"])))
    if len(chosen) < 2:
        known["status"] = space.client.uploads.cancel(key).status
        assert known["status"] == "cancelled"
        return
    done = space.client.uploads.complete(key, part_ids=[part for part, _ in chosen])
    known["status"] = done.status
    assert done.status == "completed"
    space.all("file")[done.file.id] = {"data": b"".join(data for _, data in chosen), "purpose": "user_data"}


def batch(space: Space) -> str:
    said = [space.text() for _ in range(space.draw.randrange(1, 4))]
    file = upload(space, "batch", "\n".join(line(number, text) for number, text in enumerate(said)).encode())
    made = space.client.batches.create(
        input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h", metadata={"n": "1"}
    )
    assert made.status == "validating"
    space.all("batch")[made.id] = {"said": said, "status": "validating"}
    return made.id


def poll_batch(space: Space) -> None:
    """A batch goes on by one state at each look, and its answers are those of its lines."""
    key, known = space.any("batch")
    if known["status"] in {"completed", "cancelled"}:
        assert space.client.batches.retrieve(key).status == known["status"]
        return
    found = space.client.batches.retrieve(key)
    going = known["status"] in BATCH_STATES
    known["status"] = BATCH_STATES[BATCH_STATES.index(known["status"]) + 1] if going else "cancelled"
    assert found.status == known["status"]
    if found.output_file_id:
        data = space.client.files.content(found.output_file_id).read()
        space.all("file")[found.output_file_id] = {"data": data, "purpose": "batch_output"}
        answers = [json.loads(row)["response"]["body"] for row in data.decode().splitlines()]
        told = [answer["choices"][0]["message"]["content"] for answer in answers]
        assert told == (known["said"] if found.status == "completed" else known["said"][: len(told)])


def cancel_batch(space: Space) -> None:
    key, known = space.any("batch")
    if known["status"] in {"completed", "cancelled"}:
        with pytest.raises(openai.BadRequestError):
            space.client.batches.cancel(key)
        return
    known["status"] = space.client.batches.cancel(key).status
    assert known["status"] == "cancelling"
    assert sorted(each.id for each in space.client.batches.list(limit=2)) == sorted(space.all("batch"))


def make_store(space: Space) -> str:
    key, _ = space.any("file")
    made = space.client.vector_stores.create(name="s", file_ids=[key])
    space.all("store")[made.id] = {"files": [key]}
    return made.id


def attach(space: Space) -> None:
    store, known = space.any("store")
    file, _ = space.any("file")
    assert space.client.vector_stores.files.create(store, file_id=file).status == "in_progress"
    if file not in known["files"]:
        known["files"].append(file)
    assert space.client.vector_stores.files.retrieve(file, vector_store_id=store).status == "completed"


def detach(space: Space) -> None:
    store, known = space.any("store")
    if known["files"]:
        file = space.draw.choice(known["files"])
        assert space.client.vector_stores.files.delete(file, vector_store_id=store).deleted
        known["files"].remove(file)


def read_store(space: Space) -> None:
    """A store has its files whether they are there or not; it finds what those say that are."""
    store, known = space.any("store")
    found = space.client.vector_stores.retrieve(store)
    assert found.file_counts.total == len(known["files"])
    listed = space.client.vector_stores.files.list(store, order="asc", limit=2)
    assert sorted(each.id for each in listed) == sorted(known["files"])
    for file in known["files"]:
        if file in space.all("file"):
            words = space.all("file")[file]["data"].decode()
            hits = space.client.vector_stores.search(store, query=words, max_num_results=50).data
            assert file in {hit.file_id for hit in hits}
