"""What makes a quirk a quirk, looked for in the bytes that a socket gives.

Here: the checks of `tests/quirks/SECTION.yaml`, and `Answers`, a real server on a clock that leaps over every wait,
with a reader that decodes nothing but HTTP's framing. Not here: which file has which checks (`test_quirks.py`).

A check is a mapping of one key, patterns are Python's with DOTALL, and each byte is one character:

- `has`, `lacks`: a pattern that the body, without its transfer coding, must or must not contain
- `times`: patterns with how often the body contains them
- `head`: a pattern in the status line and headers
- `raw`, `lacks_raw`: a pattern in all that came, nothing decoded
- `write`: a pattern in what is written at once, each write by itself
- `ends`: how the connection ended: `reset`, `close`, or `open` if it did not
- `waits`: `>= 60s`, as long as one wait of the plan must be

`answer: 2` beside it means the second answer; without it any answer will do, and none may for what must be lacking.
"""

import asyncio
import operator
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from mockllm.exchange import Ending
from mockllm.net.mock import MockLLM
from mockllm.plan import FOREVER_US, Plan, Wait
from mockllm.request import Call
from mockllm.scenario.document import Scenario
from mockllm.units import parse_duration
from tests.robust.http import ResponseReader
from tests.simulated import End, played
from tests.waking import Waking

PATIENCE_S = 20
_POLL_S = 0.002
_COMPARED = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that came for one request, the waits that were planned for it, and the writes that they part."""

    raw: bytes
    end: End
    waits_us: tuple[int, ...] = ()
    writes: tuple[bytes, ...] = ()

    @property
    def text(self) -> str:
        """All bytes, each as one character."""
        return self.raw.decode("latin-1")

    @property
    def head(self) -> str:
        """The status line and the headers, each with its end; empty if nothing came."""
        return self.text.partition("\r\n\r\n")[0] + "\r\n" if self.raw else ""

    @property
    def body(self) -> str:
        """The body without its transfer coding, as far as it can be undone."""
        reader = ResponseReader(raw_coding=True)
        return reader.feed(self.raw).decode("latin-1")


def waits_of(plan: Plan) -> tuple[int, ...]:
    """The waits of a plan."""
    return tuple(step.us for step in plan if isinstance(step, Wait))


def _found(pattern: str, texts: Iterable[str]) -> bool:
    return any(re.search(pattern, text, re.DOTALL) for text in texts)


def _writes(answers: Sequence[Answer]) -> Iterable[str]:
    return (data.decode("latin-1") for answer in answers for data in answer.writes)


def _times(wanted: Mapping[str, int], answers: Sequence[Answer]) -> bool:
    bodies = [answer.body for answer in answers]
    counts = {pattern: sum(len(re.findall(pattern, body, re.DOTALL)) for body in bodies) for pattern in wanted}
    return counts == dict(wanted)


def _waits(wanted: str, answers: Sequence[Answer]) -> bool:
    sign, _, duration = wanted.partition(" ")
    return any(_COMPARED[sign](us, parse_duration(duration)) for answer in answers for us in answer.waits_us)


CHECKS: Mapping[str, Callable[[Any, Sequence[Answer]], bool]] = {
    "has": lambda pattern, answers: _found(pattern, (answer.body for answer in answers)),
    "lacks": lambda pattern, answers: not _found(pattern, (answer.body for answer in answers)),
    "times": _times,
    "head": lambda pattern, answers: _found(pattern, (answer.head for answer in answers)),
    "raw": lambda pattern, answers: _found(pattern, (answer.text for answer in answers)),
    "lacks_raw": lambda pattern, answers: not _found(pattern, (answer.text for answer in answers)),
    "write": lambda pattern, answers: _found(pattern, _writes(answers)),
    "ends": lambda end, answers: any(answer.end == end for answer in answers),
    "waits": _waits,
}


def failing(checks: Iterable[Mapping[str, Any]], answers: Sequence[Answer]) -> list[str]:
    """The checks that these answers do not pass."""
    failed = []
    for check in checks:
        number = check.get("answer")
        considered = answers if number is None else answers[number - 1 : number]
        [(key, wanted)] = [(key, wanted) for key, wanted in check.items() if key != "answer"]
        if not considered or not CHECKS[key](wanted, considered):
            failed.append(f"{key}: {wanted!r}" + (f" in answer {number}" if number is not None else ""))
    return failed


class LeapingClock(Waking):
    """A clock that leaps to the end of every wait but the one for ever, which it tells of with `held`."""

    def __init__(self) -> None:
        self._leapt_us = 0
        self.held = threading.Event()

    def now_us(self) -> int:
        return time.monotonic_ns() // 1_000 + self._leapt_us

    def wall_s(self) -> int:
        return int(time.time()) + self._leapt_us // 1_000_000

    async def sleep_until(self, due_us: int) -> None:
        left_us = due_us - self.now_us()
        if left_us > FOREVER_US // 2:
            self.held.set()
            await asyncio.Event().wait()
        self._leapt_us += max(left_us, 0)
        await asyncio.sleep(0)


class Answers:
    """A real server, asked over raw sockets."""

    def __init__(self) -> None:
        self._clock = LeapingClock()
        self._mock = MockLLM(clock=self._clock)

    def __enter__(self) -> Self:
        self._mock.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._mock.close()

    def to(self, scenario: Scenario, calls: Iterable[Call]) -> list[Answer]:
        """The answers of a scenario to these calls, each on a connection of its own."""
        self._mock.load(scenario)
        self._mock.reset()
        return [self._answer(call) for call in calls]

    def _answer(self, call: Call) -> Answer:
        before = len(self._mock.journal)
        self._clock.held.clear()
        address = urlsplit(self._mock.url)
        with socket.create_connection((address.hostname, address.port), PATIENCE_S) as client:
            client.sendall(request_bytes(call))
            raw, end = self._read(client, before)
        exchange = self._mock.journal[before]
        writes = tuple(piece.data for piece in played(exchange.plan).pieces)
        return Answer(raw, end, waits_of(exchange.plan), writes)

    def _read(self, client: socket.socket, before: int) -> tuple[bytes, End]:
        """All bytes, until the connection ends or the server has nothing more to say on it."""
        received = bytearray()
        client.setblocking(False)
        give_up = time.monotonic() + PATIENCE_S
        while True:
            is_over = self._is_over(before)  # asked first: what was written by then is there to be read
            try:
                while data := client.recv(1 << 20):
                    received += data
            except BlockingIOError:
                pass
            except ConnectionResetError:
                return bytes(received), "reset"
            else:
                return bytes(received), "close"
            if is_over:
                return bytes(received), "open"
            assert time.monotonic() < give_up, f"the server is not done after {PATIENCE_S} s: {bytes(received)!r}"
            select.select([client], [], [], _POLL_S)

    def _is_over(self, before: int) -> bool:
        exchanges = self._mock.journal.all()
        is_done = len(exchanges) > before and exchanges[before].outcome.ending is not Ending.OPEN
        return is_done or self._clock.held.is_set()


def request_bytes(call: Call) -> bytes:
    """The call as HTTP."""
    lines = [f"{call.method} {call.path} HTTP/1.1", "host: mock", *(f"{name}: {value}" for name, value in call.headers)]
    if call.body:
        lines.append(f"content-length: {len(call.body)}")
    return "\r\n".join([*lines, "", ""]).encode() + call.body
