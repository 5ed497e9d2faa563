"""What every class of the scenario language shares.

Here: `Authored`, the strict frozen model whose fields are its YAML, `Keyed`, the form `{kind: body}` for one variant
of many, and the scalar types. Not here: any word of the language itself. Classes built on these give the validation,
the JSON Schema and the reference tables, so that the three cannot drift apart. Look next at `document.py`, the top of
the language.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ModelWrapValidatorHandler,
    Strict,
    ValidationError,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, InitErrorDetails, core_schema

from mockllm.units import REFUSAL, refusal

Integer = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Flag = Annotated[bool, Strict()]
JSONValue = Any
"""Any JSON value; what it means is decided where it is used."""

_FOUND_LENGTH = 60


def nearest(word: str, allowed: list[str]) -> str:
    """`did you mean 'x'? ` for a word close to an allowed one, else an empty string."""
    close = get_close_matches(word, allowed, n=1, cutoff=0.6)
    return f"did you mean '{close[0]}'? " if close else ""


class Authored(BaseModel):
    """A part of the scenario language: strict, frozen, its fields are its YAML.

    `shorthand` names the field that a plain value stands for, so `done: omit` means `done: {mode: omit}`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True)

    shorthand: ClassVar[str | None] = None

    @classmethod
    def allowed(cls) -> list[str]:
        """The keys that YAML may use here, in the order of the class."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @model_validator(mode="wrap")
    @classmethod
    def _read(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if cls.shorthand is not None and not isinstance(value, (Mapping, cls)):
            value = {cls.shorthand: value}
        try:
            return handler(value)
        except ValidationError as error:
            lines = [cls._line(details) for details in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(error.title, lines) from None

    @classmethod
    def _line(cls, details: ErrorDetails) -> InitErrorDetails:
        """The same error in a form that can be raised again; an unknown key of this very mapping is told in our
        words.
        """
        kind, message, context = details["type"], details["msg"], details.get("ctx", {})
        if kind == "extra_forbidden" and len(details["loc"]) == 1:
            key, allowed = str(details["loc"][0]), cls.allowed()
            ours = refusal(f"unknown key '{key}': {nearest(key, allowed)}allowed here: {', '.join(allowed)}")
        elif kind == "value_error":
            ours = refusal(str(context["error"]))
        elif kind == REFUSAL:
            ours = refusal(message)
        else:
            return InitErrorDetails(type=kind, loc=details["loc"], input=details["input"], ctx=context)
        return InitErrorDetails(type=ours, loc=details["loc"], input=details["input"])

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        full = handler(schema)
        if cls.shorthand is None:
            return full
        resolved = handler.resolve_ref_schema(full)
        short = resolved["properties"][cls.shorthand]
        return {"anyOf": [{key: item for key, item in short.items() if key != "default"}, full]}


class Keyed:
    """An annotation for a value written as a mapping with one key that names its variant: `{stall: {for: 3s}}`.

    Each variant is an `Authored` class with a `kind`. The value is the variant itself, without the mapping around it;
    from Python the variant may be given directly. A second key beside the first is an error.
    """

    def __init__(self, noun: str, *variants: type[Authored]) -> None:
        self._noun = noun
        self._variants = {kind_of(variant): variant for variant in variants}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices: dict[Any, Mapping[str, Any]] = {
            kind: core_schema.typed_dict_schema(
                {kind: core_schema.typed_dict_field(handler.generate_schema(variant))}, extra_behavior="forbid"
            )
            for kind, variant in self._variants.items()
        }
        union = core_schema.tagged_union_schema(choices, self._discriminate)
        wrapped = core_schema.no_info_before_validator_function(self._wrap, union)
        return core_schema.no_info_after_validator_function(lambda entry: next(iter(entry.values())), wrapped)

    def _wrap(self, value: Any) -> Any:
        """A variant built in Python in its written form; an unknown kind is refused with the nearest one."""
        if isinstance(value, Authored) and kind_of(type(value)) in self._variants:
            return {kind_of(type(value)): value}
        if not isinstance(value, Mapping) or not value:
            example = f"{{{next(iter(self._variants))}: ...}}"
            raise refusal(f"expected a {self._noun} as one key and its body, such as {example}, found {found(value)}")
        if len(value) > 1:
            message = f"one {self._noun} per entry, found {len(value)} keys: {', '.join(map(str, value))}"
            raise refusal(message)
        if (kind := next(iter(value))) not in self._variants:
            allowed = list(self._variants)
            message = f"unknown {self._noun} '{kind}': {nearest(str(kind), allowed)}allowed: {', '.join(allowed)}"
            raise refusal(message)
        return value

    def _discriminate(self, value: Mapping[str, object]) -> str:
        return next(iter(value))


def kind_of(variant: type[Authored]) -> str:
    """The key that names this variant in YAML."""
    kind: str = variant.kind  # type: ignore[attr-defined] # every variant given to Keyed has one
    return kind


def found(value: object) -> str:
    """What was found where something else was expected, short enough for one line."""
    text = repr(value)
    return text if len(text) <= _FOUND_LENGTH else f"{text[:_FOUND_LENGTH]}..."
