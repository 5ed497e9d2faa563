"""What every class of the scenario language shares.

Here: `Authored`, the strict frozen model whose fields are its YAML, `Shaped` and `Chosen` for choices, and the scalar
types. Not here: the choice by a key (`keyed.py`), any word of the language itself, and the words for what is wrong
(`words.py`). Classes built on these give the validation, the JSON Schema and the reference tables, so that the three
cannot drift apart. Look next at `document.py`, the top of the language.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    Strict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, core_schema

from mockllm.scenario.words import finding, key_finding, listed, nearest, remedy, told
from mockllm.units import found

__all__ = [
    "Authored",
    "Chosen",
    "Flag",
    "Integer",
    "JSONValue",
    "Number",
    "Shaped",
    "chosen",
    "either",
    "found",
    "nearest",
]

Integer = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
JSONValue = Any
"""Any JSON value; what it means is decided where it is used."""

_IN_KEY = "[key]"
_NO_MAPPING = ["string", "number", "boolean", "array", "null"]


class Authored(BaseModel):
    """A part of the scenario language: strict, frozen, its fields are its YAML.

    `shorthand` names the field that a plain value stands for, so `done: omit` means `done: {mode: omit}`.
    """

    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True, defer_build=True
    )

    shorthand: ClassVar[str | None] = None

    @classmethod
    def allowed(cls) -> list[str]:
        """The keys that YAML may use here, in the order of the class."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def hint(cls, key: str) -> str:
        """What to do about a key that is not allowed here, with a space at its end; empty if nothing comes to mind."""
        return nearest(key, cls.allowed())

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        is_short = cls.shorthand is not None and not isinstance(value, (Mapping, cls))
        try:
            return handler({cls.shorthand: value} if is_short else value)
        except ValidationError as error:
            all_details = error.errors(include_url=False)
            lines = [cls._line(details, int(is_short)) for details in all_details if not _is_echo(details)]
            raise ValidationError.from_exception_data(error.title, lines) from None

    @classmethod
    def _line(cls, details: ErrorDetails, start: int) -> InitErrorDetails:
        """The finding in our words; `start` is 1 if the field at the start of its place is not in the document."""
        kind, loc = details["type"], details["loc"]
        if kind == "extra_forbidden":
            key = str(loc[-1])
            message = f"unknown key '{key}': {cls.hint(key)}allowed here: {', '.join(cls.allowed())}"
            return key_finding(details, message)
        if kind == "model_type":
            keys = ", ".join(cls.allowed())
            return finding(details, f"expected a mapping with keys from {keys}, found {found(details['input'])}")
        if kind == "missing":
            about = next((f.description for n, f in cls.model_fields.items() if loc[-1] in {n, f.alias}), None)
            return finding(details, told(details) + (f": {about}" if about else ""))
        if loc[-1:] == (_IN_KEY,):
            return key_finding({**details, "loc": loc[:-1]}, told(details))
        return finding(details, start=start if loc[:1] == (cls.shorthand,) else 0)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        full = handler(schema)
        # What only Python can write, such as a callable, has no property.
        short = full["properties"].get(cls.shorthand)
        return full if short is None else either(full, _beside_mapping(short))


def _is_echo(details: ErrorDetails) -> bool:
    """Whether a list counts as too short only because its entries have faults, which are told themselves."""
    return details["type"] == "too_short" and bool(details["input"])


def either(full: JsonSchemaValue, *short: JsonSchemaValue) -> JsonSchemaValue:
    """The JSON Schema of a mapping that may also be written in other ways, which come first."""
    told: JsonSchemaValue = {key: full[key] for key in ("title", "description") if key in full}
    return {**told, "anyOf": [*short, {key: value for key, value in full.items() if key not in told}]}


def _beside_mapping(field: JsonSchemaValue) -> JsonSchemaValue:
    """The JSON Schema of a plain value that stands for a mapping; a field of any type takes all but a mapping."""
    told = {key: value for key, value in field.items() if key != "default"}
    return told if told.keys() & {"type", "anyOf", "enum", "const", "$ref"} else {**told, "type": _NO_MAPPING}


class Shaped:
    """An annotation for a value of several shapes, such as a text or a list of texts.

    The shape alone decides which of the types is meant, so that a fault is told once and in the words of that type;
    `expected` says what each of them is.
    """

    def __init__(self, *expected: str) -> None:
        self._expected = list(expected)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = {_shape_of_type(way): handler.generate_schema(way) for way in get_args(source)}
        first = next(iter(choices))
        return chosen(choices, lambda value: shape if (shape := _shape(value)) in choices else first, self._told)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        full = handler(schema)
        return {**{key: value for key, value in full.items() if key != "oneOf"}, "anyOf": full["oneOf"]}

    def _told(self, details: ErrorDetails) -> str | None:
        """What is said where the value itself has a shape, or is a word, that does not fit."""
        if len(details["loc"]) > 1 or details["type"] not in _MISSHAPEN:
            return None
        value = details["input"]
        hint = nearest(value, self._expected) if isinstance(value, str) else ""
        do = f": {hint.rstrip()}" if hint else remedy(details)
        return f"expected {listed(self._expected)}, found {found(value)}{do}"


_MISSHAPEN = frozenset({"string_type", "int_type", "tuple_type", "mapping_type", "dict_type", "literal_error"})


class Chosen:
    """An annotation for a value that is one of several forms, of which `choose` gives the name by looking at it.

    `choose` may refuse the value with `units.refusal`.
    """

    def __init__(self, choose: Callable[[Any], str], **forms: Any) -> None:
        self._choose = choose
        self._forms = forms

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return chosen({name: handler.generate_schema(form) for name, form in self._forms.items()}, self._choose)


def chosen(
    choices: Mapping[str, CoreSchema],
    choose: Callable[[Any], str],
    say: Callable[[ErrorDetails], str | None] = lambda _details: None,
) -> CoreSchema:
    """The schema of a value that is one of several, of which `choose` gives the name; the name is in no place. What
    `say` returns replaces the words of a finding.
    """

    def read(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        choose(value)  # It may refuse the value, which a discriminator may not.
        try:
            return handler(value)
        except ValidationError as error:
            lines = [finding(details, say(details), start=1) for details in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(error.title, lines) from None

    return core_schema.no_info_wrap_validator_function(read, core_schema.tagged_union_schema(dict(choices), choose))


def _shape(value: object) -> str:
    """The name of the value's shape: what tells one type of a `Shaped` from another."""
    match value:
        case str():
            return "text"
        case bool():
            return "flag"
        case int():
            return "number"
        case Mapping():
            return "mapping"
        case list() | tuple():
            return "list"
        case _:
            return "other"


def _shape_of_type(way: Any) -> str:
    """The shape of the values of a type."""
    kind = get_origin(way) or way
    if kind is Annotated:
        return _shape_of_type(get_args(way)[0])
    return _shape(get_args(way)[0] if kind is Literal else {str: "", int: 0, tuple: ()}.get(kind, {}))
