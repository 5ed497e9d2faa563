"""The words of chaos and the decision which entries act: no state, no time."""

from dataclasses import replace
from textwrap import dedent, indent

import pytest

from mockllm.errors import ScenarioError
from mockllm.request import Call, Message, Request
from mockllm.scenario.chaos import UNTOUCHED, Moment, Ramp, Scope, judge
from mockllm.scenario.faults import Hang, Reset
from mockllm.scenario.load import load_text
from mockllm.seeds import Seed

SECOND = 1_000_000
REQUEST = Request("chat", Call("POST", "/v1/chat/completions"), messages=(Message("user", "Hi"),))


def chaos(text):
    return load_text("chaos:\n" + indent(dedent(text), " ")).chaos


def problem(text):
    with pytest.raises(ScenarioError) as error:
        chaos(text)
    (found,) = error.value.problems
    return f"{found.line}:{found.column}: {found.path}: {found.message}"


def moment(name=0, attempt=1, elapsed_us=0):
    return Moment(Seed.of("test", name), attempt, elapsed_us)


def struck(found, moments, request=REQUEST, counts=UNTOUCHED, **scope):
    """By call, who struck."""
    every = []
    for its in moments:
        strikes, counts = judge([Scope("chaos", found, **scope)], request, its, counts)
        every.append([strike.by for strike in strikes])
    return every


def acts(text, moments, **other):
    """By call, whether the only entry acts."""
    return [bool(strikes) for strikes in struck(chaos(text), moments, **other)]


# The words.


def test_a_list_of_entries_is_the_short_form():
    entries = "[{chance: 5%, faults: {reset: {at: start}}}]"
    assert chaos(f"  {entries}") == chaos(f"  entries: {entries}")


def test_a_fault_or_a_list_of_faults_is_written_under_one_key():
    one, several = chaos("  [{faults: {hang: {}}}, {faults: [{status: 500}, {reset: {at: start}}]}]").entries
    assert one.all_faults() == (Hang(),)
    assert [fault.kind for fault in several.all_faults()] == ["status", "reset"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- {chance: 101%, error: slow_down}",
         "2:13: chaos[0].chance: '101%' is more than the whole: write 100% or less"),
        ("- {chance: 0.5, error: slow_down}",
         "2:13: chaos[0].chance: 0.5 is not a share: write it as a number with its unit, such as 5%"),
        ("- {chance: 5%}", "2:4: chaos[0]: nothing goes wrong here: give faults, an error, or both"),
        ("- {faults: []}", "2:4: chaos[0]: nothing goes wrong here: give faults, an error, or both"),
        ("- {every: 5, first: 4, error: slow_down}",
         ("2:4: chaos[0]: this never acts: among the first 4 calls there is none that is number 5: make first larger, "
         "or drop one of them")),
        ("- {every: 0, error: slow_down}", "2:12: chaos[0].every: expected a value of at least 1, found 0"),
        ("- {first: 1.5, error: slow_down}", "2:12: chaos[0].first: expected a whole number, found 1.5"),
        ("- {most: 0, error: slow_down}", "2:11: chaos[0].most: expected a value of at least 1, found 0"),
        ("- {for: 0s, error: slow_down}", "2:10: chaos[0].for: expected a value above 0, found '0s'"),
        ("- {chance: {from: 0%, to: 5%}, error: slow_down}",
         "2:4: chaos[0]: the chance changes, but nothing says how long: give over, or the window's length in for"),
        ("- {chance: {from: 0%, to: 5%, over: 1m}, for: 10s, error: slow_down}",
         ("2:4: chaos[0]: the chance changes over 60s, but the window lasts 10s and is over before: make over shorter, "
         "or for longer")),
        ("- {reset: {at: start}}",
         ("2:5: chaos[0].reset: unknown key 'reset': it is a fault, so write faults: {reset: ...}; allowed here: "
         "faults, error, when, chance, every, first, from, for, most")),
        ("- {fault: {hang: {}}}",
         ("2:5: chaos[0].fault: unknown key 'fault': did you mean 'faults'? allowed here: faults, error, when, chance, "
         "every, first, from, for, most")),
        (" {chance: 5%}",
         ("2:3: chaos.chance: unknown key 'chance': it belongs to an entry, so write a list: chaos: [{...}]; allowed "
         "here: entries, most, header")),
        (" {mots: 5}", "2:3: chaos.mots: unknown key 'mots': did you mean 'most'? allowed here: entries, most, header"),
        (" []", "2:2: chaos: nothing can happen here: give entries, or a header with which clients ask for faults"),
        (" {most: 5, header: x-fault}",
         "2:2: chaos: most counts what entries do, and there are none: give entries, or drop most"),
        (" {header: x fault}",
         "2:11: chaos.header: 'x fault' cannot be the name of a header: write one such as x-mockllm-fault"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_place(text, message):
    assert problem(text) == message


def test_a_first_as_large_as_every_can_act():
    assert acts("- {every: 3, first: 3, error: slow_down}", [moment()] * 7) == [False, False, True, *[False] * 4]


# Conditions.


def test_an_entry_without_conditions_always_acts():
    assert acts("- {error: slow_down}", [moment(name) for name in range(20)]) == [True] * 20


# 2,000 draws at 5 % are 100 on average with a standard deviation of sqrt(2000 * 0.05 * 0.95) = 9.75; at 50 % they are
# 1,000 and 22.4. The bounds are four standard deviations away, which one run in 15,000 would miss by chance.
@pytest.mark.parametrize(("chance", "least", "most"), [("5%", 61, 139), ("50%", 911, 1089)])
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_a_share_comes_out_as_it_is_written(seed, chance, least, most):
    moments = [replace(moment(), seed=Seed.of(seed, name)) for name in range(2000)]
    assert least <= sum(acts(f"- {{chance: {chance}, error: slow_down}}", moments)) <= most


def test_the_ends_of_the_shares_are_never_and_always():
    moments = [moment(name) for name in range(500)]
    assert acts("- {chance: 0%, error: slow_down}", moments) == [False] * 500
    assert acts("- {chance: 100%, error: slow_down}", moments) == [True] * 500


def test_chance_follows_from_the_seed_and_the_attempt_and_not_from_the_order():
    moments = [moment(name, attempt) for name in range(100) for attempt in (1, 2)]
    text = "- {chance: 50%, error: slow_down}"
    forward, backward = acts(text, moments), acts(text, moments[::-1])[::-1]
    assert forward == backward
    pairs = list(zip(forward[::2], forward[1::2], strict=True))
    assert {*pairs} == {(True, True), (True, False), (False, True), (False, False)}


def test_entries_draw_each_for_itself():
    text = "- {chance: 50%, faults: {hang: {}}}\n- {chance: 50%, faults: {hang: {}}}"
    found = struck(chaos(text), [moment(name) for name in range(100)])
    assert {tuple(strikes) for strikes in found} == {(), ("chaos[0]",), ("chaos[1]",), ("chaos[0]", "chaos[1]")}


def test_every_counts_the_calls_that_it_may_act_on():
    assert acts("- {every: 3, error: slow_down}", [moment()] * 7) == [False, False, True, False, False, True, False]


def test_first_acts_at_the_beginning():
    assert acts("- {first: 2, error: slow_down}", [moment()] * 4) == [True, True, False, False]


def test_a_call_that_is_not_meant_is_not_counted():
    found = chaos("- {first: 1, when: {user: Hi}, error: slow_down}")
    other = replace(REQUEST, messages=(Message("user", "Bye"),))
    strikes, counts = judge([Scope("chaos", found)], other, moment(), UNTOUCHED)
    assert (strikes, counts.seen) == ((), {})
    assert struck(found, [moment()], counts=counts) == [["chaos[0]"]]


def test_a_window_is_counted_from_the_first_call():
    times = [0, 29_999_999, 30 * SECOND, 39_999_999, 40 * SECOND]
    moments = [moment(elapsed_us=time) for time in times]
    assert acts("- {from: 30s, for: 10s, error: slow_down}", moments) == [False, False, True, True, False]
    assert acts("- {from: 30s, error: slow_down}", moments) == [False, False, True, True, True]
    assert acts("- {for: 30s, error: slow_down}", moments) == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("ramp", "window_us", "since_us", "share"),
    [
        ({"from": "0%", "to": "50%", "over": "60s"}, 0, 0, 0),
        ({"from": "0%", "to": "50%", "over": "60s"}, 0, 30 * SECOND, 0.25),
        ({"from": "0%", "to": "50%", "over": "60s"}, 0, 60 * SECOND, 0.5),
        ({"from": "0%", "to": "50%", "over": "60s"}, 0, 90 * SECOND, 0.5),
        ({"from": "80%", "to": "20%", "over": "60s"}, 0, 15 * SECOND, 0.65),
        ({"from": "0%", "to": "100%"}, 10 * SECOND, 4 * SECOND, 0.4),
    ],
)
def test_a_ramp_changes_evenly_and_then_stays(ramp, window_us, since_us, share):
    assert Ramp.model_validate(ramp).share(since_us, window_us) == pytest.approx(share)


# In the middle of the ramp the share is 25 %: 500 of 2,000, with a standard deviation of 19.4; four of them are 77.
def test_a_ramp_begins_with_its_window():
    text = "- {from: 10s, chance: {from: 0%, to: 50%, over: 60s}, error: slow_down}"
    early = [moment(name, elapsed_us=9_999_999) for name in range(50)]
    middle = [moment(name, elapsed_us=40 * SECOND) for name in range(2000)]
    assert sum(acts(text, early)) == 0
    assert 423 <= sum(acts(text, middle)) <= 577


def test_a_ramp_without_a_length_takes_the_whole_window():
    text = "- {for: 10s, chance: {from: 0%, to: 100%}, error: slow_down}"
    assert not any(acts(text, [moment(name) for name in range(50)]))
    assert sum(acts(text, [moment(name, elapsed_us=9_999_000) for name in range(50)])) >= 49


def test_most_ends_an_entry():
    assert acts("- {most: 2, error: slow_down}", [moment()] * 4) == [True, True, False, False]


def test_most_of_all_counts_all_entries_together():
    text = """\
      most: 3
      entries: [{faults: {hang: {}}}, {faults: {hang: {}}}]
    """
    assert struck(chaos(text), [moment()] * 3) == [["chaos[0]", "chaos[1]"], ["chaos[0]"], []]


def test_where_an_error_strikes_nothing_else_does_nor_is_it_counted():
    text = """\
      - {most: 1, faults: {hang: {}}}
      - {first: 1, error: slow_down}
      - {first: 1, error: server_error}
    """
    strikes, counts = judge([Scope("chaos", chaos(text))], REQUEST, moment(), UNTOUCHED)
    (strike,) = strikes
    assert (strike.by, strike.error.code, strike.faults) == ("chaos[1]", "slow_down", ())
    assert counts.acted == {"chaos": 1, "chaos[1]": 1}
    assert struck(chaos(text), [moment()] * 2, counts=counts) == [["chaos[0]"], []]


def test_an_error_may_have_faults_of_its_own():
    ((strike,), _) = judge(
        [Scope("chaos", chaos("- {error: slow_down, faults: {slow_headers: {every: 1s}}}"))],
        REQUEST,
        moment(),
        UNTOUCHED,
    )
    assert [fault.title for fault in strike.faults] == ["chaos[0]: slow_headers"]


def test_a_strike_names_who_asked_for_its_faults_and_changes_nothing_else():
    found = chaos("- {faults: {reset: {at: start}}}")
    ((strike,), _) = judge([Scope("rules[2].chaos", found)], REQUEST, moment(), UNTOUCHED)
    (fault,) = strike.faults
    (written,) = found.entries[0].all_faults()
    assert (fault.origin, fault.title, fault.at) == ("rules[2].chaos[0]", "rules[2].chaos[0]: reset", written.at)
    assert (written.origin, written.title) == ("fault", "reset")
    assert isinstance(fault, Reset)


def test_scopes_draw_and_count_each_for_itself():
    found = chaos("- {every: 2, faults: {hang: {}}}")
    scopes, counts, seen = [Scope("rules[0].chaos", found), Scope("chaos", found)], UNTOUCHED, []
    for _ in range(2):
        strikes, counts = judge(scopes, REQUEST, moment(), counts)
        seen.append([strike.by for strike in strikes])
    assert seen == [[], ["rules[0].chaos[0]", "chaos[0]"]]


@pytest.mark.parametrize(
    ("when", "expected"), [("", False), ("when: {user: Hi}, ", False), ("when: {api: chat}, ", True)]
)
def test_where_the_api_must_be_named_only_such_an_entry_acts(when, expected):
    assert acts(f"- {{{when}error: slow_down}}", [moment()], named_only=True) == [expected]
    assert acts(f"- {{{when}error: slow_down}}", [moment()]) == [True]
