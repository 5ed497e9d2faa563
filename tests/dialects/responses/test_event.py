from mockllm.dialects.responses.event import Event, deltas
from tests.turns import pieces


def test_a_text_is_one_delta_for_each_piece_and_then_the_whole():
    place = {"output_index": 0}
    assert list(deltas("response.x", "code", pieces("a", '"'), place)) == [
        Event("response.x.delta", {"output_index": 0, "delta": "a"}, "token", 1, 'code "a"'),
        Event("response.x.delta", {"output_index": 0, "delta": '"'}, "token", 1, 'code "\\""'),
        Event("response.x.done", {"output_index": 0, "code": 'a"'}),
    ]


def test_a_sign_may_stand_for_the_name_in_timelines():
    first, _ = deltas("response.x", "text", pieces("a"), {}, sign="~")
    assert first.label == '~"a"'


def test_no_pieces_are_an_empty_whole():
    assert list(deltas("response.x", "text", (), {})) == [Event("response.x.done", {"text": ""})]
