"""Counters in the text format of Prometheus."""

from dataclasses import replace

from mockllm import tally as tally_module
from mockllm.exchange import Deliveries, Ending, Exchange, GateVisit, Outcome
from mockllm.plan import End, Frame, Head, Send, Wait
from mockllm.request import Call
from mockllm.tally import Tally

PLAN = (Wait(1_000), Head(200), Send(b"abc", Frame("x")), End())
DONE = Deliveries(PLAN)
DONE.add_rest(1_200)
SOME = Deliveries(PLAN)
SOME.add(2, 1_000)
COMPLETE = Exchange(
    1, "hello@run", Call("POST", "/"), None, 200, PLAN, deliveries=DONE, outcome=Outcome(Ending.COMPLETE, 3, 1_200)
)


def counted(*exchanges):
    tally = Tally()
    for exchange in exchanges:
        tally.observe(exchange)
    return tally.exposition(2, 1).splitlines()


def samples(lines, name):
    return [line for line in lines if line.startswith(f"mockllm_{name}")]


def test_exchanges_are_counted_by_scenario_status_and_outcome():
    lines = counted(COMPLETE, COMPLETE, replace(COMPLETE, namespace="other", status=429))
    assert samples(lines, "exchanges_total") == [
        'mockllm_exchanges_total{scenario="hello",status="200",outcome="complete"} 2',
        'mockllm_exchanges_total{scenario="other",status="429",outcome="complete"} 1',
    ]


def test_only_bytes_that_were_sent_count():
    cut = replace(COMPLETE, deliveries=SOME, outcome=Outcome(Ending.LEFT, 2, 1_000))
    assert samples(counted(COMPLETE, cut), "sent_bytes_total") == ['mockllm_sent_bytes_total{scenario="hello"} 3']


def test_what_is_true_now_is_told_beside_what_was_counted():
    lines = counted()
    assert "# TYPE mockllm_open_exchanges gauge" in lines
    assert "mockllm_open_exchanges 2" in lines
    assert "mockllm_namespaces 1" in lines


def test_lateness_is_that_of_complete_answers_that_no_gate_held():
    left = replace(COMPLETE, outcome=Outcome(Ending.LEFT, 2, 9_000))
    held = replace(COMPLETE, gates=(GateVisit("g", 0, 0, 5),))
    early = replace(COMPLETE, outcome=Outcome(Ending.COMPLETE, 3, 900))
    very = replace(COMPLETE, outcome=Outcome(Ending.COMPLETE, 3, 5_001_000))
    lines = samples(counted(COMPLETE, left, held, early, very), "lateness_seconds")
    # 200 us late, on time, and 5 s late.
    assert 'mockllm_lateness_seconds_bucket{le="0.0001"} 1' in lines
    assert 'mockllm_lateness_seconds_bucket{le="0.00025"} 2' in lines
    assert 'mockllm_lateness_seconds_bucket{le="1"} 2' in lines
    assert 'mockllm_lateness_seconds_bucket{le="+Inf"} 3' in lines
    assert lines[-2:] == ["mockllm_lateness_seconds_sum 5.000200", "mockllm_lateness_seconds_count 3"]


def test_what_is_like_the_one_before_it_counts_as_if_it_came_alone():
    others = [
        replace(COMPLETE, namespace="hello@other"),
        replace(COMPLETE, status=201),
        replace(COMPLETE, plan=(*PLAN[:2], *PLAN[2:3], *PLAN[2:])),
        replace(COMPLETE, gates=(GateVisit("g", 0, 0, 5),)),
        replace(COMPLETE, outcome=Outcome(Ending.CUT, 3, 1_200)),
        replace(COMPLETE, outcome=Outcome(Ending.COMPLETE, 3, 1_600)),
    ]
    mixed = [each for other in others for each in (COMPLETE, COMPLETE, other, other)]
    sorted_apart = Tally(), Tally()
    for exchange in mixed:
        sorted_apart[0].observe(exchange)
    for exchange in mixed:
        sorted_apart[1]._last = None
        sorted_apart[1].observe(exchange)
    assert sorted_apart[0].exposition(0, 0) == sorted_apart[1].exposition(0, 0)
    lines = sorted_apart[0].exposition(0, 0).splitlines()
    assert samples(lines, "exchanges_total") == [
        'mockllm_exchanges_total{scenario="hello",status="200",outcome="complete"} 20',
        'mockllm_exchanges_total{scenario="hello",status="200",outcome="cut as scripted"} 2',
        'mockllm_exchanges_total{scenario="hello",status="201",outcome="complete"} 2',
    ]
    # Those of three bytes, and two of six.
    assert samples(lines, "sent_bytes_total") == ['mockllm_sent_bytes_total{scenario="hello"} 78']
    # All but the two at a gate and the two that were cut; all of them 200 us late but two, which are 600 us late.
    assert samples(lines, "lateness_seconds")[-2:] == [
        "mockllm_lateness_seconds_sum 0.004800",
        "mockllm_lateness_seconds_count 20",
    ]


def test_labels_are_escaped_as_the_format_says():
    lines = counted(replace(COMPLETE, namespace='a"b\\c\nd'))
    assert r'mockllm_sent_bytes_total{scenario="a\"b\\c\nd"} 3' in lines


def test_too_many_scenarios_are_counted_together(monkeypatch):
    monkeypatch.setattr(tally_module, "MOST_SERIES", 1)
    lines = counted(COMPLETE, COMPLETE, replace(COMPLETE, namespace="b"), replace(COMPLETE, namespace="c"))
    assert samples(lines, "exchanges_total") == [
        'mockllm_exchanges_total{scenario="hello",status="200",outcome="complete"} 2',
        'mockllm_exchanges_total{scenario="other",status="200",outcome="complete"} 2',
    ]
    assert samples(lines, "sent_bytes_total")[1] == 'mockllm_sent_bytes_total{scenario="other"} 6'


def test_every_family_has_its_type_and_its_help():
    lines = counted(COMPLETE)
    names = {line.split()[2] for line in lines if line.startswith("# TYPE")}
    assert names == {line.split()[2] for line in lines if line.startswith("# HELP")}
    assert {line.split("{")[0].split()[0] for line in lines if not line.startswith("#")} <= {
        *names,
        *(f"mockllm_lateness_seconds_{part}" for part in ("bucket", "sum", "count")),
    }


def test_one_of_several_processes_says_so_in_every_sample():
    tally = Tally(worker="2")
    tally.observe(COMPLETE)
    lines = [line for line in tally.exposition(2, 1).splitlines() if not line.startswith("#")]
    assert 'mockllm_open_exchanges{worker="2"} 2' in lines
    assert 'mockllm_lateness_seconds_count{worker="2"} 1' in lines
    assert all('{worker="2"' in line for line in lines)
