"""Attributes of other people's objects, replaced for a while.

Here: putting them there and taking them back. Not here: which ones (`blocking.py`, `walls.py`, `threads.py`).
"""

from typing import Any


class Patches:
    """What was replaced, and by what."""

    def __init__(self) -> None:
        self._before: list[tuple[Any, str, Any, bool]] = []

    def put(self, owner: Any, name: str, value: object) -> None:
        """Replace an attribute."""
        own = name in vars(owner)
        self._before.append((owner, name, vars(owner)[name] if own else None, own))
        setattr(owner, name, value)

    def undo(self) -> None:
        """Take everything back, the last first. What was inherited is inherited again."""
        while self._before:
            owner, name, value, own = self._before.pop()
            if own:
                setattr(owner, name, value)
            else:
                delattr(owner, name)
