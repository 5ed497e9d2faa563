"""What the endpoints of stored objects have in common, whichever objects they are.

Here: an endpoint that is a function, the search for an object with its 404, new ids, and the few forms in which every
such API answers. Not here: cursor pages (`cursor.py`) and what an object looks like (the siblings, one each).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from mockllm.dialects.base import Layout, Result, Surroundings
from mockllm.dialects.rules import Map, Row, Text
from mockllm.errors import ApiError
from mockllm.request import JSON, Request
from mockllm.seeds import Seed
from mockllm.store import Store, Stored

PLAIN = Layout()

METADATA = Row("metadata", Map(Text(most=512), most=16, longest=64))
"""The metadata of an object: 16 texts at most, with short names."""

Answer: TypeAlias = Callable[[Request, Mapping[str, str], Surroundings], Result]
"""From a request, the parameters of its path and the surroundings to what is answered."""


class Answered:
    """An endpoint whose `answer` is the function it was made with."""

    def __init__(self, api: str, answer: Answer, layout: Layout = PLAIN) -> None:
        self.api = api
        self.layout = layout
        self._answer = answer

    def answer(self, request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
        """What the function gives. Raises ApiError where that does."""
        return self._answer(request, parameters, surroundings)


def kept_or_404(store: Store, kind: str, key: str, message: str, *, param: str | None = None) -> Stored:
    """The object of this id. Raises ApiError 404 with the message if it is not kept."""
    if (kept := store.get(kind, key)) is None:
        raise ApiError(404, message, param=param)
    return kept


def details(kept: Stored) -> Sequence[Mapping[str, JSON]]:
    """The objects that belong to a stored one."""
    return [detail for detail in kept.details if isinstance(detail, Mapping)]


def values(store: Store, kind: str, **members: JSON) -> list[Mapping[str, JSON]]:
    """All objects of a kind that have these members, oldest first."""
    return [
        kept.value
        for kept in store.all(kind)
        if all(kept.value.get(name) == wanted for name, wanted in members.items())
    ]


def fresh(surroundings: Surroundings, *labels: str | int) -> Seed:
    """The chance of an object that this request makes. The same request has another when it comes again, and what other
    requests do in between changes none of them.
    """
    seed = surroundings.seed.child("object", *labels)
    return seed.child(surroundings.store.number(seed.key))


def new_id(surroundings: Surroundings, prefix: str, length: int = 24, *labels: str | int) -> str:
    """An id for an object that this request makes."""
    return prefix + fresh(surroundings, prefix, *labels).alphanumeric(length)


def deleted(surroundings: Surroundings, kept: Stored, name: str, key: str | None = None) -> JSON:
    """Forgets the object, and the receipt for that, of the type `name`."""
    surroundings.store.delete(kept.kind, kept.id)
    return {"id": kept.id if key is None else key, "object": name, "deleted": True}


def changed(surroundings: Surroundings, kept: Stored, **members: JSON) -> Mapping[str, JSON]:
    """The object with other members, from now on."""
    value = {**kept.value, **members}
    surroundings.store.put(replace(kept, value=value))
    return value


def given(request: Request, *names: str) -> dict[str, Any]:
    """Those of the named members that the request's body has."""
    return {name: request.json[name] for name in names if name in request.json}
