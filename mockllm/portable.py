"""The state of a namespace as JSON and back, without a loss: how several processes have one state.

Here: the two functions for a namespace, and those for its gates. Not here: the values inside (`control/wire.py`), and
where the JSON is kept (`net/shared/`). What is left out is what no answer follows from: how often a store was asked.
"""

import base64
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import orjson

from mockllm.control.wire import pack_value, unpack_value
from mockllm.namespace import Namespace
from mockllm.request import JSON
from mockllm.scenario.chaos import Counts
from mockllm.scenario.document import Scenario
from mockllm.store import Store
from mockllm.usage import Usage


def to_json(value: Any) -> bytes:
    """The value as JSON. A text that is no Unicode, as of a header with any bytes, is written with escapes."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value).encode()


def from_json(data: bytes) -> Any:
    """The value in JSON that `to_json` wrote."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return json.loads(data)


_NUMBERS = ("used_us", "began_us", "connections", "leaves")


def pack_namespace(state: Namespace) -> dict[str, JSON]:
    """The state as a JSON object. The scenario is not in it."""
    return {
        **{name: getattr(state, name) for name in _NUMBERS},
        "taken": [[*item] for item in state.taken.items()],
        "tries": [[*key, count] for key, count in state.tries.items()],
        "pending": [[*key, index] for key, index in state.pending.items()],
        "fired": [[*place] for place in sorted(state.fired)],
        "copies": dict(state.copies),
        "seen": dict(state.counts.seen),
        "acted": dict(state.counts.acted),
        "struck": sorted(state.struck),
        "meters": [[[number, *shared], pack_value(meters)] for (number, shared), meters in state.usage.meters.items()],
        "slots": [[[number, *shared], pack_value(slots)] for (number, shared), slots in state.usage.slots.items()],
        "places": [[exchange, number, *shared] for exchange, (number, shared) in state.usage.places.items()],
        "stored": [[kind, pack_value(objects)] for kind, objects in state.store.kinds().items()],
        "labels": [[base64.b64encode(label).decode(), count] for label, count in state.store.labels().items()],
    }


def unpack_namespace(value: Mapping[str, Any], scenario: Scenario) -> Namespace:
    """The state in a JSON object, of a namespace with this scenario."""
    return Namespace(
        scenario,
        **{name: value[name] for name in _NUMBERS},
        taken=dict(value["taken"]),
        tries=OrderedDict(((rule, reply, mark), count) for rule, reply, mark, count in value["tries"]),
        pending=OrderedDict(((rule, mark), index) for rule, mark, index in value["pending"]),
        fired={(rule, reply, attempt, place) for rule, reply, attempt, place in value["fired"]},
        copies=OrderedDict(value["copies"]),
        counts=Counts(value["seen"], value["acted"]),
        struck=set(value["struck"]),
        usage=Usage(
            meters={(number, tuple(shared)): tuple(unpack_value(it)) for (number, *shared), it in value["meters"]},
            slots={(number, tuple(shared)): unpack_value(it) for (number, *shared), it in value["slots"]},
            places={exchange: (number, tuple(shared)) for exchange, number, *shared in value["places"]},
        ),
        store=Store.of(
            {kind: unpack_value(objects) for kind, objects in value["stored"]},
            {base64.b64decode(label): count for label, count in value["labels"]},
        ),
    )
