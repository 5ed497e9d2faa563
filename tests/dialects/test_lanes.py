"""Side by side: the order by hand, for parts of letters, which are tokens, and dots, which are none."""

import pytest

from mockllm.dialects.lanes import side_by_side


def ordered(*lanes):
    """The parts as `LANE PART`; a letter is so many tokens as it has characters, a dot is none."""
    parts = side_by_side([lane.split() for lane in lanes], lambda part: 0 if "." in part else len(part))
    return [f"{number}{part}" for number, part in parts]


@pytest.mark.parametrize(
    ("lanes", "order"),
    [
        ([], ""),
        ([""], ""),
        (["r. a b f."], "0r. 0a 0b 0f."),
        (["r. a f.", "r. c f."], "0r. 1r. 0a 1c 0f. 1f."),
        (["r. a b f.", "r. c f."], "0r. 1r. 0a 1c 1f. 0b 0f."),
        (["r. c f.", "r. a b f."], "0r. 1r. 0c 1a 0f. 1b 1f."),
        # A part of three tokens goes out with the third.
        (["aaa b", "c d e f g"], "1c 1d 0aaa 1e 0b 1f 1g"),
        (["h. i. a", "r. b"], "0h. 1r. 0i. 0a 1b"),
        (["", "a"], "1a"),
    ],
)
def test_token_k_of_each_lane_comes_before_the_next_of_any(lanes, order):
    assert ordered(*lanes) == order.split()


def test_lanes_are_read_only_as_far_as_they_are_asked_for():
    read = []

    def lane(name):
        for part in "ab":
            read.append(name + part)
            yield part

    parts = side_by_side([lane("0"), lane("1")], len)
    assert next(parts) == (0, "a")
    assert read == ["0a", "1a"]
