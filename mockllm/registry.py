"""The namespaces of a server, and the scenarios that are bound to some of them.

Here: state that is made on first use and forgotten when it is dropped, when it was not used for long, or when there
are too many. Not here: the state itself (`namespace.py`), which call uses which (`address.py`).
"""

import re
from collections import OrderedDict

from mockllm.address import DEFAULT, VERSION, Address, Bindings
from mockllm.errors import MockLLMError
from mockllm.namespace import Namespace
from mockllm.plan import FOREVER_US, Microseconds
from mockllm.scenario.document import NAME_PATTERN, Scenario
from mockllm.store import Store

MOST_NAMESPACES = 10_000
"""How many namespaces have state at a time; the one that was not used for longest is forgotten first."""

MOST_IDLE_US: Microseconds = 2 * FOREVER_US
"""How long a namespace is kept that nobody uses: longer than the longest wait and the longest window of a limit, after
which all limits are as they were at first.
"""

_RUN_PATTERN = r"[^/\s]*"


UNKEPT = (
    "these workers keep nothing from one call to the next: start the server with one worker, or give all of them one "
    "state with --state redis://HOST:PORT"
)
"""What is said of an object to who asks for it where nothing is kept."""


class Registry:
    """Namespaces by name, the one that was used last at the end.

    One that `keeps` nothing gives each call a namespace of its own in its first state, so that the answer follows from
    the call alone, whichever of several processes gives it.
    """

    def __init__(self, *, keeps: bool = True) -> None:
        self._keeps = keeps
        self._states: OrderedDict[str, Namespace] = OrderedDict()
        self._bindings: dict[str, Scenario] = {}

    @property
    def bindings(self) -> Bindings:
        """The scenarios that are bound, by the name of their namespace."""
        return self._bindings

    def states(self) -> dict[str, Namespace]:
        """Every namespace that has state, by name."""
        return dict(self._states)

    def get(self, name: str) -> Namespace | None:
        """The state of a namespace, or None if it has none."""
        return self._states.get(name)

    def use(self, address: Address, now_us: Microseconds) -> Namespace:
        """The state of the namespace of a call, made on first use. What nobody has used for long is forgotten."""
        if not self._keeps:
            return Namespace(address.scenario, store=Store(unkept=UNKEPT), used_us=now_us)
        name = address.namespace
        state = self._states.pop(name, None)
        self._forget_idle(now_us)
        if state is None or state.scenario is not address.scenario or now_us - state.used_us > MOST_IDLE_US:
            state = Namespace(address.scenario)
        state.used_us = max(now_us, state.used_us)
        self._states[name] = state
        if len(self._states) > MOST_NAMESPACES:
            self._states.popitem(last=False)
        return state

    def bind(self, name: str, scenario: Scenario) -> None:
        """Let a namespace have this scenario, in its first state, until it is dropped.

        `NAME@RUN` is one run, `NAME` what has no run; the name `default` stands for calls that name no scenario, and
        so does a name that is left out. Raises MockLLMError for a name that no call can have.
        """
        name = bindable(name)
        self._bindings[name] = scenario
        self._states.pop(name, None)

    def change(self, name: str, scenario: Scenario) -> Namespace:
        """Let a namespace go on with this scenario until it is dropped; returns its state, made if it has none."""
        self._bindings[name] = scenario
        state = self._states.setdefault(name, Namespace(scenario))
        state.scenario = scenario
        return state

    def replace(self, name: str, scenario: Scenario | None, state: Namespace | None) -> None:
        """Put these in the place of what is bound to a namespace, and of its state; None for nothing."""
        self._bindings.pop(name, None)
        self._states.pop(name, None)
        if scenario is not None:
            self._bindings[name] = scenario
        if state is not None:
            self._states[name] = state

    def forget(self, name: str) -> bool:
        """Forget the state of a namespace; what is bound to it stays. False if there was none."""
        return self._states.pop(name, None) is not None

    def drop(self, name: str) -> bool:
        """Forget the state of a namespace and what is bound to it; False if there was neither."""
        bound = self._bindings.pop(name, None) is not None
        return self.forget(name) or bound

    def clear(self) -> None:
        """Forget all state; what is bound stays."""
        self._states.clear()

    def _forget_idle(self, now_us: Microseconds) -> None:
        while self._states:
            oldest = next(iter(self._states))
            if now_us - self._states[oldest].used_us <= MOST_IDLE_US:
                return
            del self._states[oldest]


def bindable(name: str) -> str:
    """The name of a namespace as calls have it. Raises MockLLMError for one that no call can have."""
    scenario, at, run = name.partition("@")
    scenario = scenario or (DEFAULT if at and run else "")
    if scenario == VERSION or not re.fullmatch(NAME_PATTERN, scenario) or not re.fullmatch(_RUN_PATTERN, run):
        raise MockLLMError(
            f"{name!r} is no name of a namespace: write NAME, NAME@RUN or @RUN, where NAME could be a scenario's (but "
            f"not {VERSION}) and RUN has neither '/' nor spaces"
        )
    return f"{scenario}@{run}" if run else scenario
