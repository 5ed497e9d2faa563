import re

from mockllm.dialects.realtime.event import event, frame, named
from mockllm.seeds import Seed


def test_an_id_is_a_prefix_and_21_letters_and_digits():
    key = named("item", Seed.of("a"), 1)
    assert re.fullmatch(r"item_[0-9A-Za-z]{21}", key)
    assert key == named("item", Seed.of("a"), 1)
    assert key != named("item", Seed.of("a"), 2)


def test_an_event_begins_with_its_type_and_its_id():
    assert list(event("session.updated", "event_1", {"session": {}}).items()) == [
        ("type", "session.updated"),
        ("event_id", "event_1"),
        ("session", {}),
    ]


def test_a_frame_has_the_name_of_its_event():
    made = frame({"type": "response.output_text.delta"}, "token", 1)
    assert (made.event, made.kind, made.tokens, made.label) == (
        "response.output_text.delta",
        "token",
        1,
        "output_text.delta",
    )
    assert frame({"type": "x"}, label="y").label == "y"
