"""The page of the survey in HTML: one file, without anything from outside.

Here: the values that go into `page.html`. All that comes from scenarios and clients is escaped, in the text and in the
data that the script reads. Not here: the form of the page (`page.html`) and what both pages share (`pages.py`).
"""

import json
import re
from html import escape
from pathlib import Path
from string import Template

from mockllm.scenario.expect import Expectation
from tests.survey.pages import (
    MEANINGS,
    SIGNS,
    Column,
    Row,
    by_section,
    cells,
    columns,
    counted,
    introduction,
    rows,
)
from tests.survey.record import Record
from tests.survey.verdict import FROM_BAD_TO_GOOD

_TEMPLATE = Path(__file__).resolve().parent / "page.html"


def page(record: Record) -> str:
    """The whole page."""
    shown, played = columns(record), rows(record)
    sections = list(by_section(played))
    return Template(_TEMPLATE.read_text()).substitute(
        introduction="\n".join(f"<p>{_inline(text)}</p>" for text in introduction(record)),
        meanings="".join(
            f'<li><b class="{word}">{SIGNS[word]}</b>: {_inline(text)}</li>' for word, text in MEANINGS.items()
        ),
        summary=_summary(record, shown),
        sections=" ".join(f'<a href="#{name}">{name}</a>' for name, _ in sections),
        tables="\n".join(_section(name, members, record, shown) for name, members in sections),
        data=_data(record, shown, played),
    )


def _inline(text: str) -> str:
    """Markdown as far as the paragraphs use it."""
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text)


def _summary(record: Record, shown: list[Column]) -> str:
    words = tuple(reversed(FROM_BAD_TO_GOOD[:-1])) + FROM_BAD_TO_GOOD[-1:]
    head = "".join(f'<th scope="col" class="{word}">{SIGNS[word]}</th>' for word in words)
    lines = []
    for column in shown:
        counts = counted(record, column)
        numbers = "".join(f'<td class="number">{counts[word]}</td>' for word in words)
        title = f"{escape(column.title)}<small>{escape(column.versions)}</small>"
        lines.append(f'<tr><th scope="row">{title}</th>{numbers}</tr>')
    top = f'<thead><tr><th scope="col">client</th>{head}</tr></thead>'
    return f"<table>{top}<tbody>{''.join(lines)}</tbody></table>"


def _section(name: str, members: list[Row], record: Record, shown: list[Column]) -> str:
    head = "".join(f'<th scope="col">{escape(column.title)}</th>' for column in shown)
    body = "\n".join(_row(row, record, shown) for row in members)
    return (
        f'<section><h2 id="{name}">{name}</h2>'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
        f'<table><thead><tr><th scope="col">quirk</th>{head}</tr></thead>\n<tbody>{body}</tbody></table>'
        "</div></section>"
    )


def _row(row: Row, record: Record, shown: list[Column]) -> str:
    tail = "".join(
        f'<td class="{cell.word}"><button type="button">{escape(SIGNS[cell.word])}</button></td>'
        for cell in cells(record, row, shown)
    )
    name = escape(row.name)
    return (
        f'<tr data-quirk="{name}"><th scope="row"><a href="{escape(row.path)}">{name}</a>'
        f"<small>{escape(row.about)}</small></th>{tail}</tr>"
    )


def _data(record: Record, shown: list[Column], played: list[Row]) -> str:
    """What the script reads; no text in it can end the element."""
    quirks = {
        row.name: {
            "path": row.path,
            "about": row.about,
            "expect": "\n".join(map(expectation, row.expect)),
            "cells": [[cell.word, cell.why, cell.seen] for cell in cells(record, row, shown)],
        }
        for row in played
    }
    whole = {"columns": [f"{column.title} ({column.versions})" for column in shown], "signs": SIGNS, "quirks": quirks}
    text = json.dumps(whole, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def expectation(expected: Expectation) -> str:
    """An expectation in a line, long texts cut."""
    told = expected.model_dump(mode="json", exclude_unset=True)
    return json.dumps({name: _clipped(value) for name, value in told.items()}, ensure_ascii=False)


def _clipped(value: object, most: int = 300) -> object:
    return f"{value[: most - 1]}…" if isinstance(value, str) and len(value) > most else value
