"""An exchange as JSON and back, without a loss: how a client in another process gets the very record of the server.

Here: the functions, over one table of the values that an exchange is made of, and of those that state is made of. Not
here: the record for people and programs, whose shape does not change (`journal/export.py`); this one is for a client of
the same version.

A value of one of our classes is an object whose key `@` names the class; fields that have their default are left out.
Bytes are `{"@": "bytes"}` in base64, and an object that has a key `@` itself is wrapped. A frame that several steps
share is written once, so that they share it again.
"""

import base64
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from typing import Any

from mockllm import plan, request
from mockllm.exchange import Deliveries, Ending, Exchange, GateVisit, Outcome, Trouble
from mockllm.limits import Bucket, Meter, Slots, Window
from mockllm.request import JSON
from mockllm.store import Stored

_MARK = "@"
_CLASSES: Mapping[str, type] = {
    cls.__name__: cls
    for cls in (
        Exchange,
        Outcome,
        GateVisit,
        request.Call,
        request.Headers,
        request.Request,
        request.Message,
        request.ToolUse,
        request.Tool,
        Stored,
        Meter,
        Bucket,
        Window,
        Slots,
        plan.Frame,
        plan.Framing,
        plan.Wait,
        plan.Gate,
        plan.Head,
        plan.Interim,
        plan.HeadRest,
        plan.Send,
        plan.Raw,
        plan.End,
        plan.Close,
        plan.Reset,
        plan.Admit,
        plan.Messages,
    )
}
_WORDS: Mapping[str, type[StrEnum]] = {"ending": Ending, "trouble": Trouble}


def packed(exchange: Exchange) -> dict[str, JSON]:
    """The exchange as a JSON object."""
    frames: dict[int, tuple[int, plan.Frame]] = {}
    value = _pack(exchange, frames)
    done = [delivery.done_us for delivery in exchange.deliveries]
    return {"exchange": value, "frames": [_pack(frame, {}) for _, frame in frames.values()], "done_us": list(done)}


def unpacked(value: Mapping[str, Any]) -> Exchange:
    """The exchange in a JSON object. Raises ValueError, TypeError or KeyError for what `packed` would not give."""
    frames = [_unpack(frame, []) for frame in value["frames"]]
    exchange: Exchange = _unpack(value["exchange"], frames)
    deliveries = Deliveries(exchange.plan)
    for done_us in array("q", value["done_us"]):
        deliveries.add(1, done_us)
    object.__setattr__(exchange, "deliveries", deliveries)  # it was made here, and nobody else has it yet
    return exchange


def pack_value(value: Any) -> Any:
    """A value of our classes, or a list or mapping of such values, as JSON. Steps of a plan need `packed`."""
    return _pack(value, {})


def unpack_value(value: Any) -> Any:
    """The value in JSON that `pack_value` gave; what was a tuple outside of an object is a list."""
    return _unpack(value, [])


def _pack(value: Any, frames: dict[int, tuple[int, plan.Frame]]) -> Any:
    if isinstance(value, bytes):
        return {_MARK: "bytes", "base64": base64.b64encode(value).decode()}
    if is_dataclass(value) and not isinstance(value, type):
        return _pack_object(value, frames)
    if isinstance(value, Mapping):
        items = {key: _pack(item, frames) for key, item in value.items()}
        return {_MARK: "map", "items": items} if _MARK in items else items
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_pack(item, frames) for item in value]
    return value


def _pack_object(value: Any, frames: dict[int, tuple[int, plan.Frame]]) -> dict[str, Any]:
    packed_fields: dict[str, Any] = {_MARK: type(value).__name__}
    for field in _TOLD[type(value)]:
        item = getattr(value, field.name)
        if item == _default(field):
            continue
        if field.name == "frame":
            index, _ = frames.setdefault(id(item), (len(frames), item))
            packed_fields["frame"] = index
        else:
            packed_fields[field.name] = _pack(item, frames)
    return packed_fields


def _unpack(value: Any, frames: Sequence[Any]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, frames) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(_MARK)
    if kind is None:
        return {key: _unpack(item, frames) for key, item in value.items()}
    if kind == "bytes":
        return base64.b64decode(value["base64"])
    if kind == "map":
        return {key: _unpack(item, frames) for key, item in value["items"].items()}
    given = {name: _field(name, item, frames) for name, item in value.items() if name != _MARK}
    return _CLASSES[kind](**given)


def _field(name: str, item: Any, frames: Sequence[Any]) -> Any:
    """One field of one of our classes, whose lists are tuples."""
    if name == "frame":
        return frames[item]
    if name in _WORDS:
        return _WORDS[name](item)
    return _frozen(_unpack(item, frames)) if isinstance(item, list) else _unpack(item, frames)


def _frozen(items: list[Any]) -> tuple[Any, ...]:
    return tuple(_frozen(item) if isinstance(item, list) else item for item in items)


def _told(cls: type[Any]) -> tuple[Field[Any], ...]:
    """The fields that are written, from which the others follow; what was delivered stands beside the exchange."""
    return tuple(field for field in fields(cls) if field.init and field.name != "deliveries")


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


_TOLD: Mapping[type, tuple[Field[Any], ...]] = {cls: _told(cls) for cls in _CLASSES.values()}
