"""One variant of many by its key: what is read, what is refused and where, and that no other variant is needed."""

import sys
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from mockllm.scenario.base import Authored, Integer, found
from mockllm.scenario.keyed import Imported, Keyed, by_kind, kind_of


class Cat(Authored):
    kind: ClassVar[str] = "cat"
    shorthand: ClassVar[str | None] = "name"

    name: str
    lives: Integer = 9


class Dog(Authored):
    kind: ClassVar[str] = "dog"

    dog: str = Field(description="what it is called")
    size: Annotated[Integer, Field(ge=1)] = 1


Animal = Annotated[Cat | Dog, Keyed("animal", by_kind(Cat, Dog))]


class Zoo(Authored):
    animals: tuple[Animal, ...] = ()


def problems(kind, value):
    with pytest.raises(ValidationError) as error:
        TypeAdapter(kind).validate_python(value)
    return [(details["loc"], details["msg"]) for details in error.value.errors()]


def test_the_key_names_the_variant_and_its_body_fills_it():
    zoo = Zoo.model_validate({"animals": [{"cat": "Tom"}, {"dog": {"dog": "Rex", "size": 3}}]})
    assert zoo.animals == (Cat(name="Tom"), Dog(dog="Rex", size=3))


def test_a_variant_may_be_given_from_python():
    rex = Dog(dog="Rex")
    assert Zoo(animals=(rex,)).animals[0] is rex


@pytest.mark.parametrize("value", [3, None, [], "Tom", {}, Zoo()])
def test_anything_else_is_refused_with_an_example(value):
    message = "expected a animal as one key and its body, such as {cat: {name: ..., lives: ...}}, found"
    assert problems(Animal, value) == [((), f"{message} {found(value)}")]


def test_a_kind_without_body_is_refused_with_its_own_example():
    message = "expected a animal as one key and its body, such as {dog: {dog: ..., size: ...}}, found 'dog'"
    assert problems(Animal, "dog") == [((), message)]


def test_a_second_key_is_refused():
    message = "one animal per entry, found 2 keys: cat, dog: make an entry of each"
    assert problems(Animal, {"cat": "Tom", "dog": {"dog": "Rex"}}) == [((), message)]


def test_an_unknown_kind_is_refused_with_the_nearest():
    assert problems(Zoo, {"animals": [{"cta": "Tom"}]}) == [
        (("animals", 0), "unknown animal 'cta': did you mean 'cat'? allowed: cat, dog")
    ]
    assert problems(Animal, {7: "Tom"}) == [((), "unknown animal '7': allowed: cat, dog")]


def test_places_have_the_keys_of_the_document_and_no_others():
    """The body has a key of the same name as the kind, which no repetition may hide."""
    assert problems(Zoo, {"animals": [{"dog": {"dog": "Rex", "size": 0, "age": 3}}, {"dog": {}}, {"cat": 4}]}) == [
        (("animals", 0, "dog", "size"), "expected a value of at least 1, found 0"),
        (("animals", 0, "dog", "age"), "unknown key 'age': allowed here: dog, size"),
        (("animals", 1, "dog", "dog"), "the key 'dog' is missing: what it is called"),
        (("animals", 2, "cat"), "expected a text, found 4: put it in quotes"),
    ]


def test_what_a_subclass_writes_for_a_plain_value_is_in_no_place():
    class Short(Keyed):
        def _wrap(self, value: Any) -> Any:
            return super()._wrap({"dog": {"dog": value}} if isinstance(value, int) else value)

    kind = Annotated[Cat | Dog, Short("animal", by_kind(Cat, Dog))]
    [(place, message)] = problems(kind, 3)
    assert place == ("dog",), "the kind is taken away; the field is its own"
    assert message == "expected a text, found 3: put it in quotes"


def test_the_kind_is_on_the_class():
    assert kind_of(Cat) == "cat"


def test_one_key_of_many_is_one_mapping():
    schema = TypeAdapter(Animal).json_schema()
    assert schema["title"] == "animal"
    assert (schema["minProperties"], schema["maxProperties"], schema["additionalProperties"]) == (1, 1, False)
    assert set(schema["properties"]) == {"cat", "dog"}


def test_what_may_stand_for_the_mapping_comes_first():
    class Short(Keyed):
        def _plain(self):
            return ({"type": "integer"},)

    first, full = TypeAdapter(Annotated[Cat, Short("animal", by_kind(Cat))]).json_schema()["anyOf"]
    assert first == {"type": "integer"}
    assert set(full["properties"]) == {"cat"}


MODULE = """
from typing import ClassVar
from mockllm.scenario.base import Authored

class {name}(Authored):
    kind: ClassVar[str] = "{kind}"
    legs: int = 4
"""


@pytest.fixture
def farm(tmp_path, monkeypatch):
    """A package of two modules, a class in each; their names are in no other package."""
    package = tmp_path / "farm_of_test_keyed"
    package.mkdir()
    (package / "__init__.py").write_text("")
    for name in ("Cow", "Hen"):
        (package / f"{name.lower()}.py").write_text(MODULE.format(name=name, kind=name.lower()))
    monkeypatch.syspath_prepend(tmp_path)
    yield package.name
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


def test_a_variant_that_is_not_written_is_not_imported(farm):
    table = Imported[Authored](farm, {"cow": "cow.Cow", "hen": "hen.Hen"})
    animals = TypeAdapter(tuple[Annotated[Authored, Keyed("animal", table)], ...])
    (hen,) = animals.validate_python([{"hen": {"legs": 2}}])
    assert animals.validate_python([hen]) == (hen,)
    assert (hen.kind, hen.legs) == ("hen", 2)
    with pytest.raises(ValidationError, match=r"unknown animal 'pig': .*allowed: cow, hen"):
        animals.validate_python([{"pig": {}}])
    assert f"{farm}.cow" not in sys.modules


def test_a_table_has_its_order_and_its_classes(farm):
    table = Imported[Authored](farm, {"hen": "hen.Hen", "cow": "cow.Cow"})
    assert (list(table), len(table), "cow" in table, "pig" in table) == (["hen", "cow"], 2, True, False)
    assert not any(f"{farm}.{name}" in sys.modules for name in table)
    assert {kind: kind_of(variant) for kind, variant in table.items()} == {"hen": "hen", "cow": "cow"}
    with pytest.raises(KeyError):
        _ = table["pig"]


def test_the_schema_has_them_all(farm):
    table = Imported[Authored](farm, {"cow": "cow.Cow", "hen": "hen.Hen"})
    schema = TypeAdapter(Annotated[Authored, Keyed("animal", table)]).json_schema()
    assert set(schema["$defs"]) == {"Cow", "Hen"}
