"""What a new connection meets before anything is read from it: `accept` of a scenario, and what a client meets that
waits for leave to send its body: `expect_continue`.

Nothing is read, so nothing is known of who calls: `accept` holds for the default scenario alone, and whatever is asked
for on the same port. Here: the words, and which of them a connection meets, as a pure function of its number. Not here:
who counts connections (`namespace.py`) and who plays the plan (`net/reception.py`).
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from pydantic.json_schema import JsonSchemaValue

from mockllm.plan import FOREVER_US, Admit, Close, Plan, Reset, Step, Wait
from mockllm.scenario.base import Authored, Chosen, Shaped
from mockllm.scenario.error import ErrorSpec
from mockllm.scenario.keyed import Keyed, by_kind
from mockllm.seeds import Seed
from mockllm.units import Duration, Share


class Reception(Authored):
    """What every entry has: the `kind` that names it, and how many of the connections meet it."""

    kind: ClassVar[str]

    chance: Share | None = Field(default=None, description="the share of connections that meet it; all if left out")

    @property
    def title(self) -> str:
        """What timelines and reports call it."""
        return f"accept: {self.kind}"

    def plan(self) -> Plan | None:
        """What happens to the connection; None if it is served as any other."""
        raise NotImplementedError


class AcceptReset(Reception):
    """The connection is reset (RST), and nothing was read."""

    kind: ClassVar[str] = "reset"
    shorthand: ClassVar[str | None] = "after"

    after: Duration = Field(default=0, description="time from the connection's begin")

    def plan(self) -> Plan:
        """An RST."""
        return (*_waits(self.after, self.title), Reset(self.title))


class AcceptClose(Reception):
    """The connection is closed (FIN), and nothing was read."""

    kind: ClassVar[str] = "close"
    shorthand: ClassVar[str | None] = "after"

    after: Duration = Field(default=0, description="time from the connection's begin")

    def plan(self) -> Plan:
        """A FIN."""
        return (*_waits(self.after, self.title), Close(self.title))


class AcceptHang(Reception):
    """The connection is there, and nothing is ever read from it; with `for` it then ends."""

    kind: ClassVar[str] = "hang"
    shorthand: ClassVar[str | None] = "for"

    for_: Duration = Field(default=FOREVER_US, alias="for", gt=0, description="how long; for ever if left out")
    then: Literal["close", "reset"] = Field(default="close", description="how it ends after that")

    def plan(self) -> Plan:
        """A silence and its end."""
        end: Step = Close(self.title) if self.then == "close" else Reset(self.title)
        return (Wait(self.for_, self.title), end)


class AcceptStall(Reception):
    """Nothing is read for a while; then the connection is served, with all that the client has sent by then."""

    kind: ClassVar[str] = "stall"
    shorthand: ClassVar[str | None] = "for"

    for_: Duration = Field(alias="for", gt=0, description="how long")

    def plan(self) -> Plan:
        """A silence, and then requests are read."""
        return (Wait(self.for_, self.title), Admit(self.title))


class AcceptServe(Reception):
    """The connection is served as any other: a place in the list that nothing happens to."""

    kind: ClassVar[str] = "serve"

    def plan(self) -> None:
        """Nothing."""


def _waits(us: int, cause: str) -> tuple[Step, ...]:
    return (Wait(us, cause),) if us else ()


_RECEPTIONS: tuple[type[Reception], ...] = (AcceptReset, AcceptClose, AcceptHang, AcceptStall, AcceptServe)
_NOT_ALONE = AcceptStall.kind
"""The one that nobody can mean without saying more."""


class _Entry(Keyed):
    """One key, or a word alone where nothing must be said about it."""

    def _wrap(self, value: Any) -> Any:
        return super()._wrap({value: {}} if isinstance(value, str) and value != _NOT_ALONE else value)

    def _plain(self) -> tuple[JsonSchemaValue, ...]:
        return ({"enum": [entry.kind for entry in _RECEPTIONS if entry.kind != _NOT_ALONE]},)


AcceptEntry = Annotated[Reception, _Entry("reception", by_kind(*_RECEPTIONS))]
"""What a connection meets: a mapping whose one key is its kind, or a word such as `reset`."""

Accept = Annotated[AcceptEntry | tuple[AcceptEntry, ...], Shaped("an entry such as {reset: {}}", "a list of entries")]
"""One entry for every connection, or a list for the first ones in order, after which all are served."""

ExpectContinue = Annotated[
    Literal["ignore"] | ErrorSpec,
    Chosen(lambda value: "ignore" if value == "ignore" else "error", ignore=Literal["ignore"], error=ErrorSpec),
]
"""No leave at all, or a final answer at once, which the client gets in place of the leave."""


def reception(accept: Reception | tuple[Reception, ...] | None, number: int, seed: Seed) -> Reception | None:
    """What the connection with this number meets, counted from 1, or None if it is served. Chance follows from the
    number alone.
    """
    if isinstance(accept, tuple):
        accept = accept[number - 1] if number <= len(accept) else None
    if accept is None or (accept.chance is not None and seed.child("accept", number).fraction() >= accept.chance):
        return None
    return accept if accept.plan() is not None else None


def missing(accept: Reception | tuple[Reception, ...] | None, connections: int) -> Mapping[str, str]:
    """The entries that no connection could meet, by their places, when so many came; those by chance and those that
    serve are nobody's mistake.
    """
    if isinstance(accept, tuple):
        entries = {f"accept[{index}]": entry for index, entry in enumerate(accept[connections:], connections)}
    else:
        entries = {} if accept is None or connections else {"accept": accept}
    return {place: it.kind for place, it in entries.items() if it.chance is None and it.plan() is not None}
