"""What can be done with assistants, threads, messages and runs, beside the model of them."""

import pytest
from openai import BadRequestError, NotFoundError

from tests.clients.state.space import MODEL, Space


def assist(space: Space) -> str:
    made = space.client.beta.assistants.create(model=MODEL, name=space.text())
    space.all("assistant")[made.id] = {"name": made.name}
    return made.id


def rename_assistant(space: Space) -> None:
    key, known = space.any("assistant")
    known["name"] = space.text()
    assert space.client.beta.assistants.update(key, name=known["name"]).name == known["name"]
    order = space.draw.choice(("asc", "desc"))
    found = [(each.id, each.name) for each in space.client.beta.assistants.list(order=order, limit=2)]
    names = [(key, value["name"]) for key, value in space.all("assistant").items()]
    assert found == (names if order == "asc" else names[::-1])


def begin_thread(space: Space) -> str:
    texts = [space.text() for _ in range(space.draw.randrange(3))]
    made = space.client.beta.threads.create(messages=[{"role": "user", "content": text} for text in texts])
    listed = list(space.client.beta.threads.messages.list(made.id, order="asc"))
    messages = [(each.id, each.content[0].text.value) for each in listed]
    assert [text for _, text in messages] == texts
    space.all("thread")[made.id] = {"messages": messages, "runs": {}, "active": None}
    return made.id


def say(space: Space) -> None:
    """A thread takes no message while a run is at work on it."""
    key, known = space.any("thread")
    said = space.text()
    if known["active"]:
        with pytest.raises(BadRequestError, match="while a run"):
            space.client.beta.threads.messages.create(key, role="user", content=said)
        return
    made = space.client.beta.threads.messages.create(key, role="user", content=said)
    known["messages"].append((made.id, said))


def unsay(space: Space) -> None:
    key, known = space.any("thread", active=None)
    if known["messages"]:
        gone = space.draw.choice(known["messages"])
        assert space.client.beta.threads.messages.delete(gone[0], thread_id=key).deleted
        known["messages"].remove(gone)
        with pytest.raises(NotFoundError):
            space.client.beta.threads.messages.retrieve(gone[0], thread_id=key)


def read_thread(space: Space) -> None:
    key, known = space.any("thread", active=None)
    order = space.draw.choice(("asc", "desc"))
    listed = space.client.beta.threads.messages.list(key, order=order, limit=2)
    found = [(each.id, each.content[0].text.value) for each in listed]
    assert found == (known["messages"] if order == "asc" else known["messages"][::-1])
    runs = {run.id: run.status for run in space.client.beta.threads.runs.list(key, limit=2)}
    assert runs == known["runs"]


def begin_run(space: Space) -> None:
    thread, known = space.any("thread", active=None)
    if known["messages"]:
        assistant, _ = space.any("assistant")
        run = space.client.beta.threads.runs.create(thread, assistant_id=assistant)
        assert run.status == "queued"
        known["active"] = run.id


def end_run(space: Space) -> None:
    """A run that is looked at is over, and has answered all that was said; one that was cancelled has not."""
    for thread, known in space.all("thread").items():
        if (run := known["active"]) is not None:
            cancels = space.draw.random() < 1 / 3
            if cancels:
                assert space.client.beta.threads.runs.cancel(run, thread_id=thread).status == "cancelling"
            found = space.client.beta.threads.runs.retrieve(run, thread_id=thread)
            assert found.status == ("cancelled" if cancels else "completed")
            known["runs"][run], known["active"] = found.status, None
            if not cancels:
                answered(space, thread, run)


def answered(space: Space, thread: str, run: str) -> None:
    known = space.all("thread")[thread]
    (new,) = space.client.beta.threads.messages.list(thread, run_id=run)
    assert new.content[0].text.value == "|".join(text for _, text in known["messages"])
    known["messages"].append((new.id, new.content[0].text.value))
    (step,) = space.client.beta.threads.runs.steps.list(run, thread_id=thread)
    assert step.step_details.message_creation.message_id == new.id


def run_streamed(space: Space) -> None:
    thread, known = space.any("thread", active=None)
    if known["messages"]:
        assistant, _ = space.any("assistant")
        with space.client.beta.threads.runs.create(thread, assistant_id=assistant, stream=True) as stream:
            events = list(stream)
        run = events[-1].data
        assert (events[-1].event, run.status) == ("thread.run.completed", "completed")
        deltas = [event.data.delta.content[0].text.value for event in events if event.event == "thread.message.delta"]
        assert "".join(deltas) == "|".join(text for _, text in known["messages"])
        known["runs"][run.id] = run.status
        answered(space, thread, run.id)
