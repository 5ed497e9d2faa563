"""Plans of a stream and of a plain body, numbered as the pipeline numbers them, for tests of what acts on plans."""

from mockllm.plan import End, Frame, Frames, Head, Plan, Send, Step, Wait, duration, stamp

ITL_US = 20_000

FRAMES: Frames = stamp(
    (
        Frame({"delta": "role"}, "role", label="role"),
        Frame({"delta": "It"}, tokens=1, label='"It"', event="delta"),
        Frame({"delta": "🌞"}, tokens=2, label='"🌞"', event="delta"),
        Frame({"delta": " is"}, tokens=1, label='" is"', event="delta"),
        Frame({"finish": "stop"}, "finish", label="finish", event="completed"),
        Frame("[DONE]", "done", label="[DONE]"),
    )
)
"""Six frames, of which three carry the four tokens."""

BODY: Frames = stamp((Frame({"text": "It 🌞 is"}, "body", label="body"),))


def data(frame: Frame) -> bytes:
    """Ten bytes for every frame, so that byte positions can be read."""
    return f"<frame {frame.ordinal}>\n".encode()


def stream(frames: Frames = FRAMES, *, split: int | None = None) -> Plan:
    """Head, then the frames in steps of 20 ms, then the end; each frame in pieces of `split` bytes."""
    steps: list[Step] = [Head(200, (("content-type", "text/event-stream"),))]
    offset = 0
    for frame in frames:
        text = data(frame)
        size = split or len(text)
        steps.append(Wait(ITL_US))
        steps += [Send(text[at : at + size], frame, offset + at, alone=bool(split)) for at in range(0, len(text), size)]
        offset += len(text) if frame.ordinal >= 0 else 0
    return (*steps, End())


def body(text: bytes = b"0123456789") -> Plan:
    """Head with the length of the body, the body, the end, after 50 ms."""
    return (Wait(50_000), Head(200, (("Content-Length", str(len(text))),), "length"), Send(text, BODY[0]), End())


def sent(plan: Plan) -> bytes:
    """The bytes of the body that the plan sends."""
    return b"".join(step.data for step in plan if isinstance(step, Send))


def at_us(plan: Plan, index: int) -> int:
    """When the step at this index begins."""
    return duration(plan[:index])
