"""What a serving process sets around itself, and takes away again."""

import gc
import logging
import signal
import sys

from mockllm.cli import process
from mockllm.cli.log import Log


def test_a_second_signal_does_not_wait():
    lines, left = [], []
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with process.stop_signal(Log(lines.append), left.append) as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGTERM)
        assert (stop.is_set(), left) == (True, [])
        signal.raise_signal(signal.SIGINT)
    assert left == [128 + signal.SIGINT]
    assert lines == ["SIGTERM: stopping"]
    assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))


def test_the_collector_is_rarer_while_the_server_runs_and_as_before_afterwards():
    before = gc.get_threshold()
    with process.rare_collections():
        assert gc.get_freeze_count() > 0
        assert all(rare >= usual for rare, usual in zip(gc.get_threshold(), before, strict=True))
        assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


def test_a_process_that_somebody_else_speaks_for_is_silent():
    lines = []
    with process.stop_signal(Log(lines.append), lambda code: None, is_told=False) as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
    assert lines == []


def test_warnings_go_to_the_log_while_it_lasts():
    lines = []
    with process.warnings_in(Log(lines.append)):
        logging.getLogger("mockllm").warning("mind the %s", "gap")
    logging.getLogger("mockllm").warning("nobody hears this")
    assert lines == ["mind the gap"]


def test_threads_take_turns_more_often_beside_answers_and_what_is_there_then_is_left_alone():
    before = sys.getswitchinterval()
    with process.rare_collections():
        with process.beside_answers():
            assert sys.getswitchinterval() < before
            kept = [[] for _ in range(100)]
            frozen = gc.get_freeze_count()
        assert gc.get_freeze_count() >= frozen + len(kept)
    assert sys.getswitchinterval() == before
