"""A robust client of OpenAI's API, without a socket: what it makes of answers, and when it sends a request again.

It is what the expectations of the gallery mean by a robust client, and a reference for one. Its rules:

1. Absent, null and "" are one thing: `loose.py`.
2. A chunk is read in the order error, usage, choices, delta, finish: `chat.py`.
3. Unknown fields, values and events are kept or skipped, never fatal: `chat.py`, `responses.py`.
4. Tool calls exist if fragments came, and run only if their arguments can be read and the turn is whole: `tools.py`,
   `judge.py`.
5. A stream is complete only if an end was told: `attempt.py`.
6. Lines end with LF, CRLF or CR, text is UTF-8, the last event counts without its blank line: `sse.py`.
7. Silence and the whole have limits of their own: `attempt.py`, `retry.Patience`.
8. Nothing is sent again after something was given to the user: `retry.may_resend`.
9. Wait hints are clamped, and sendings have a limit: `retry.delay_us`.
10. Ids and other opaque things are kept as they are: `tools.py`.

Here: `Client`, one request from its first sending to its outcome. Not here: bytes and times, which its user brings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.robust.attempt import Attempt, fold_for
from tests.robust.loose import JSON
from tests.robust.outcome import Outcome, Problem
from tests.robust.retry import Patience, delay_us, may_resend

_SAME_REQUEST_REDIRECTS = frozenset({307, 308})
_MOST_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class Resend:
    """Send the request again after a wait; to another path if the server said so."""

    delay_us: int
    path: str | None = None


class Client:
    """One request: `begin` an attempt, feed it, and ask with `after` what comes next."""

    def __init__(self, request: Mapping[str, JSON], api: str = "chat", patience: Patience | None = None) -> None:
        self._request = request
        self._api = api
        self._patience = patience if patience is not None else Patience()
        self._redirects = 0
        self.sent = 0

    def begin(self, at_us: int) -> Attempt:
        """The request goes out at this time."""
        self.sent += 1
        return Attempt(fold_for(self._api, self._request), self._patience, at_us)

    def after(self, attempt: Attempt, wall_s: int) -> Resend | Outcome:
        """What to do when an attempt has its outcome: send again, or this is it. `wall_s` is the time of day."""
        outcome = attempt.outcome
        if outcome is None:
            raise ValueError("the attempt goes on: feed it until it has an outcome")
        location = attempt.headers.get("location")
        if attempt.status in _SAME_REQUEST_REDIRECTS and location and self._redirects < _MOST_REDIRECTS:
            self._redirects += 1
            return Resend(0, location)
        problem = outcome.problem
        if problem is not None and self._is_worth_it(problem, attempt):
            wait_us = delay_us(problem, attempt.headers, wall_s, self.sent, self._patience)
            return Resend(wait_us)
        return replace(outcome, requests=self.sent)

    def _is_worth_it(self, problem: Problem, attempt: Attempt) -> bool:
        is_allowed = may_resend(problem, attempt.headers, given=attempt.given)
        return is_allowed and self.sent - self._redirects < self._patience.sendings
