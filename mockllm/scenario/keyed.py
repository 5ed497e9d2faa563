"""One variant of many, written as a mapping whose one key names it: `{stall: {for: 3s}}`.

Here: the annotation `Keyed`, and `Imported`, a table of variants whose classes are made when they are first asked for:
a scenario uses few of the language's many words, and a server that starts need not wait for the others. Not here: any
variant, and what all classes of the language share (`base.py`).
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError, ValidationInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from mockllm.scenario.base import Authored, either
from mockllm.scenario.words import below, nearest
from mockllm.units import found, refusal

_Class_co = TypeVar("_Class_co", bound=Authored, covariant=True)


class Keyed:
    """An annotation for a value written as a mapping with one key that names its variant.

    Each variant is an `Authored` class with a `kind`, and stands under it in the table. The value is the variant
    itself, without the mapping around it; from Python the variant may be given directly. A second key beside the first
    is an error. Of all variants only those that are written are ever asked for.
    """

    def __init__(self, noun: str, variants: Mapping[str, type[Authored]]) -> None:
        self._noun = noun
        self._variants = variants

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        del source, handler  # they would build the schemas of all variants
        return core_schema.with_info_plain_validator_function(self._read)

    def _read(self, value: Any, info: ValidationInfo) -> Any:
        written = self._wrap(value)
        ((kind, body),) = written.items()
        try:
            return self._variants[kind].model_validate(body, context=info.context)
        except ValidationError as error:
            raise (below(error, kind) if written is value else error) from None

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """One mapping with all kinds as its keys, of which one is used; editors complete that better than a choice of
        mappings.
        """
        del schema  # that of validation, which knows no variant
        fields = {kind: core_schema.typed_dict_field(_schema(variant)) for kind, variant in self._variants.items()}
        properties = handler(core_schema.typed_dict_schema(fields))["properties"]
        one = {"minProperties": 1, "maxProperties": 1, "additionalProperties": False}
        full = {"title": self._noun, "type": "object", "properties": properties, **one}
        return either(full, *self._plain()) if self._plain() else full

    def _plain(self) -> tuple[JsonSchemaValue, ...]:
        """The JSON Schemas of what may stand for the mapping."""
        return ()

    def _wrap(self, value: Any) -> Any:
        """A variant built in Python in its written form; an unknown kind is refused with the nearest one."""
        if isinstance(value, Authored):
            kind = getattr(value, "kind", "")
            if kind in self._variants and isinstance(value, self._variants[kind]):
                return {kind: value}
        if not isinstance(value, Mapping) or not value:
            raise refusal(f"expected {self._form(value)}, found {found(value)}")
        if len(value) > 1:
            keys = ", ".join(map(str, value))
            raise refusal(f"one {self._noun} per entry, found {len(value)} keys: {keys}: make an entry of each")
        if (kind := next(iter(value))) not in self._variants:
            allowed = self._allowed()
            message = f"unknown {self._noun} '{kind}': {nearest(str(kind), allowed)}allowed: {', '.join(allowed)}"
            raise refusal(message)
        return value

    def _allowed(self) -> list[str]:
        """What may be written, for messages."""
        return list(self._variants)

    def _form(self, value: object) -> str:
        """What an entry looks like; if the value is a kind without a body, an entry of that kind."""
        kind = value if isinstance(value, str) and value in self._variants else next(iter(self._variants))
        keys = ", ".join(f"{key}: ..." for key in self._variants[kind].allowed()[:2])
        return f"a {self._noun} as one key and its body, such as {{{kind}: {{{keys}}}}}"


class Imported(Mapping[str, type[_Class_co]]):
    """Classes by their kinds, in a fixed order, each imported when it is first asked for.

    `homes` says where below the package they are: `time.Stall` is the class `Stall` of the module `time`.
    """

    def __init__(self, package: str, homes: Mapping[str, str]) -> None:
        self._package = package
        self._homes = dict(homes)

    def __getitem__(self, kind: str) -> type[_Class_co]:
        module, _, name = self._homes[kind].rpartition(".")
        found: type[_Class_co] = getattr(import_module(f"{self._package}.{module}"), name)
        return found

    def __contains__(self, kind: object) -> bool:
        return kind in self._homes

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


def by_kind(*variants: type[_Class_co]) -> dict[str, type[_Class_co]]:
    """These variants by the keys that name them in YAML."""
    return {kind_of(variant): variant for variant in variants}


def kind_of(variant: type[Authored]) -> str:
    """The key that names this variant in YAML."""
    kind: str = variant.kind  # type: ignore[attr-defined] # every variant given to Keyed has one
    return kind


def _schema(variant: type[Authored]) -> CoreSchema:
    """The schema of a variant, which is built now if nobody has used the variant yet."""
    variant.model_rebuild()
    return variant.__pydantic_core_schema__
