"""What all drivers of Python frameworks share: the questions, the tool, the value, and the way to report.

Here: `drive`, which runs exercises and prints what came out (the contract is in `tests/frameworks/clients.py`). Not
here: any framework. It runs in the framework's own environment, so it needs nothing but the standard library.

A connection to anything but this machine is refused and reported: frameworks fetch price lists, vocabularies and
settings, and send telemetry.
"""

import asyncio
import inspect
import json
import os
import sys
import traceback
from functools import partial

EXERCISES = (
    "text",
    "stream",
    "tool_round_trip",
    "parallel_tools",
    "structured",
    "usage",
    "retryable_error",
    "fatal_error",
)

MODEL = "gpt-4o"
KEY = "sk-test"
QUESTION = "What is the capital of France?"
WEATHER = "How is the weather in Paris?"
WEATHERS = "How is the weather in Paris and Rome?"
PERSON = "Who is Ada?"
SKIES = {"Paris": "sunny", "Rome": "rain"}

TOOL = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}

_OUT = os.dup(1)
os.dup2(2, 1)  # what a framework prints is not what it gave its user

_outside = []


def _refuse(event, arguments):
    """An audit hook: let nothing but this machine be reached."""
    if event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            _outside.append(f"{address[0]}:{address[1]}")
            raise ConnectionRefusedError(f"this run is offline: {address}")
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        if host not in {"127.0.0.1", "::1", "localhost", None, "", b"127.0.0.1", b"localhost"}:
            _outside.append(str(host))
            raise ConnectionRefusedError(f"this run is offline: {host}")


sys.addaudithook(_refuse)


class Unsupported(Exception):  # noqa: N818 - it is no error
    """The framework has no such feature; the message says why."""


class Weather:
    """The tool, and which calls it had."""

    def __init__(self):
        self.calls = []

    def __call__(self, city):
        self.calls.append({"name": "get_weather", "arguments": {"city": city}})
        return SKIES[city]

    def answer(self, name, arguments):
        """The result of a call as the model made it."""
        self.calls.append({"name": name, "arguments": arguments})
        return SKIES[arguments["city"]]


def _status(error):
    """The HTTP status that the user can get at: of the exception, or of what caused it."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for name in ("status_code", "http_status", "status"):
            value = getattr(error, name, None)
            if isinstance(value, int):
                return value
        error = error.__cause__ or error.__context__
    return None


def _run(make, name):
    _outside.clear()
    try:
        result = getattr(make(), name)()
        result = asyncio.run(result) if inspect.iscoroutine(result) else result
    except Unsupported as reason:
        return {"unsupported": str(reason)}
    except Exception as error:  # noqa: BLE001 - whatever a framework raises is what its user gets
        traceback.print_exc()
        return {"error": {"type": type(error).__name__, "message": str(error), "status": _status(error)}}
    return result


def address(pattern, variant, exercise):
    """The base URL of one exercise."""
    return pattern.replace("{variant}", variant).replace("{exercise}", exercise)


def drive(make, finish=lambda: None):
    """Run the exercises that the command line asks for, and `finish`. `make(variant, base_url)` gives an object with a
    method for each exercise, sync or async, that returns the parts of its line.
    """
    wanted, variants, pattern = sys.argv[1:4]
    for variant in variants.split(","):
        for name in EXERCISES if wanted == "all" else (wanted,):
            found = _run(partial(make, variant, address(pattern, variant, name)), name)
            line = {"variant": variant, "exercise": name, **found, "outside": sorted(set(_outside))}
            os.write(_OUT, (json.dumps(line, default=str) + "\n").encode())
    finish()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # threads that a framework left behind are not waited for
