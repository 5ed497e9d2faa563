"""The tree between the parser's events and plain data: values with the places where they are written.

Strategy: a node is frozen once its end has been read, so an alias can share it; until then it is an open list or
mapping, which takes its children one by one and objects to keys that cannot stand. Not here: events, limits and
problems with a path (`reader.py`, the one user of this module), and what a scalar means (`core_schema.py`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from mockllm.scenario.base import found

NodePath: TypeAlias = tuple[str | int, ...]
"""The keys and list positions from the top of a document down to a value."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the text; both count characters from 1."""

    line: int
    column: int


At: TypeAlias = tuple[int, int]
"""The line and column of a Mark, which is made when it is asked for: most never are."""


class Node(NamedTuple):
    """A value that has been read whole.

    `name` is the text of a scalar, by which a key is called, and None for lists and mappings; `merges` marks a plain
    `<<`; `inside` has the children by key or position; `height` is 0 for a scalar and 1 for a list of scalars.
    """

    value: object
    at: At
    name: str | None = None
    merges: bool = False
    inside: "Mapping[str | int, Spot]" = MappingProxyType({})
    height: int = 0


Spot: TypeAlias = tuple[At, Node]
"""A child: where its key (in a list, the item) is, and the child."""

Report: TypeAlias = Callable[[str, At], None]
"""Takes an objection and the place it is about."""


class Marks(Mapping[NodePath, tuple[Mark, Mark]]):
    """The marks of a tree, found by walking it: a shared value costs nothing until it is asked for."""

    __slots__ = ("_root",)

    def __init__(self, root: Node) -> None:
        self._root = root

    def __getitem__(self, path: NodePath) -> tuple[Mark, Mark]:
        key, node = self._root.at, self._root
        for step in path:
            if step not in node.inside:
                raise KeyError(path)
            key, node = node.inside[step]
        return Mark(*key), Mark(*node.at)

    def __iter__(self) -> Iterator[NodePath]:
        ahead: list[tuple[NodePath, Node]] = [((), self._root)]
        while ahead:
            path, node = ahead.pop()
            yield path
            ahead.extend(((*path, step), child) for step, (_, child) in reversed(list(node.inside.items())))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(slots=True)
class Anchor:
    """An anchor: its text began after `before` nodes and has `nodes`; `node` is None until its end has been read."""

    at: At
    before: int
    nodes: int = 0
    node: Node | None = None


@dataclass(slots=True)
class Open:
    """A list whose end has not been read; also the document itself, which is a list of one."""

    at: At
    anchor: Anchor | None = None
    inside: dict[str | int, Spot] = field(default_factory=dict)
    height: int = 1

    @property
    def step(self) -> str | int | None:
        """The step from here to the child that is being read; None for a key."""
        return len(self.inside)

    def take(self, node: Node, report: Report) -> None:  # noqa: ARG002 # a list objects to nothing
        """Adds the next child."""
        self.inside[len(self.inside)] = (node.at, node)
        if node.height >= self.height:
            self.height = node.height + 1

    def close(self) -> Node:
        """The whole, now that its end has been read."""
        value = [child.value for _, child in self.inside.values()]
        return Node(value, self.at, inside=self.inside, height=self.height)


@dataclass(slots=True)
class OpenMapping(Open):
    """A mapping whose end has not been read; `key` is the key that waits for its value."""

    key: Node | None = None
    merge: Spot | None = None

    @property
    def step(self) -> str | int | None:
        """The step from here to the value that is being read; None for a key, also for one that was refused."""
        return self.key and self.key.name

    def take(self, node: Node, report: Report) -> None:
        """Adds the next child: a key, then its value."""
        if node.height >= self.height:
            self.height = node.height + 1
        if self.key is None:
            self.key = node
            self._judge_key(node, report)
            return
        if self.key.merges:
            _judge_merge(node, report)
            self.merge = (self.key.at, node)
        elif self.key.name is not None:
            self.inside[self.key.name] = (self.key.at, node)
        self.key = None

    def _judge_key(self, key: Node, report: Report) -> None:
        if key.name is None or key.value is None:
            self.key = key._replace(name=None)
            remedy = 'a template needs quotes, "{{ ... }}"' if isinstance(key.value, dict) else "quote it or name it"
            report(f"a key must be text, found {_kind(key.value)}: {remedy}", key.at)
        elif (earlier := self.merge if key.merges else self.inside.get(key.name)) is not None:
            remedy = "write <<: [*first, *second]" if key.merges else "keep one of them"
            lines = f"on line {earlier[0][0]} and on line {key.at[0]}"
            report(f"the key {found(key.name)} is given twice, {lines}: {remedy}", key.at)

    def close(self) -> Node:
        """The whole with what its merge key brings: that comes first; own keys win, then the earlier mapping."""
        inside = self.inside if self.merge is None else self._merged(self.merge[1])
        value = {step: child.value for step, (_, child) in inside.items()}
        return Node(value, self.at, inside=inside, height=self.height)

    def _merged(self, merge: Node) -> dict[str | int, Spot]:
        inside: dict[str | int, Spot] = {}
        for source in _sources(merge):
            for step, spot in source.inside.items():
                inside.setdefault(step, spot)
        return inside | self.inside


def _judge_merge(node: Node, report: Report) -> None:
    for source in _sources(node):
        if not isinstance(source.value, dict):
            message = f"<< merges a mapping or a list of mappings, found {_kind(source.value)}: write <<: *anchor"
            report(message, source.at)


def _sources(node: Node) -> list[Node]:
    return [child for _, child in node.inside.values()] if isinstance(node.value, list) else [node]


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case list():
            return "a list"
        case dict():
            return "a mapping"
        case _:
            return found(value)
