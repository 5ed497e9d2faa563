"""One sending of a request and what comes back, without a socket: fed with bytes and times, asked for the outcome.

Here: what kind of body it is, when it is over, and when it is too quiet. Not here: HTTP (`http.py`), events (`sse.py`),
their sense (`chat.py`, `responses.py`, `plain.py`), and sending again (`client.py`).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

from tests.robust.chat import ChatFold
from tests.robust.errors import error_in, problem_of, problem_of_status
from tests.robust.http import ResponseReader
from tests.robust.loose import JSON, excerpt, parse
from tests.robust.outcome import Outcome, Problem, ProblemError
from tests.robust.plain import PlainFold
from tests.robust.responses import ResponsesFold
from tests.robust.retry import Patience
from tests.robust.sse import Comment, Decoder, Event, Item, Stray

_BOM = b"\xef\xbb\xbf"
_FIELD = re.compile(rb"(data|event|id|retry|error)?:")
_SNIFFED_BYTES = 8
_TURNS = frozenset({"chat", "completions", "responses"})


class Fold(Protocol):
    """What puts an answer together."""

    progress: int
    ended: bool

    @property
    def terminal(self) -> bool:
        """Whether a good end was seen, after which something may still come."""
        ...

    def event(self, name: str, value: JSON) -> None:
        """Take an event of a stream. Raises ProblemError for an error."""
        ...

    def body(self, value: JSON) -> None:
        """Take an answer that came at once. Raises ProblemError for an error and what is no answer."""
        ...

    def done(self) -> None:
        """The end marker came."""
        ...

    def outcome(self, problem: Problem | None) -> Outcome:
        """All that came."""
        ...


def fold_for(api: str, request: Mapping[str, JSON]) -> Fold:
    """What puts answers of an API together."""
    if api == "responses":
        return ResponsesFold(request)
    return ChatFold(request) if api in _TURNS else PlainFold(request, api)


class Attempt:
    """An answer while it comes in.

    Feed it with `receive` until `outcome` is there; when `deadline_us` has passed first, call `expire`; when the
    connection ends, `end`. `headers` and `status` are of the answer.
    """

    def __init__(self, fold: Fold, patience: Patience, begun_us: int) -> None:
        self._fold = fold
        self._patience = patience
        self._begun_us = self._byte_us = self._useful_us = begun_us
        self._http = ResponseReader()
        self._sse = Decoder()
        self._kind: Literal["unknown", "stream", "body"] = "unknown"
        self._body = bytearray()
        self._progress = 0
        self._events = 0
        self._strays: list[str] = []
        self.outcome: Outcome | None = None

    @property
    def status(self) -> int:
        """The status of the answer, 0 before it is there."""
        return self._http.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer, by name in lower case."""
        return self._http.headers

    @property
    def given(self) -> bool:
        """Whether the user was given something that a second answer would contradict."""
        return self._kind == "stream" and self._fold.progress > 0

    @property
    def deadline_us(self) -> int:
        """When the user's patience ends if nothing more comes."""
        patience = self._patience
        last_us = self._begun_us + patience.whole_us
        if self._fold.terminal:
            return min(last_us, self._useful_us + patience.drain_us)
        if not self._progress:
            return min(last_us, self._begun_us + patience.first_us)
        return min(last_us, self._useful_us + patience.progress_us, self._byte_us + patience.silence_us)

    def receive(self, at_us: int, data: bytes) -> None:
        """What the socket gave at that time."""
        self._byte_us = at_us
        try:
            self._take(self._http.feed(data))
            self._note_progress(at_us)
            if self._fold.ended:
                self._settle(None)
            elif self._http.broken:
                self._broken()
            elif self._http.whole:
                self._over("the body ended before the answer did")
        except ProblemError as error:
            self._settle(error.problem)

    def end(self, how: Literal["close", "reset"]) -> None:
        """The connection ended."""
        self._http.end()
        try:
            self._over("the connection was reset" if how == "reset" else "the connection was closed too early")
        except ProblemError as error:
            self._settle(error.problem)

    def expire(self) -> None:
        """Nothing more came in time. After a good end that is no failure; before it, it is one that does not pass: the
        server may still be at work, and would be paid twice.
        """
        waited = "nothing useful came for longer than its user's patience"
        self._settle(None if self._fold.terminal else Problem("stalled", waited))

    def _take(self, data: bytes) -> None:
        if self._kind == "stream":
            self._read(self._sse.feed(data))
        else:
            self._body += data
            if self._kind == "unknown":
                self._sniff()

    def _sniff(self) -> None:
        """Tell the kind of the body by its first bytes: neither the header nor what was asked for can be relied on."""
        start = bytes(self._body).removeprefix(_BOM).lstrip()
        if self.status >= 300 or start[:1] in {b"{", b"[", b"<", b'"'}:
            self._kind = "body"
        elif len(start) >= _SNIFFED_BYTES or b"\n" in start:
            self._kind = "stream" if self._may_stream or _FIELD.match(start) else "body"
            if self._kind == "stream":
                body, self._body = bytes(self._body), bytearray()
                self._read(self._sse.feed(body))

    @property
    def _may_stream(self) -> bool:
        return "event-stream" in self.headers.get("content-type", "").lower()

    def _note_progress(self, at_us: int) -> None:
        """An event that says something is progress, and so is a piece of a body; a comment is not."""
        progress = self._fold.progress + self._events if self._fold.terminal else self._fold.progress
        if self._kind == "body":
            progress = len(self._body.strip())
        if progress != self._progress:
            self._progress, self._useful_us = progress, at_us

    def _read(self, items: Iterable[Item]) -> None:
        for item in items:
            match item:
                case Event():
                    self._events += 1
                    self._event(item)
                case Stray(text, "error"):
                    self._error(text)
                case Stray(text):
                    self._strays.append(text)
                case Comment():
                    pass
            if self._fold.ended:
                return

    def _event(self, event: Event) -> None:
        data = event.data.strip()
        if data.strip('"').upper() == "[DONE]":
            self._fold.done()
        elif not data.startswith(":"):
            for value in self._values(event, data):
                if isinstance(value, (dict, list)):
                    self._fold.event(event.name, value)

    def _values(self, event: Event, data: str) -> list[JSON]:
        """The JSON of an event; of several run together, where the blank line between them was left out, each."""
        try:
            return [parse(data)]
        except ValueError:
            pass
        try:
            return [parse(line) for line in data.split("\n") if line.strip() not in {"", "[DONE]"}]
        except ValueError:
            if self._fold.terminal:
                return []
            cut = not event.ended
            raise ProblemError(
                Problem("cut" if cut else "unreadable", f"an event is no JSON: {excerpt(data)}")
            ) from None

    def _error(self, text: str) -> None:
        """An `error:` field."""
        try:
            error = error_in({"error": parse(text)})
        except ValueError:
            error = error_in({"error": text})
        if error is not None:
            raise ProblemError(problem_of(error))

    def _broken(self) -> None:
        if self._fold.terminal:
            self._settle(None)
        elif self._fold.progress or self.status:
            self._settle(Problem("cut", self._http.broken))
        else:
            self._settle(Problem("unreadable", self._http.broken))

    def _over(self, why: str) -> None:
        """Nothing more will come: what is here is all. Raises ProblemError."""
        if not self.status:
            self._settle(Problem("cut", why, transient=True))
            return
        if self._kind == "stream" or (self._kind == "unknown" and self._may_stream and self.status < 300):
            self._read(self._sse.feed(bytes(self._body)) if self._kind == "unknown" else ())
            self._read(self._sse.end())
            self._settle(None if self._fold.terminal or self._fold.ended else self._unfinished(why))
        else:
            self._settle(self._body_problem(why))

    def _unfinished(self, why: str) -> Problem:
        """A stream without a good end: what stood between the events may say why."""
        for text in self._strays:
            try:
                error = error_in(parse(text))
            except ValueError:
                continue
            if error is not None:
                return problem_of(error)
        if not self._events:
            told = excerpt(" ".join(self._strays))
            return Problem("unreadable", f"a stream without events: {told}", transient=not self._strays)
        return Problem("cut", why, transient=True)

    def _body_problem(self, why: str) -> Problem | None:
        text = bytes(self._body).removeprefix(_BOM).decode("utf-8", "replace").strip()
        if self.status >= 300:
            return problem_of_status(self.status, text)
        if self._http.broken or not self._http.whole:
            return Problem("cut", self._http.broken or why, transient=True)
        if not text:
            return Problem("unreadable", "an empty answer", transient=True)
        try:
            value = parse(text.removesuffix("data: [DONE]").rstrip())
        except ValueError:
            return self._no_json(text)
        self._fold.body(value)
        return None

    def _no_json(self, text: str) -> Problem | None:
        """A body that is no JSON: an event stream after a stray line, a plain text, or nothing good."""
        if isinstance(self._fold, PlainFold) and not text.startswith(("<", "{", "[")):
            self._fold.text(text)
            return None
        if "\ndata:" in text:
            self._read(self._sse.feed(bytes(self._body)))
            self._read(self._sse.end())
            return None if self._fold.terminal or self._fold.ended else self._unfinished("the stream had no end")
        return Problem("unreadable", f"an answer that is no JSON: {excerpt(text)}")

    def _settle(self, problem: Problem | None) -> None:
        if self.outcome is None:
            self.outcome = self._fold.outcome(problem)
