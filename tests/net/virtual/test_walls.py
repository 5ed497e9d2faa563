import builtins
import datetime as dt
import email.utils
import importlib.util
import sys
import time
import types

import pytest

from mockllm import virtual_time
from mockllm.net.virtual import walls


def test_all_clocks_pass_as_the_timeline_does():
    clocks = (time.monotonic, time.perf_counter, time.time)
    exact = (time.monotonic_ns, time.perf_counter_ns, time.time_ns)
    with virtual_time():
        before_s, before_ns = [clock() for clock in (time.monotonic, time.perf_counter, time.time)], time.monotonic_ns()
        time.sleep(60.25)
        after_s = [clock() for clock in (time.monotonic, time.perf_counter, time.time)]
        # As exact as a float of this size is.
        assert [after - before for before, after in zip(before_s, after_s, strict=False)] == pytest.approx(
            [60.25] * 3, abs=1e-6
        )
        assert time.monotonic_ns() - before_ns == 60_250_000_000
    assert (time.monotonic, time.perf_counter, time.time) == clocks
    assert (time.monotonic_ns, time.perf_counter_ns, time.time_ns) == exact


def test_the_time_of_day_begins_at_a_whole_second_of_today():
    real = time.time()
    with virtual_time():
        now = dt.datetime.now(dt.UTC)
        assert now.microsecond == 0
        assert abs(now.timestamp() - real) < 30
        time.sleep(1.5)
        assert dt.datetime.now(dt.UTC) - now == dt.timedelta(seconds=1.5)
        assert email.utils.parsedate_tz(email.utils.formatdate())[:6] == (now + dt.timedelta(seconds=1)).timetuple()[:6]


@pytest.fixture
def module(monkeypatch):
    def add(name):
        module = types.ModuleType(name)
        exec("from time import monotonic, perf_counter, sleep", vars(module))
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return add


def test_a_module_that_imported_a_clock_by_name_has_it_too(module):
    client, framework = module("a_client.of_mine"), module("_pytest.of_mine")
    real = client.monotonic
    with virtual_time() as clock:
        before = client.perf_counter()
        client.sleep(5)
        assert client.perf_counter() - before == 5
        assert clock.now == 5
        assert framework.monotonic is real
    assert client.monotonic is real


def test_without_time_machine_the_time_of_day_follows_and_datetime_does_not(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(walls, "find_spec", lambda name: None if name == "time_machine" else find(name))
    with virtual_time():
        before, date = time.time(), dt.datetime.now(dt.UTC)
        before_ns = time.time_ns()
        time.sleep(3_600)
        assert time.time() - before == 3_600
        assert time.time_ns() - before_ns == 3_600 * 10**9
        assert dt.datetime.now(dt.UTC) - date < dt.timedelta(seconds=1_800)
    assert isinstance(time.time, type(builtins.len))
