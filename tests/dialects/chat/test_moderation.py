from mockllm.dialects.chat.moderation import moderation
from mockllm.turn import Reasoning, Refusal, Text
from tests.turns import asked, pieces, said, turn

# In the order of the recorded stream.
CATEGORIES = [
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
]
ASKED = asked(moderation={"model": "omni-moderation-latest"})
HELLO = said(Text(pieces("Hello")))


def test_there_is_none_unless_it_is_asked_for():
    assert moderation(turn(HELLO), asked()) is None
    assert moderation(turn(HELLO), asked(moderation=None)) is None


def test_input_and_output_have_the_shape_of_the_wire():
    found = moderation(turn(HELLO), ASKED)
    assert list(found) == ["input", "output"]
    for side in found.values():
        assert list(side) == ["type", "model", "results"]
        assert (side["type"], side["model"]) == ("moderation_results", "omni-moderation-latest")
        (result,) = side["results"]
        assert list(result) == [
            "type",
            "model",
            "flagged",
            "categories",
            "category_scores",
            "category_applied_input_types",
        ]
        assert (result["type"], result["model"]) == ("moderation_result", "omni-moderation-latest")
        assert [*result["categories"]] == [*result["category_scores"]] == CATEGORIES
        assert result["category_applied_input_types"] == {name: ["text"] for name in CATEGORIES}


def test_nothing_is_flagged_and_scores_are_small():
    (result,) = moderation(turn(HELLO), ASKED)["output"]["results"]
    assert result["flagged"] is False
    assert set(result["categories"].values()) == {False}
    assert all(0 <= score < 0.001 for score in result["category_scores"].values())
    assert len(set(result["category_scores"].values())) == 13


def test_each_choice_has_a_result_that_follows_from_what_it_says():
    refusal = said(Reasoning(pieces("Hm")), Refusal(pieces("Hello")))
    first, second, third = moderation(turn(HELLO, refusal, said()), ASKED)["output"]["results"]
    assert first == second
    assert third != first


def test_the_input_is_all_messages():
    one = moderation(turn(HELLO), asked(moderation={"model": "m"}))
    other = moderation(turn(HELLO), asked(moderation={"model": "m"}, messages=[{"role": "user", "content": "Ho"}]))
    assert one["input"] != other["input"]
    assert one["output"] == other["output"]
