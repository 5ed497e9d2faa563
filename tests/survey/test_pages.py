"""The pages of the survey: they are what the record gives, and what scenarios say stays text."""

import json
import re

import pytest

from tests.gallery import QUIRKS
from tests.survey import findings, page_html, pages, record
from tests.survey.clients import CLIENTS
from tests.survey.play import Cell, digest, plain
from tests.survey.record import Record

NAME = "tool-index-always-zero-parallel"
EVIL = "</script><b onclick='x'>|[x](y)"


@pytest.fixture
def small():
    made = Record(versions={"openai-python": {"openai": "1.2.3"}})
    made.put(NAME, "d", "reference", Cell("right", "", ""))
    made.put(NAME, "d", "openai-python", Cell("wrong", EVIL, EVIL))
    return made


@pytest.mark.parametrize("path", [pages.MARKDOWN, pages.HTML], ids=lambda path: path.name)
def test_the_pages_are_up_to_date(path):
    """If not: `python -m tests.survey --pages`."""
    assert path.read_text() == pages.texts(record.read())[path]


def test_every_quirk_was_played_as_it_is_now():
    """If not: `python -m tests.survey --changed`."""
    played = record.read().quirks
    assert sorted(played) == sorted(QUIRKS)
    assert [name for name in QUIRKS if played[name]["digest"] != digest(name)] == []


def test_every_client_has_a_cell_for_every_quirk():
    kept = record.read()
    wanted = {"reference", *kept.versions}
    assert {client.id for client in CLIENTS} == {*kept.versions, *kept.absent}
    assert [name for name, entry in kept.quirks.items() if entry["cells"].keys() != wanted] == []


def test_the_reference_is_right_everywhere():
    kept = record.read()
    assert [name for name in kept.quirks if kept.cell(name, "reference").word != "right"] == []


def test_the_summary_counts_the_words(small):
    assert pages.summary(small).splitlines() == [
        "| client | versions | ✓ right | ≈ details | ! error | ✱ crash | ∞ hang | ✗ wrong | ○ none |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| reference | tests/robust | 1 | 0 | 0 | 0 | 0 | 0 | 0 |",
        "| openai (Python) | openai 1.2.3 | 0 | 0 | 0 | 0 | 0 | 1 | 0 |",
    ]


def test_cells_of_another_state_of_a_file_go(small):
    small.put(NAME, "e", "reference", Cell("right", "", ""))
    assert small.cell(NAME, "openai-python") is None
    assert pages.cells(small, pages.rows(small)[0], pages.columns(small))[1].word == "none"


def test_a_record_is_read_as_it_was_written(small, tmp_path):
    record.write(small, tmp_path / "observed.json")
    assert record.read(tmp_path / "observed.json") == small
    assert record.read(tmp_path / "missing.json") == Record()


def test_a_cell_leads_to_its_file(small):
    text = pages.markdown(small)
    assert f"| [{NAME}] | [✓ right][{NAME}] | [✗ wrong][{NAME}] |" in text
    assert f"[{NAME}]: quirks/tools/{NAME}.yaml" in text
    assert (pages.MARKDOWN.parent / "quirks" / "tools" / f"{NAME}.yaml").is_file()


def test_a_finding_has_a_command_with_the_request(small):
    [(row, cell)] = findings.of(small, pages.columns(small)[1])
    assert (row.name, cell.word) == (NAME, "wrong")
    command = findings.command("openai-python", NAME, "")
    assert command.startswith(f"BASE=http://localhost:8080/{NAME}@$RANDOM/v1 BODY='{{")
    assert json.loads(re.search("BODY='(.*)' python try-openai-python.py", command)[1])["tools"]
    assert "\\</script\\>" in "\n".join(findings.markdown(small))


def test_a_finding_of_a_later_request_has_that_request():
    assert findings.request("resp-envelope-fields-missing", "request 1: x")["stream"] is False
    assert findings.request("resp-envelope-fields-missing", "request 2: x")["stream"] is True


def test_html_in_scenarios_stays_text(small):
    page = page_html.page(small)
    assert EVIL not in page
    assert page.count("</script>") == 2
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])
    assert data["quirks"][NAME]["cells"][1] == ["wrong", EVIL, EVIL]


def test_the_html_page_needs_nothing_from_outside(small):
    page = page_html.page(small)
    assert re.findall(r'(?:src=|url\(|@import|<link|href="(?!quirks/|#))', page) == []


def test_what_differs_from_run_to_run_is_taken_out():
    assert plain("http://127.0.0.1:4711/x@y/v1") == "http://HOST/x@y/v1"
    assert plain("<object at 0x7f3a12bc>") == "<object at 0x…>"
    assert plain("a\x00b\ud800") == "a\\u0000b\\ud800"
