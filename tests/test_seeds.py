"""Chance as an argument: what is drawn depends on the labels and on nothing else."""

import hashlib
import os
import random
import string
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockllm.seeds import Seed

LABELS = st.lists(st.one_of(st.text(), st.integers(), st.binary()), max_size=4)
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def draws(seed):
    return seed.fraction(), seed.hex(9), seed.alphanumeric(9), [seed.random().random() for _ in range(3)]


@settings(deadline=None)
@given(LABELS)
def test_the_same_labels_give_the_same_draws(labels):
    assert draws(Seed.of(*labels)) == draws(Seed.of(*labels))


@settings(deadline=None)
@given(LABELS, LABELS)
def test_other_labels_give_another_seed(first, second):
    same = [(type(label), label) for label in first] == [(type(label), label) for label in second]
    assert (Seed.of(*first) == Seed.of(*second)) is same


def test_the_borders_between_labels_count():
    seeds = [
        Seed.of("ab", "c"), Seed.of("a", "bc"), Seed.of("abc"), Seed.of("a", "b", "c"), Seed.of("a").child("bc"),
        Seed.of(1), Seed.of("1"), Seed.of(b"1"), Seed.of(), Seed.of(""),
    ]  # fmt: skip
    assert len(set(seeds)) == len(seeds)


def test_a_child_is_not_its_parent_and_not_its_sibling():
    parent = Seed.of("root")
    assert len({parent, parent.child(), parent.child("a"), parent.child("b"), parent.child("a").child("b")}) == 5


@settings(deadline=None)
@given(st.permutations(range(4)), LABELS)
def test_drawing_from_one_seed_never_changes_another(order, labels):
    """Law 1: no draw depends on another draw, so the order of arrival is of no account."""
    root = Seed.of(*labels)
    siblings = [root.child(index) for index in range(4)]
    alone = [draws(root.child(index)) for index in range(4)]
    drawn = {}
    for index in order:
        siblings[index].random().random()
        draws(root)
        drawn[index] = draws(siblings[index])
    assert [drawn[index] for index in range(4)] == alone


def test_the_construction_is_blake2b_over_the_length_and_text_of_each_label():
    """By hand: key = blake2b-256(parent key, then for each label its length in four bytes and its text)."""
    root = hashlib.blake2b(b"" + (9).to_bytes(4, "big") + b"'mockllm'" + (1).to_bytes(4, "big") + b"7", digest_size=32)
    child = hashlib.blake2b(root.digest() + (6).to_bytes(4, "big") + b"'ttft'", digest_size=32).digest()
    seed = Seed.of("mockllm", 7).child("ttft")
    assert seed.key == child
    assert seed.hex(6) == hashlib.shake_128(child).hexdigest(3)
    assert seed.hex(5) == seed.hex(6)[:5]
    assert seed.alphanumeric(4) == "".join(ALPHABET[byte % 62] for byte in hashlib.shake_128(child).digest(4))
    assert seed.fraction() == (int.from_bytes(child[:8], "big") >> 11) / 2**53
    assert seed.random().random() == random.Random(child).random()


def test_labels_that_are_no_ascii_count_by_their_code_points():
    """How `repr` writes a character depends on the Unicode version of the Python at hand."""
    told = b"'\\U0001fae9'"
    key = hashlib.blake2b(b"" + len(told).to_bytes(4, "big") + told, digest_size=32).digest()
    assert Seed.of("\U0001fae9").key == key


@pytest.mark.parametrize(
    ("first_bytes", "fraction"),
    [(b"\x00" * 8, 0.0), (b"\x80" + b"\x00" * 7, 0.5), (b"\xff" * 8, 1 - 2**-53), (b"\x00" * 6 + b"\x08\x00", 2**-53)],
)
def test_a_fraction_is_at_least_0_and_below_1(first_bytes, fraction):
    assert Seed(first_bytes + b"\x00" * 24).fraction() == fraction
    assert fraction < 1


@settings(deadline=None)
@given(LABELS, st.integers(min_value=0, max_value=300))
def test_ids_have_the_length_and_the_alphabet_asked_for(labels, length):
    seed = Seed.of(*labels)
    hexadecimal, alphanumeric = seed.hex(length), seed.alphanumeric(length)
    assert len(hexadecimal) == len(alphanumeric) == length
    assert set(hexadecimal) <= set("0123456789abcdef")
    assert set(alphanumeric) <= set(ALPHABET)


def test_every_character_of_the_alphabet_is_used():
    assert set(Seed.of("x").alphanumeric(5_000)) == set(ALPHABET)


def test_fractions_are_spread_evenly():
    """1,000 draws: the mean of a fair source is within 0.05 of one half, five standard deviations of the mean."""
    fractions = [Seed.of("spread", index).fraction() for index in range(1_000)]
    assert abs(sum(fractions) / 1_000 - 0.5) < 0.05
    assert all(sum(low <= fraction < low + 0.1 for fraction in fractions) > 50 for low in (0.0, 0.3, 0.6, 0.9))


PROGRAM = """
from mockllm.seeds import Seed
seed = Seed.of("mockllm", 7, "name", "run").child(0, 1, "fingerprint", b"body")
print(seed.key.hex(), seed.hex(8), seed.alphanumeric(8), seed.fraction(), seed.random().gauss(0, 1))
"""


def test_every_process_draws_the_same():
    """Hash order and addresses differ between processes."""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for hash_seed in ("0", "1", "random")
    }
    assert len(outputs) == 1
