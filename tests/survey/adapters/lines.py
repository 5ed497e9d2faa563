"""The loop of every Python adapter: a job a line on stdin, what the client ended up with a line on stdout.

A job is {"base_url": URL, "timeout_s": SECONDS, "requests": [BODY, ...]}, its answer a list with one observation for
each request. This file runs in the environments of the clients, so it imports nothing but the standard library. It
must be imported before the client: the pauses that a client makes of its own accord are shortened here by the scale
of the survey's time.
"""

import asyncio
import json
import os
import sys
import time

SCALE = float(os.environ.get("SURVEY_SCALE", "1"))

_sleep, _sleep_async = time.sleep, asyncio.sleep


async def _short_sleep_async(delay, result=None):
    return await _sleep_async(delay / SCALE, result)


time.sleep = lambda delay: _sleep(delay / SCALE)
asyncio.sleep = _short_sleep_async


class CannotError(Exception):
    """The client has no way to send this request; the message is the reason."""


def tokens(**counts):
    """Token counts that are known."""
    return {name: count for name, count in counts.items() if count is not None}


def prompt_of(body):
    """The text of a request that is nothing but one message of a user."""
    messages = body.get("messages") or [{"role": "user", "content": body.get("input")}]
    if len(messages) == 1 and messages[0]["role"] == "user" and isinstance(messages[0]["content"], str):
        return messages[0]["content"]
    raise CannotError("the survey gives this client prompts only, no conversations")


def told(error, own):
    """What an exception tells, and whether it is one of the client's own."""
    name = f"{type(error).__module__.split('.')[0]}.{type(error).__name__}".removeprefix("builtins.")
    return {"class": name, "message": str(error), "own": isinstance(error, own)}


def serve(play, own):
    """Answer jobs until there are no more. `play(job)` gives a function that takes a body and notes in a dictionary
    what the client ends up with; `own` are the exceptions that a user of this client expects of it.
    """
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a client prints must not be taken for an answer
    for line in sys.stdin:
        job = json.loads(line)
        seen = []
        ask = play(job)
        for body in job["requests"]:
            noted = {}
            try:
                ask(dict(body), noted)
            except CannotError as reason:
                noted = {"cannot": str(reason)}
            except Exception as error:  # noqa: BLE001 - which one it is, is what the survey is about
                noted["error"] = told(error, own)
            seen.append(noted)
        out.write(json.dumps(seen, default=str) + "\n")
        out.flush()
