import os
import subprocess
import sys

import pytest

from mockllm.fill.fakery import REFUSED, faker, methods
from mockllm.seeds import Seed

# Calls every method under several seeds, after the clock, the local time zone and the unseeded generator were made to
# fail, and prints what came out. Methods that need arguments, or a library that is not installed, print their error.
CALL_EVERYTHING = """
import datetime, random, sys, time
from mockllm.fill.fakery import faker, methods
from mockllm.seeds import Seed

faker(Seed.of(0))
import faker.providers.date_time, faker.providers.passport.en_US

class Clock(RuntimeError):
    pass

def refuse(*_, **__):
    raise Clock

def pinned(base):
    kind = type("Meta", (type,), {"__instancecheck__": lambda cls, value: isinstance(value, base)})
    return kind(base.__name__, (base,), {"now": refuse, "today": refuse, "utcnow": refuse})

for module in (faker.providers.date_time, faker.providers.passport.en_US):
    for name in ("datetime", "dtdate", "date"):
        if hasattr(module, name):
            setattr(module, name, pinned(getattr(module, name)))
time.time = time.localtime = time.gmtime = refuse
random.random = random.choice = random.choices = random.seed = refuse

from mockllm.fill.fakery import faker
for name in sorted(methods()):
    for seed in range(3):
        try:
            result = getattr(faker(Seed.of(seed)), name)(*([9] if name == "binary" else []))
            result = list(result) if hasattr(result, "__next__") else result
        except Clock:
            sys.exit(f"{name} is no function of the seed")
        except Exception as error:
            result = error
        print(name, result if type(result).__module__ == "builtins" else str(result).partition(" at 0x")[0])
"""


def call_everything(hash_seed, zone):
    return subprocess.run(
        [sys.executable, "-c", CALL_EVERYTHING],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": zone},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_no_method_reads_the_clock_or_depends_on_the_process():
    once = call_everything("1", "UTC")
    assert len({line.partition(" ")[0] for line in once.splitlines()} & methods()) == len(methods())
    assert once == call_everything("2", "Asia/Tokyo")


def test_draws_are_a_function_of_the_seed_and_of_nothing_before():
    first = faker(Seed.of(1)).name()
    faker(Seed.of(2)).name()
    assert faker(Seed.of(1)).name() == first
    assert len({faker(Seed.of(seed)).name() for seed in range(20)}) > 15


def test_the_methods_are_the_public_ones_of_the_providers():
    assert {"name", "city", "email", "sentence", "date_of_birth", "random_element"} <= methods()
    assert methods().isdisjoint({"seed", "seed_instance", "add_provider", "factories", "unique", "parse", "random"})
    assert not any(name.startswith("_") for name in methods())


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_method_exists_and_is_not_among_them(name):
    assert callable(getattr(faker(Seed.of(1)), name))
    assert name not in methods()


def test_what_is_advised_instead_of_a_refused_method_works():
    fake = faker(Seed.of(1))
    advised = "date_between(start_date='-1y')", "date_time_between(start_date='-1y')"
    assert all(call in REFUSED["date_this_year"] for call in advised)
    assert {"date_between", "date_time_between", "passport_number", "pylist", "pytuple", "tar"} <= methods()
    assert str(fake.date_between(start_date="-1y"))[:4] in {"2023", "2024", "2025"}
