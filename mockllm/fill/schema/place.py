"""Where the making of a value stands.

Here: `Place`, which goes down with every nested value. Not here: what is made there (`containers.py`, `__init__.py`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from mockllm.fill.schema.document import OPTIONAL_DEPTH, Document
from mockllm.fill.schema.flat import Flat
from mockllm.fill.schema.heights import Heights
from mockllm.request import JSON
from mockllm.seeds import Seed


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the value and in the schema.

    `name` is the property that the value belongs to, also as an item of it. `entered` holds the references that lead
    here. A `lean` value is as small as it may be, because a reference has led here twice or because it is deep.
    `branches` counts the choices taken for this one value.
    """

    document: Document
    heights: Heights
    path: str
    seed: Seed
    name: str = ""
    depth: int = 0
    entered: frozenset[str] = frozenset()
    lean: bool = False
    branches: int = 0

    def at(self, flat: Flat) -> "Place":
        """The same place with the schema's references followed."""
        lean = self.lean or self.depth >= OPTIONAL_DEPTH or bool(flat.refs & self.entered)
        return replace(self, path=flat.node.path, entered=self.entered | flat.refs, lean=lean)

    def inside(self, path: str, name: str, *labels: str | int) -> "Place":
        """The place of a property or an item. Its seed depends on the labels and on nothing else that is made here."""
        return replace(self, path=path, name=name, depth=self.depth + 1, seed=self.seed.child(*labels), branches=0)

    def again(self, attempt: int) -> "Place":
        """The same place with other draws."""
        return replace(self, seed=self.seed.child("again", attempt)) if attempt else self


Grow = Callable[[JSON, Place], Iterator[JSON]]
"""Makes the values of a schema at a place, the nicest first."""
