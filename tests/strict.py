"""Whether a JSON value is exactly what the official SDK's models say, which the models themselves do not check.

The SDK's models allow unknown keys, and its client builds them without validation. `problems` walks the declared types
instead and reports each unknown key, each missing key and each value of another type, with its path. What the wire has
and the models do not is allowed by name, with the section of the wire contract that says so.
"""

import re
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

NONE: Mapping[str, str] = {}


def problems(value: object, model: Any, allow: Mapping[str, str] = NONE) -> list[str]:
    """What is wrong with the value, one line each; an empty list when nothing is.

    `model` is a model of the SDK or any type made of models. `allow` maps a path, with `[]` for every index, to the
    place that says why something else is right there.
    """
    return [
        f"{path or '(whole)'}: {text}" for path, text in _problems(value, model, "") if unindexed(path) not in allow
    ]


def unindexed(path: str) -> str:
    """The path with `[]` for every index: `choices[].delta`."""
    return re.sub(r"\[\d+\]", "[]", path)


def _problems(value: object, kind: Any, path: str) -> Iterator[tuple[str, str]]:
    origin = get_origin(kind)
    if hasattr(kind, "__value__"):  # an alias, of typing or of its backport
        yield from _problems(value, kind.__value__, path)
    elif origin is Annotated:
        yield from _problems(value, get_args(kind)[0], path)
    elif origin in {Union, types.UnionType}:
        yield from _in_none(value, get_args(kind), path)
    elif origin is Literal:
        if not any(value == option and type(value) is type(option) for option in get_args(kind)):
            yield path, f"{value!r} is none of {get_args(kind)}"
    elif origin is list:
        yield from _in_list(value, get_args(kind)[0], path)
    elif origin is dict:
        yield from _in_dict(value, get_args(kind)[1], path)
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        yield from _in_model(value, kind, path)
    elif kind not in {object, Any} and not _is_a(value, kind):
        yield path, f"{value!r} is not {getattr(kind, '__name__', kind)}"


def _is_a(value: object, kind: Any) -> bool:
    """JSON's types: an integer is a number, a boolean is neither."""
    if kind is None or kind is type(None):
        return value is None
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _in_none(value: object, kinds: tuple[Any, ...], path: str) -> Iterator[tuple[str, str]]:
    """The problems with the choice that comes nearest: one of the same tag, or of the same type, or with the fewest."""
    found = [list(_problems(value, kind, path)) for kind in kinds]
    if all(found):
        tagged = [these for these, kind in zip(found, kinds, strict=True) if _has_tag(value, kind)]
        yield from min(tagged or found, key=lambda these: (path in dict(these), len(these)))


def _has_tag(value: object, kind: Any) -> bool:
    """Whether the value's `type` is the one that this model wants."""
    if not isinstance(value, dict) or not (isinstance(kind, type) and issubclass(kind, BaseModel)):
        return False
    tag = kind.model_fields.get("type")
    return tag is not None and value.get("type") in get_args(tag.annotation)


def _in_list(value: object, kind: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield path, f"{value!r} is not a list"
        return
    for index, item in enumerate(value):
        yield from _problems(item, kind, f"{path}[{index}]")


def _in_dict(value: object, kind: Any, path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield path, f"{value!r} is not an object"
        return
    for key, item in value.items():
        yield from _problems(item, kind, _member(path, key))


def _in_model(value: object, model: type[BaseModel], path: str) -> Iterator[tuple[str, str]]:
    if not isinstance(value, dict):
        yield path, f"{value!r} is not an object ({model.__name__})"
        return
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    for key in value.keys() - fields.keys():
        yield _member(path, key), f"unknown key of {model.__name__}"
    for key, field in fields.items():
        if key in value:
            yield from _problems(value[key], field.annotation, _member(path, key))
        elif field.is_required():
            yield _member(path, key), f"missing in {model.__name__}"


def _member(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
