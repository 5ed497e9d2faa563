from mockllm.fill.schema.document import OPTIONAL_DEPTH, Document, Node
from mockllm.fill.schema.flat import Flat
from mockllm.fill.schema.heights import Heights
from mockllm.fill.schema.place import Place
from mockllm.seeds import Seed

ROOT = Place(Document({}), Heights({}), "#", Seed.of(1), entered=frozenset({"#"}))


def test_a_place_inside_is_one_deeper_and_has_its_own_seed():
    inside = ROOT.inside("#/properties/a", "a", "property", "a")
    assert (inside.path, inside.name, inside.depth) == ("#/properties/a", "a", 1)
    assert inside.seed == ROOT.seed.child("property", "a")
    assert inside.entered == ROOT.entered


def test_a_reference_that_is_followed_twice_makes_values_lean():
    followed = Flat(Node({}, "#/$defs/a"), (), frozenset({"#/$defs/a"}))
    once = ROOT.at(followed)
    assert (once.path, once.entered, once.lean) == ("#/$defs/a", {"#", "#/$defs/a"}, False)
    assert once.at(followed).lean
    assert once.at(followed).inside("#/x", "x").at(Flat(Node({}, "#/x"))).lean


def test_values_are_lean_from_a_depth_on():
    place, leans = ROOT, []
    for _ in range(OPTIONAL_DEPTH + 2):
        leans.append(place.at(Flat(Node({}, "#"))).lean)
        place = place.inside("#", "a", "a")
    assert leans == [False] * OPTIONAL_DEPTH + [True] * 2


def test_another_attempt_has_other_draws_and_the_first_has_none():
    assert ROOT.again(0) == ROOT
    assert len({ROOT.again(attempt).seed for attempt in range(4)}) == 4
