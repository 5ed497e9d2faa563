"""What happens on the wire, as a list of values: frames first, then timed steps.

Here: `Frame` (one SSE event or one plain body before it is bytes), the steps of a `Plan`, and `render`, which
prints a plan as the timeline that `mockllm explain` shows and that tests keep as golden files. Not here: who decides
the steps (`compile.py`), their HTTP bytes (`http1.py`) and waiting (`net/player.py`). Times are integers in
microseconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

from mockllm.request import JSON

Microseconds: TypeAlias = int

FrameKind = Literal["opening", "role", "token", "finish", "usage", "done", "event", "error", "comment", "raw", "body"]
BodyFraming = Literal["chunked", "length", "close"]
HttpVersion = Literal["1.1", "1.0"]

FOREVER_US: Microseconds = 24 * 3600 * 1_000_000
"""The longest wait there is: a plan that waits for ever waits this long."""

MOST_GATE_US: Microseconds = 3600 * 1_000_000
"""How long a plan waits at a gate that nobody opens, before its connection is reset."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How one frame becomes bytes; the default is what the real service sends (wire-contract §8, conformant mode).

    `line_ends` is how many line endings follow the last line, of which the second ends the event. With `indent` JSON
    is printed over several lines. A `held` frame goes out together with the next one.
    """

    line_ending: str = "\n"
    line_ends: int = 2
    space: str = " "
    indent: int | None = None
    prefix: str = ""
    split_bytes: int | None = None
    split_every_us: Microseconds = 0
    suffix: str = ""
    held: bool = False
    delay_us: Microseconds = 0


USUAL = Framing()
"""The framing of every frame that no fault has changed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One SSE event, or one plain body, before it is bytes.

    `data` is a JSON value, a string or bytes that are sent as they are (`[DONE]`, a comment, a text body, a sound), or
    None for an event without data; of a `raw` frame it is all of the bytes. `fields` are further lines of the event, by
    name; an empty name is a comment. `tokens` is how many tokens of the turn the frame carries; `ordinal` and
    `tokens_before` are stamped by `stamp` and keep their values whatever faults do later. `label` is what the timeline
    prints; `choice` is the index of the choice that the frame belongs to. `thought` says that its tokens are reasoning.
    """

    data: "JSON | bytes"
    kind: FrameKind = "token"
    tokens: int = 0
    label: str = ""
    event: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    choice: int = 0
    ordinal: int = -1
    tokens_before: int = 0
    framing: Framing = USUAL
    cause: str = ""
    thought: bool = False


Frames: TypeAlias = Sequence[Frame]


def stamp(frames: Frames) -> Frames:
    """The frames with their ordinals and the number of tokens that went before each."""
    stamped: list[Frame] = []
    tokens = 0
    for ordinal, frame in enumerate(frames):
        # Spelled out, as `replace` takes twice as long and this is done for every frame of every answer.
        stamped.append(
            Frame(
                frame.data,
                frame.kind,
                frame.tokens,
                frame.label,
                frame.event,
                frame.fields,
                frame.choice,
                ordinal,
                tokens,
                frame.framing,
                frame.cause,
                frame.thought,
            )
        )
        tokens += frame.tokens
    return tuple(stamped)


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass. Relative here, absolute in the player, so that lateness does not add up. `cause` names what
    asked for it.
    """

    us: Microseconds
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Gate:
    """Wait until the gate of this name is open, at most `most_us`. Waits that follow count from the moment at which
    it let the plan go on.
    """

    name: str
    cause: str = ""
    most_us: Microseconds = MOST_GATE_US


@dataclass(frozen=True, slots=True)
class Head:
    """The status line and headers. `body` says how the end of the body is told (RFC 9112 §6); `first` is how many of
    the head's bytes this step sends, all unless `HeadRest` follows.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: BodyFraming = "chunked"
    cause: str = ""
    version: HttpVersion = "1.1"
    first: int | None = None


@dataclass(frozen=True, slots=True)
class Interim:
    """An interim response (1xx), which comes before the head and has no body (RFC 9110 §15.2)."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    cause: str = ""


@dataclass(frozen=True, slots=True)
class HeadRest:
    """The next bytes of a head that goes out in pieces, so many or all that are left."""

    size: int | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """Body bytes, framed by HTTP. `offset` counts the body's bytes before it as the turn produced them; `alone` asks
    for an own segment.
    """

    data: bytes
    frame: Frame
    offset: int = 0
    alone: bool = False
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes written as they are, outside HTTP's framing."""

    data: bytes
    cause: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The body ends as HTTP says it should. In chunks it may tell in a trailer when that was."""

    cause: str = ""
    tells: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """FIN, without the end of the body."""

    cause: str = ""


@dataclass(frozen=True, slots=True)
class Reset:
    """RST."""

    cause: str = ""


@dataclass(frozen=True, slots=True)
class Admit:
    """From now on the connection reads requests: the end of a plan for a new connection that is served after all."""

    cause: str = ""


@dataclass(frozen=True, slots=True)
class Messages:
    """From here on what is sent are messages of a WebSocket that is open (RFC 6455), and the connection stays open
    after the end.
    """

    cause: str = ""


Step: TypeAlias = Wait | Gate | Interim | Head | HeadRest | Send | Raw | End | Close | Reset | Admit | Messages
Plan: TypeAlias = Sequence[Step]


def duration(plan: Plan) -> Microseconds:
    """When the last step of the plan is due, counted from its start, if all gates are open."""
    return sum(step.us for step in plan if isinstance(step, Wait))


def render(plan: Plan) -> str:
    """The plan as a timeline, one line a step: seconds, verb, what. A wait shows only if it was asked for by name (a
    stall).
    """
    lines: list[str] = []
    now = 0
    for step in plan:
        verb, what = _describe(step)
        if step.cause or not isinstance(step, Wait):
            cause = f"    ({step.cause})" if step.cause else ""
            lines.append(_one_line(f"{_clock(now)}  {verb:<7}{what}{cause}").rstrip())
        if isinstance(step, Wait):
            now += step.us
    return "\n".join(lines)


_LONGEST_LABEL = 200

# Headers that steer a client, which a timeline must not hide.
_SHOWN = frozenset({"retry-after", "retry-after-ms", "x-should-retry", "location"})


# What is not called by the name of its class.
_NAMES: Mapping[type[Step], str] = {Messages: "websocket"}


def _describe(step: Step) -> tuple[str, str]:
    """The step as a verb and what it is done to."""
    match step:
        case Wait(us=us):
            return "wait", seconds(us)
        case Gate(name=name):
            return "gate", name
        case Head(status=status, headers=headers):
            kind = next((value for name, value in headers if name.lower() == "content-type"), "")
            hints = [f"  {name}: {value}" for name, value in headers if name.lower() in _SHOWN]
            return "head", f"{status} {kind.split(';')[0]}".rstrip() + "".join(hints)
        case Interim(status=status):
            return "head", f"{status} (interim)"
        case HeadRest(size=size):
            return "head", "+   the rest" if size is None else f"+   {size} bytes"
        case Send(data=data, frame=frame):
            number = f"#{frame.ordinal}" if frame.ordinal >= 0 else "+"
            return "send", f"{number:<3} {_short(frame.label) or f'{len(data)} bytes'}"
        case Raw(data=data):
            return "raw", f"{len(data)} bytes"
        case End() | Close() | Reset() | Admit() | Messages():
            return _NAMES.get(type(step), type(step).__name__.lower()), ""
        case _:
            assert_never(step)


def _short(label: str) -> str:
    """The label, or its beginning and how long it is."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[:_LONGEST_LABEL]}... ({len(label)} characters)"


def _clock(us: Microseconds) -> str:
    """Seconds to three places; integers, because floats round halves up or down as it happens."""
    whole, rest = divmod((us + 500) // 1_000, 1_000)
    return f"{whole:>3}.{rest:03}"


def _one_line(text: str) -> str:
    """The text with what would break or colour the line written as an escape."""
    return text if text.isprintable() else "".join(it if it.isprintable() else repr(it)[1:-1] for it in text)


def seconds(us: Microseconds) -> str:
    """A duration for people: `30s`, `1.5s`, `250ms`, `40us`."""
    for unit, size in (("s", 1_000_000), ("ms", 1_000)):
        if us >= size:
            return f"{us / size:.6f}".rstrip("0").rstrip(".") + unit
    return f"{us}us"
