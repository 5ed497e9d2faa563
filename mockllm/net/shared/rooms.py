"""A namespace as one value that workers pass on to each other, and the copy of it that a worker works on.

Here: what belongs to a room (the scenario that is bound to a namespace, its state, the states that were replaced while
a strict test may still ask for them, its gates), to JSON and back into the engine. Not here: where the value is kept
(`common.py`), the state inside (`portable.py`) and gates inside (`mockllm/gates.py`).

A scenario is never passed on, but where it came from: a file that all workers have, or what the control API was given.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from mockllm.address import resolve
from mockllm.engine import Engine
from mockllm.errors import MockLLMError
from mockllm.namespace import Namespace
from mockllm.net.control.scenarios import read_scenario
from mockllm.portable import from_json, pack_namespace, to_json, unpack_namespace
from mockllm.request import JSON, Call
from mockllm.scenario.document import Scenario

Recipe: TypeAlias = dict[str, Any]
"""Where a scenario came from: `library` or `given` and `called`, and a `seed` if it was given another one."""

SHELF = "/"
"""The room of the scenarios that were added by name. No namespace has this name."""

UNKNOWN = "?"
"""The version of a copy that may be wrong, so that it is read again."""

MOST_MADE = 20_000
"""How many scenarios are remembered that recipes made."""

_NONE = "0"


class Asked(Mapping[str, Scenario]):
    """The scenarios that are bound, which remembers what it was asked for."""

    def __init__(self, bindings: Mapping[str, Scenario]) -> None:
        self._bindings = bindings
        self.names: dict[str, None] = {}

    def __getitem__(self, name: str) -> Scenario:
        self.names[name] = None
        return self._bindings[name]

    def __contains__(self, name: object) -> bool:
        self.names[str(name)] = None
        return name in self._bindings

    def __iter__(self) -> Iterator[str]:
        return iter(self._bindings)

    def __len__(self) -> int:
        return len(self._bindings) + 1  # it is never empty, so that it is asked


class Rooms:
    """The copies that one worker has."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.versions: dict[str, str] = {}
        self.recipes: dict[str, Recipe] = {}
        self.replaced: dict[str, list[Namespace]] = {}
        self._added: dict[str, Recipe] = {}
        self._made: dict[bytes, Scenario] = {}
        self._origins: dict[int, Recipe] = {}

    def asked_by(self, call: Call) -> tuple[tuple[str, ...], str | None]:
        """The rooms that it depends on where the call belongs, and the one of them that it belongs to, if any."""
        asked = Asked(self._engine.bindings())
        try:
            namespace = resolve(call, self._engine.library, asked).namespace
        except MockLLMError:
            return (SHELF, *asked.names), None
        return tuple(dict.fromkeys((SHELF, *asked.names, namespace))), namespace

    def version(self, name: str) -> str:
        """The version of the copy."""
        return self.versions.get(name, _NONE)

    def doubt(self, *names: str) -> None:
        """These copies were changed, and nobody may know of it: read them again before they are used."""
        for name in names:
            self.versions[name] = UNKNOWN

    def doubt_all(self) -> None:
        """All copies may be wrong."""
        self.doubt(*self.known())

    def known(self) -> tuple[str, ...]:
        """Every room of which there is a copy, or something here that belongs to one."""
        here = (*self.versions, *self._engine.namespaces(), *self._engine.bindings(), *self.replaced)
        return tuple(dict.fromkeys(here))

    def pack(self, name: str) -> bytes:
        """The value of the room as it is here; empty for one that has nothing."""
        value = self._shelf() if name == SHELF else self._room(name)
        return to_json(value) if any(value.values()) else b""

    def put(self, name: str, version: str, data: bytes) -> None:
        """Let the copy be this value."""
        value: dict[str, Any] = from_json(data) if data else {}
        if name == SHELF:
            self._put_shelf(value.get("added", {}))
        else:
            self._put_room(name, value)
        self.versions[name] = version

    def _room(self, name: str) -> dict[str, JSON]:
        engine = self._engine
        state, replaced = engine.get(name), self.replaced.get(name, [])
        return {
            "recipe": self.recipes.get(name),
            "state": None if state is None else {**pack_namespace(state), "of": self._origin(state.scenario)},
            "replaced": [{**pack_namespace(old), "of": self._origin(old.scenario)} for old in replaced],
            "gates": engine.gates.told(name),
        }

    def _put_room(self, name: str, value: Mapping[str, Any]) -> None:
        recipe = value.get("recipe")
        bound = None
        if recipe is None:
            self.recipes.pop(name, None)
        else:
            self.recipes[name] = recipe
            bound = self.made(recipe)
        packed, state = value.get("state"), None
        if packed is not None and (scenario := self._known(packed["of"])) is not None:
            state = unpack_namespace(packed, scenario)
        self._engine.replace(name, bound, state)
        old = ((self._known(it["of"]), it) for it in value.get("replaced", ()))
        if kept := [unpack_namespace(it, scenario) for scenario, it in old if scenario is not None]:
            self.replaced[name] = kept
        else:
            self.replaced.pop(name, None)
        self._engine.gates.put(name, value.get("gates") or {})

    def made(self, recipe: Recipe) -> Scenario:
        """The scenario that a recipe makes: always the same object, as state belongs to one. Raises ControlError for
        what is not there or cannot be used.
        """
        key = to_json(recipe)
        if (made := self._made.get(key)) is None:
            if "library" in recipe:
                made = self._engine.library.get(recipe["library"]).model_copy()
            else:
                made = read_scenario(recipe["given"], recipe["called"])
            if "seed" in recipe:
                made = made.model_copy(update={"seed": recipe["seed"]})
            self._made[key] = made
            self._origins[id(made)] = recipe
            if len(self._made) > MOST_MADE:
                del self._origins[id(self._made.pop(next(iter(self._made))))]
        return made

    def _origin(self, scenario: Scenario) -> JSON:
        """Where the scenario of a state came from."""
        if (recipe := self._origins.get(id(scenario))) is not None:
            return recipe
        return self._on_shelf(scenario)

    def _known(self, origin: Recipe) -> Scenario | None:
        """The scenario with this origin; None for a file that is another one here."""
        if "file" not in origin:
            return self.made(origin)
        try:
            scenario = self._engine.library.get(origin["file"])
        except MockLLMError:
            return None
        return scenario if self._on_shelf(scenario) == origin else None

    def _on_shelf(self, scenario: Scenario) -> Recipe:
        """What tells the scenario from others of its name; one that was replaced has no origin that anybody knows."""
        library, name = self._engine.library, scenario.name
        try:
            edition = library.edition(name) if library.get(name) is scenario else None
        except MockLLMError:
            edition = None
        return {"file": name, "edition": edition, "added": self._added.get(name)}

    def add(self, name: str, recipe: Recipe) -> None:
        """Note that a scenario was added by name, after those that were before."""
        self._added.pop(name, None)
        self._added[name] = recipe

    def remove(self, name: str) -> None:
        """Note that a scenario that was added is removed."""
        self._added.pop(name, None)

    @property
    def added(self) -> Mapping[str, Recipe]:
        """The scenarios that were added by name."""
        return self._added

    def _shelf(self) -> dict[str, JSON]:
        return {"added": dict(self._added)}

    def _put_shelf(self, added: Mapping[str, Recipe]) -> None:
        library = self._engine.library
        for name in self._added.keys() - added.keys():
            library.remove(name)
        for name, recipe in added.items():
            if self._added.get(name) != recipe:
                library.put(self.made(recipe), default=recipe["default"])
        self._added = dict(added)
