from mockllm.net.virtual.patches import Patches


class Base:
    name = "base"


class Child(Base):
    own = "child"


def test_what_was_there_comes_back_and_what_was_inherited_is_inherited_again():
    patches = Patches()
    patches.put(Child, "own", 1)
    patches.put(Child, "own", 2)
    patches.put(Child, "name", 3)
    assert (Child.own, Child.name) == (2, 3)
    patches.undo()
    assert (Child.own, Child.name) == ("child", "base")
    assert "name" not in vars(Child)
