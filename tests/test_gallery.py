"""The gallery: every file is an example, a test and a page of the manual.

The golden timelines in tests/golden are read by people in review; after a change that is meant, write them anew with
`MOCKLLM_WRITE_GOLDEN=1 pytest tests/test_gallery.py` and read the difference.
"""

import json
import os
from pathlib import Path

import jsonschema
import pytest
import yaml

from mockllm.explain import explain
from mockllm.scenario.library import Library
from mockllm.scenario.reader import read_file

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).parent / "golden"
GALLERY = Library.gallery()
NAMES = GALLERY.names()
SCHEMA = json.loads((ROOT / "mockllm" / "scenario" / "scenario.schema.json").read_text())

# Their words come from Faker, whose lists may change from one version to the next.
GENERATED = {"auto", "lorem", "slow-tokens"}
WRITTEN = [name for name in NAMES if name not in GENERATED]


def comment(path: Path) -> str:
    """The comment block at the top of a file, without its marks."""
    lines = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return "\n".join(lines)


def test_the_gallery_covers_its_subjects():
    groups = {entry.group for entry in GALLERY.entries().values()}
    assert groups >= {"basics", "tools", "structured", "reasoning", "streaming", "retries", "errors"}
    assert len(NAMES) >= 25


@pytest.mark.parametrize("name", NAMES)
def test_the_file_says_what_it_imitates_and_what_a_good_client_does(name):
    text = comment(GALLERY.entries()[name].path)
    assert "Imitates:" in text
    assert "A good client:" in text
    assert GALLERY.get(name).about


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_valid_for_editors(name):
    value = read_file(GALLERY.entries()[name].path).value
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    assert yaml.safe_load(GALLERY.entries()[name].path.read_text()) == value


@pytest.mark.parametrize("name", WRITTEN)
def test_the_timeline_is_the_golden_one(name):
    scenario = GALLERY.get(name)
    found = explain(scenario, tuple(scenario.requests())).rstrip() + "\n"
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("MOCKLLM_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        golden.write_text(found)
    assert found == golden.read_text()
    assert "unmatched" not in found
    assert "unfired" not in found


def test_no_golden_file_is_left_over():
    assert {path.stem for path in GOLDEN.iterdir()} == set(WRITTEN)


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_generated_words_are_the_same_every_time(name):
    scenario = GALLERY.get(name)
    assert explain(scenario, tuple(scenario.requests())) == explain(scenario, tuple(scenario.requests()))
