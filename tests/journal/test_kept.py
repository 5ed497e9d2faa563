"""What is kept when the room gets scarce. Weights are those that the module's table gives, added up by hand."""

from dataclasses import replace

from mockllm.dialects.chat import CHAT
from mockllm.exchange import Deliveries, Ending, Exchange, Outcome
from mockllm.http1 import for_head_request
from mockllm.journal.export import json_lines
from mockllm.journal.kept import Kept, lightened
from mockllm.plan import End, Frame, Framing, Head, Send, Wait
from mockllm.report import table, timeline
from mockllm.request import Call
from mockllm.score import Printed, Score
from mockllm.turn import Text
from tests.turns import SEED, asked, pieces, said, turn

PLENTY = 1_000_000


def plan(text=b"data: 1\n\n"):
    """A new plan each time: what is equal is not therefore shared."""
    frame = Frame(
        {"choices": [{"delta": {"content": "1"}}]},
        tokens=1,
        label='"1"',
        event="e",
        fields=(("id", "1"),),
        ordinal=3,
        framing=Framing(line_ending="\r\n"),
        cause="fault: x",
    )
    pieces = (Send(text[:4], frame, 0, alone=True), Send(text[4:], frame, 4, cause="fault: split"))
    return (Head(200), Wait(100), *pieces, End())


# 3 steps of 80, 2 sends of 950 or 400, and 9 bytes, twice while they are there as JSON too.
WHOLE = 3 * 80 + 2 * 950 + 2 * 9
LIGHT = 3 * 80 + 2 * 400 + 9
OWN = 4_200


def exchange(number, its_plan=None, namespace="n", body=b""):
    return Exchange(
        number, namespace, Call("POST", "/", body=body), None, 200, plan() if its_plan is None else its_plan
    )


def ended(given):
    deliveries = Deliveries(given.plan)
    deliveries.add_rest(150)
    return replace(given, deliveries=deliveries, outcome=Outcome(Ending.COMPLETE, 4, 150))


def filled(kept, *exchanges):
    """Every one of them has arrived and ended, one after the other."""
    for it in exchanges:
        kept.put(it)
        kept.change(ended(it), ended=True)
    return kept


def numbers(kept):
    return [it.number for it in kept.all()]


def is_light(given):
    return all(step.frame.data is None for step in given.plan if isinstance(step, Send))


def test_the_oldest_goes_when_there_are_too_many():
    kept = filled(Kept(most_exchanges=2, most_bytes=PLENTY), *map(exchange, (1, 2, 3)))
    assert (numbers(kept), kept.dropped) == ([2, 3], 1)
    assert kept.get(1) is None
    assert kept.get(3).number == 3


def test_the_last_one_stays_however_many_are_allowed_and_however_large_it_is():
    kept = filled(Kept(most_exchanges=0, most_bytes=0), exchange(1), exchange(2))
    assert numbers(kept) == [2]


def test_an_exchange_that_has_ended_becomes_lighter_before_another_has_to_go():
    room = 2 * OWN + WHOLE + LIGHT
    kept = filled(Kept(most_exchanges=9, most_bytes=room), exchange(1), exchange(2))
    assert numbers(kept) == [1, 2]
    assert [is_light(it) for it in kept.all()] == [True, False]
    kept = filled(Kept(most_exchanges=9, most_bytes=room - 1), exchange(1), exchange(2))
    assert numbers(kept) == [2]


def test_when_all_are_light_the_oldest_goes():
    room = 3 * OWN + WHOLE + 2 * LIGHT
    kept = filled(Kept(most_exchanges=9, most_bytes=room), *map(exchange, (1, 2, 3, 4, 5)))
    assert (numbers(kept), kept.dropped) == ([3, 4, 5], 2)
    assert [is_light(it) for it in kept.all()] == [True, True, False]


def test_an_exchange_that_is_open_keeps_all_of_its_plan():
    kept = Kept(most_exchanges=9, most_bytes=2 * OWN + 2 * WHOLE - 1)
    kept.put(exchange(1))
    kept.put(exchange(2))
    assert numbers(kept) == [2]


def test_a_plan_that_is_shared_counts_once_and_stays_as_it_is():
    shared = plan()
    kept = filled(Kept(most_exchanges=9, most_bytes=3 * OWN + WHOLE), *(exchange(it, shared) for it in (1, 2, 3)))
    assert numbers(kept) == [1, 2, 3]
    kept = filled(kept, exchange(4, shared))
    assert numbers(kept) == [2, 3, 4]
    assert all(it.plan is shared for it in kept.all())


def test_bodies_count_too():
    kept = filled(
        Kept(most_exchanges=9, most_bytes=2 * OWN + 500), exchange(1, (), body=b"x" * 500), exchange(2, (), body=b"y")
    )
    assert numbers(kept) == [2]


def test_what_was_dropped_is_not_looked_for_when_room_is_needed():
    kept = Kept(most_exchanges=2, most_bytes=2 * OWN)
    filled(kept, exchange(1, ()), exchange(2, ()), exchange(3, ()), exchange(4, (), body=b"x"))
    assert numbers(kept) == [4]


def test_nothing_is_remembered_of_what_was_dropped():
    kept = Kept(most_exchanges=2, most_bytes=PLENTY)
    filled(kept, *(exchange(number) for number in range(1, 100)))
    assert numbers(kept) == [98, 99]
    assert len(kept._ended) <= 2


def test_a_mould_that_several_scores_share_counts_once_as_long_as_one_of_them_is_there():
    events = CHAT.stream(turn(said(Text(pieces("Hel", "lo")))), asked(), SEED)
    scores = [Score(Head(200), events, (0, 10, 30, 30, 30 + number)) for number in range(3)]
    together = 2 * (OWN + scores[0].weight) + events.mould.weight
    kept = Kept(most_exchanges=9, most_bytes=together)
    filled(kept, *(exchange(number, scores[number - 1]) for number in (1, 2, 3)))
    assert numbers(kept) == [2, 3]
    kept.clear()
    filled(kept, exchange(4, scores[0]), exchange(5, scores[0]), exchange(6, ()))
    # What the score weighs makes room for another exchange that has none; the mould is gone with the last that has it.
    assert numbers(kept) == [5, 6]
    filled(kept, exchange(7, ()), exchange(8, ()))
    assert kept._bytes == sum(OWN for _ in numbers(kept))


def test_a_namespace_is_forgotten_with_its_weight():
    kept = filled(
        Kept(most_exchanges=9, most_bytes=2 * OWN + 2 * WHOLE), exchange(1, namespace="a"), exchange(2, namespace="b")
    )
    kept.clear("a")
    kept = filled(kept, exchange(3))
    assert numbers(kept) == [2, 3]
    assert not any(map(is_light, kept.all()))


def test_after_everything_was_forgotten_it_begins_anew():
    kept = filled(Kept(most_exchanges=1, most_bytes=PLENTY), exchange(1), exchange(2))
    kept.clear()
    assert (numbers(kept), kept.dropped) == ([], 0)
    assert numbers(filled(kept, exchange(3))) == [3]


def test_a_light_exchange_tells_the_same():
    given = ended(exchange(1))
    light = lightened(given)
    assert is_light(light)
    assert not is_light(given)
    for tell in (lambda it: table([it]), timeline, lambda it: list(json_lines([it])), lambda it: list(it.deliveries)):
        assert tell(light) == tell(given)
    first, second = (step for step in light.plan if isinstance(step, Send))
    assert first.frame is second.frame, "pieces of one frame are told by that"
    assert (first.data, first.alone, second.offset, second.cause) == (b"data", True, 4, "fault: split")


def test_what_was_played_of_another_plan_than_the_scripted_keeps_to_that():
    given = exchange(1)
    played = for_head_request(given.plan)
    deliveries = Deliveries(played)
    deliveries.add_rest(150)
    light = lightened(replace(given, deliveries=deliveries))
    assert list(light.deliveries) == list(deliveries)


def test_deliveries_that_are_plain_values_stay():
    given = replace(ended(exchange(1)), deliveries=tuple(ended(exchange(1)).deliveries))
    assert lightened(given).deliveries == given.deliveries


class Mould:
    outline = (Frame(None, "done", ordinal=0),)
    offsets = (0, 4)
    weight = 700


class Events(Printed):
    def data(self, index):
        return b"done"

    def frame(self, index):
        return self.mould.outline[index]

    def chunked(self):
        return b"4\r\ndone\r\n"


def test_a_mould_counts_once_for_all_scores_over_it_and_is_all_that_they_have():
    events = Events(Mould())
    scores = [Score(Head(200), events, (5,)), Score(Head(200), events)]
    # Two exchanges, two scores of 400 with one time of 8, one mould.
    weight = 2 * OWN + 2 * 400 + 8 + 700
    kept = filled(Kept(most_exchanges=9, most_bytes=weight), exchange(1, scores[0]), exchange(2, scores[1]))
    assert numbers(kept) == [1, 2]
    kept = filled(Kept(most_exchanges=9, most_bytes=weight - 1), exchange(1, scores[0]), exchange(2, scores[1]))
    assert numbers(kept) == [2]
    assert kept.all()[0].plan is scores[1]


def test_one_that_is_told_of_late_is_in_its_place_and_goes_in_its_turn():
    kept = filled(Kept(most_exchanges=3, most_bytes=PLENTY), *map(exchange, (2, 4, 3)))
    assert [it.number for it in kept.all()] == [2, 3, 4]
    kept.put(exchange(1))
    assert [it.number for it in kept.all()] == [2, 3, 4]
    kept.put(exchange(5))
    assert [it.number for it in kept.all()] == [3, 4, 5]
