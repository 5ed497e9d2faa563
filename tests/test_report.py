from dataclasses import replace

import pytest

from mockllm.exchange import Delivery, Ending, Exchange, GateVisit, Outcome, Trouble
from mockllm.plan import Close, End, Frame, Head, Raw, Reset, Send, Wait
from mockllm.report import MOST_ROWS, MOST_STEPS_SHOWN, MOST_TIMELINES, frames, overview, table, timeline, title
from mockllm.request import Call

CHAT = Call("POST", "/v1/chat/completions")
HEAD = Head(200, (("Content-Type", "text/event-stream; charset=utf-8"),))
ROLE = Send(b"12345", Frame({}, "role", label="role", ordinal=0))
TOKEN = Send(b"1234567", Frame({}, "token", tokens=1, label='"It"', ordinal=1), offset=5)
CUT_PLAN = (HEAD, Wait(300_000), ROLE, Wait(20_000), TOKEN, Reset("fault: reset at frame 2"))
CUT = Exchange(
    number=1,
    namespace="weather",
    call=CHAT,
    request=None,
    status=200,
    plan=CUT_PLAN,
    rule="rules[0]",
    attempt=2,
    deliveries=(
        Delivery(0, 0, 100, 0),
        Delivery(1, 300_000, 300_000, 0),
        Delivery(2, 300_000, 301_000, 5),
        Delivery(3, 320_000, 320_000, 0),
        Delivery(4, 320_000, 320_500, 7),
        Delivery(5, 320_000, 321_000, 0),
    ),
    outcome=Outcome(Ending.CUT, 5),
)
LEFT = Exchange(
    number=2,
    namespace="weather",
    call=CHAT,
    request=None,
    status=200,
    plan=CUT_PLAN,
    rule="rules[0]",
    deliveries=CUT.deliveries[:3],
    outcome=Outcome(Ending.LEFT, 3),
)
REFUSED = Exchange(
    number=13,
    namespace="",
    call=Call("GET", "/v1/nothing"),
    request=None,
    status=404,
    plan=(Head(404), Send(b"{}", Frame({}, "body")), End()),
    why="Invalid URL (GET /v1/nothing)\nsecond line",
    trouble=Trouble.UNMATCHED,
    unfired=("stall",),
)


def test_no_exchange_is_said_in_words():
    assert table([]) == "no request arrived"


def test_a_row_says_what_was_delivered_of_what_was_planned():
    assert table([CUT, LEFT]) == (
        "#  request                    rule      try  status  frames  bytes  took   outcome                trouble\n"
        "1  POST /v1/chat/completions  rules[0]  2    200     2/2     12/12  321ms  cut as scripted\n"
        "2  POST /v1/chat/completions  rules[0]  1    200     1/2     5/12   301ms  client left at step 3"
    )


def test_what_went_wrong_is_told_below_its_row_and_an_open_exchange_has_taken_no_time_yet():
    assert table([REFUSED]) == (
        "#   request          rule  try  status  frames  bytes  took  outcome  trouble\n"
        "13  GET /v1/nothing  -     1    404     0/1     0/2    -     open     unmatched, unfired stall\n"
        "    Invalid URL (GET /v1/nothing)\n"
        "    second line"
    )


def test_the_reason_of_an_exchange_without_trouble_is_not_shown():
    assert "matched" not in table([Exchange(1, "", CHAT, None, 200, (), why="matched")])


def test_raw_bytes_count_as_bytes_and_not_as_frames():
    exchange = Exchange(1, "", CHAT, None, 200, (Raw(b"HTTP"), Close()), deliveries=(Delivery(0, 0, 0, 4),))
    assert table([exchange]).splitlines()[1].split()[6:8] == ["0/0", "4/4"]


def test_a_long_table_keeps_the_end_and_counts_the_rest():
    exchanges = [Exchange(number, "", CHAT, None, 200, ()) for number in range(1, MOST_ROWS + 4)]
    lines = table(exchanges).splitlines()
    assert lines[1] == "... 3 earlier exchanges"
    assert [line.split()[0] for line in lines[2:]] == [str(number) for number in range(4, MOST_ROWS + 4)]


def test_a_timeline_sets_the_plan_against_what_happened():
    assert timeline(CUT) == (
        "#1 POST /v1/chat/completions, rules[0], try 2, status 200\n"
        "  planned   actual\n"
        "    0.000    0.000  head   200 text/event-stream\n"
        "    0.300    0.301  send   #0  role\n"
        '    0.320    0.321  send   #1  "It"\n'
        "    0.320    0.321  reset      (fault: reset at frame 2)\n"
        "outcome: cut as scripted"
    )


def test_a_step_that_was_not_finished_has_no_time():
    assert timeline(LEFT).splitlines()[3:] == [
        "    0.300    0.301  send   #0  role",
        '    0.320        -  send   #1  "It"',
        "    0.320        -  reset      (fault: reset at frame 2)",
        "outcome: client left at step 3",
    ]


def test_a_wait_that_was_scripted_is_a_step():
    exchange = Exchange(1, "", CHAT, None, 200, (HEAD, Wait(2_000_000, "fault: stall"), End()))
    assert timeline(exchange).splitlines()[3:5] == [
        "    0.000        -  wait   2s    (fault: stall)",
        "    2.000        -  end",
    ]


def test_the_middle_of_a_very_long_timeline_is_counted():
    sends = tuple(
        Send(b"x", Frame({}, label=f"f{number}", ordinal=number)) for number in range(2 * MOST_STEPS_SHOWN + 3)
    )
    lines = timeline(Exchange(1, "", CHAT, None, 200, sends)).splitlines()[2:-1]
    assert len(lines) == 2 * MOST_STEPS_SHOWN + 1
    assert lines[MOST_STEPS_SHOWN].split() == ["...", "...", "3", "more", "steps"]
    assert lines[0].endswith("f0")
    assert lines[-1].endswith(f"f{2 * MOST_STEPS_SHOWN + 2}")


def test_a_timeline_of_the_longest_length_is_whole():
    sends = tuple(Send(b"x", Frame({}, ordinal=number)) for number in range(2 * MOST_STEPS_SHOWN))
    assert "more steps" not in timeline(Exchange(1, "", CHAT, None, 200, sends))


def test_the_pieces_of_a_frame_are_one_frame_whatever_waits_between_them():
    frame = Frame({}, ordinal=0)
    plan = (HEAD, Send(b"ab", frame, 0), Wait(1), Send(b"c", frame, 2), Send(b"de", Frame({}, ordinal=1), 3))
    assert frames(plan) == ((1, 3), (4,))


def test_the_same_frame_sent_again_is_another_frame():
    heartbeat = Frame("", "comment")
    assert frames((Send(b": x", heartbeat), Send(b": x", heartbeat))) == ((0,), (1,))


def test_a_frame_of_which_a_piece_is_missing_was_not_delivered():
    frame = Frame({}, ordinal=0)
    plan = (Send(b"ab", frame, 0), Send(b"c", frame, 2))
    exchange = Exchange(1, "", CHAT, None, 200, plan, deliveries=(Delivery(0, 0, 0, 2),))
    assert table([exchange]).splitlines()[1].split()[6:8] == ["0/1", "2/3"]


def test_an_overview_shows_the_timelines_of_what_was_not_completed():
    complete = Exchange(3, "", CHAT, None, 200, CUT_PLAN, outcome=Outcome(Ending.COMPLETE))
    assert overview([CUT, LEFT, complete]) == f"{table([CUT, LEFT, complete])}\n\n{timeline(CUT)}\n\n{timeline(LEFT)}"


def test_an_overview_has_only_the_last_timelines():
    exchanges = [Exchange(number, "", CHAT, None, 200, CUT_PLAN) for number in range(1, MOST_TIMELINES + 2)]
    shown = overview(exchanges)
    assert shown.count("planned") == MOST_TIMELINES
    assert timeline(exchanges[0]) not in shown


@pytest.mark.parametrize(
    ("exchange", "text"),
    [
        (CUT, "#1 POST /v1/chat/completions, rules[0], try 2, status 200"),
        (REFUSED, "#13 GET /v1/nothing, status 404"),
    ],
)
def test_a_title_says_what_answered(exchange, text):
    assert title(exchange) == text


def test_an_open_exchange_that_stands_at_a_gate_says_so_below_its_row():
    waiting = replace(LEFT, outcome=Outcome(Ending.OPEN), gates=(GateVisit("first", 3, 320_000),))
    assert table([waiting]).splitlines()[-1] == "   waits at the gate 'first' since 320ms"
    assert "waits" not in table([replace(waiting, outcome=LEFT.outcome)])


def test_what_chaos_did_stands_with_the_troubles():
    rows = table([replace(CUT, struck=("chaos[0]: reset",))]).splitlines()
    assert rows[1].endswith("  cut as scripted  chaos[0]: reset")


def test_the_timeline_ends_with_how_and_when_it_was_over():
    left = replace(LEFT, outcome=Outcome(Ending.LEFT, 3, 1_234_567))
    assert timeline(left).splitlines()[-1] == "outcome: client left at step 3, 1.235 s after the request"
