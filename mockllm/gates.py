"""Which gates are open, and who waits at those that are closed.

Here: the state of every gate of one server, as plain values that never wait: whoever waits leaves a function that is
called when it may go on. Not here: the step of a plan that is a gate (`plan.Gate`), the fault that puts it there
(`scenario/faults/time.py`), and waiting (`net/gates.py`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Wake: TypeAlias = Callable[[], None]
Key: TypeAlias = tuple[str, str]
"""A namespace, and the name of a gate in it."""

OWN_MARK: Final = "/"
"""What the names of a server's own gates have in them and those of authors never do."""


@dataclass(eq=False, slots=True)
class Visitor:
    """One exchange that waits at a gate, until `wake` is called; `once` if it then used up a pass for one.

    `token` tells it from all others where several processes have one state.
    """

    key: Key
    wake: Wake
    once: bool = False
    token: str = ""


class Gates:
    """The gates of a server. A gate that nobody opened is closed, and one that nobody asked about exists all the same.

    All that is here is touched by one thread, that of the server.
    """

    def __init__(self) -> None:
        self._all_open = False
        self._open: set[Key] = set()
        self._passes: dict[Key, int] = {}
        self._waiting: dict[Key, list[Visitor]] = {}

    def open(self, namespace: str, name: str, *, once: bool = False) -> None:
        """Let all go on that wait at the gate, and all that come until it is closed; with `once` only one: the first
        that waits, or else the next that comes.
        """
        key = (namespace, name)
        if once:
            if key not in self._waiting:
                self._passes[key] = self._passes.get(key, 0) + 1
            else:
                self._release(key, 1, once=True)
        else:
            self._open.add(key)
            self._release(key, len(self._waiting.get(key, ())))

    def open_all(self) -> None:
        """Let everybody through every gate from now on, whatever is closed."""
        self._all_open = True
        for key in tuple(self._waiting):
            self.open(*key)

    def close(self, namespace: str, name: str) -> None:
        """Let nobody through any more, also not by a single pass that nobody has used."""
        self._open.discard((namespace, name))
        self._passes.pop((namespace, name), None)

    def is_open(self, namespace: str, name: str) -> bool:
        """Whether one that comes now would not have to wait."""
        return self._all_open or (namespace, name) in self._open or (namespace, name) in self._passes

    def arrive(self, namespace: str, name: str, wake: Wake, token: str = "") -> Visitor | None:
        """Come to a gate. None if it lets this one through at once, or else `wake` is called once it does."""
        key = (namespace, name)
        if self._all_open or key in self._open:
            return None
        if (passes := self._passes.pop(key, 0)) > 0:
            if passes > 1:
                self._passes[key] = passes - 1
            return None
        visitor = Visitor(key, wake, token=token)
        self._waiting.setdefault(key, []).append(visitor)
        return visitor

    def leave(self, visitor: Visitor) -> None:
        """Wait no longer; does nothing for one that was let through."""
        queue = self._waiting.get(visitor.key, [])
        if visitor in queue:
            queue.remove(visitor)
            if not queue:
                del self._waiting[visitor.key]

    def give_back(self, visitor: Visitor) -> None:
        """One that was let through went away before it went on: a pass for one is for the next."""
        if visitor.once:
            self.open(*visitor.key, once=True)

    def opened(self) -> tuple[Key, ...]:
        """The gates that are open or have a pass left, in the order of their names; without the server's own."""
        return tuple(sorted(key for key in self._open | self._passes.keys() if OWN_MARK not in key[1]))

    def waiting(self) -> dict[Key, int]:
        """How many wait at each gate; without the server's own."""
        return {key: len(queue) for key, queue in sorted(self._waiting.items()) if OWN_MARK not in key[1]}

    def forget(self, namespace: str | None = None) -> None:
        """Close the gates of a namespace, or all. Those that wait go on waiting."""
        for known in (self._open, self._passes):
            for key in [key for key in known if namespace in {None, key[0]}]:
                self.close(*key)

    def told(self, namespace: str) -> dict[str, Any] | None:
        """The gates of a namespace as JSON, with the tokens of those that wait; None if there is nothing to tell."""
        told: dict[str, Any] = {
            "open": sorted(name for space, name in self._open if space == namespace),
            "passes": {name: count for (space, name), count in self._passes.items() if space == namespace},
            "waiting": {
                name: [visitor.token for visitor in queue]
                for (space, name), queue in self._waiting.items()
                if space == namespace
            },
        }
        return told if any(told.values()) else None

    def put(self, namespace: str, told: Mapping[str, Any]) -> None:
        """Let the gates of a namespace be as told. Nobody is woken: whoever waits finds out by its token."""
        self.forget(namespace)
        for key in [key for key in self._waiting if key[0] == namespace]:
            del self._waiting[key]
        self._open.update((namespace, name) for name in told.get("open", ()))
        self._passes.update({(namespace, name): count for name, count in told.get("passes", {}).items()})
        for name, tokens in told.get("waiting", {}).items():
            key = (namespace, name)
            self._waiting[key] = [Visitor(key, _nothing, token=token) for token in tokens]

    def waits(self, namespace: str, token: str) -> bool:
        """Whether one with this token waits at some gate of the namespace."""
        return any(
            visitor.token == token for key, queue in self._waiting.items() if key[0] == namespace for visitor in queue
        )

    def withdraw(self, namespace: str, has: Callable[[str], bool]) -> None:
        """Those whose token has this wait no longer in the namespace."""
        for key in [key for key in self._waiting if key[0] == namespace]:
            for visitor in [visitor for visitor in self._waiting[key] if has(visitor.token)]:
                self.leave(visitor)

    def _release(self, key: Key, count: int, *, once: bool = False) -> None:
        queue = self._waiting.pop(key, [])
        if queue[count:]:
            self._waiting[key] = queue[count:]
        for visitor in queue[:count]:
            visitor.once = once
            visitor.wake()


def _nothing() -> None:
    """What wakes one that waits in another process."""
