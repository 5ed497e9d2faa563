"""The pure modules of the console, run in the browser that they are for; and the laws that its files keep."""

import re
from pathlib import Path

import pytest

from mockllm.console import HOME, asset
from mockllm.console import __file__ as module_file

FOLDER = Path(module_file).parent
MOST_LINES = 300


def files():
    return sorted(it for it in FOLDER.iterdir() if it.suffix in {".js", ".css", ".html", ".svg"})


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_every_file_is_small_and_is_served(path):
    found = asset(path.name)
    assert found is not None
    assert found.body == path.read_bytes()
    text = path.read_text()
    assert len(text.splitlines()) <= MOST_LINES
    assert max(map(len, text.splitlines())) <= 160 or path.suffix == ".svg"
    # Nothing comes from elsewhere; an XML namespace is a name.
    assert re.findall(r"(?:https?:)?//[a-z][\w.-]+\.[a-z]+", text.replace("http://www.w3.org/2000/svg", "")) == []


@pytest.mark.parametrize("path", [it for it in files() if it.suffix == ".js"], ids=lambda path: path.name)
def test_a_module_says_what_it_is_imports_what_there_is_and_makes_no_markup(path):
    text = path.read_text()
    assert text.startswith("// ")
    for name in re.findall(r'from "\./([\w.]+)"', text):
        assert asset(name) is not None, name
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", text)


def test_the_page_has_no_script_and_no_style_in_itself():
    page = asset(HOME).body.decode()
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="console/main.js">']
    assert not re.search(r"<style|\sstyle=|\son\w+=", page)
    for name in re.findall(r'(?:src|href)="console/([^"]+)"', page):
        assert asset(name) is not None, name


@pytest.fixture
def run(page, watch, server):
    """Run an expression of a module in the browser."""

    async def run(module, expression):
        await watch(server)
        return await page.evaluate(
            f"async () => {{ const m = await import('./console/{module}'); return {expression}; }}"
        )

    return run


@pytest.mark.asyncio(loop_scope="module")
async def test_events_are_read_however_they_are_cut(run):
    text = "event: a\\ndata: 1\\nid: x-1\\n\\n: beat\\n\\ndata: 2\\ndata: 3\\n\\n"
    whole = await run("sse.js", f'm.reader()("{text}")')
    pieces = await run("sse.js", f'(() => {{ const r = m.reader(); return [..."{text}"].flatMap((it) => r(it)); }})()')
    assert whole == pieces
    assert whole == [{"name": "a", "data": "1", "id": "x-1"}, {"name": "message", "data": "2\n3", "id": "x-1"}]


@pytest.mark.asyncio(loop_scope="module")
async def test_what_cannot_be_seen_is_marked(run):
    assert await run("format.js", r'm.visible("a\r\nb\tc\u0000\u200b", "utf-8")') == [
        ["a", False],
        ["\\r\\n\n", True],
        ["b", False],
        ["\\t", True],
        ["c", False],
        ["\\0\\u200b", True],
    ]
    assert await run("format.js", 'm.visible("Yf/+YQ==", "base64")') == [
        ["a", False],
        ["\\xff\\xfe", True],
        ["a", False],
    ]


@pytest.mark.asyncio(loop_scope="module")
async def test_durations_and_sizes_are_told_for_people(run):
    us = [7, 1_234, 250_400, 1_234_000, 61_000_000, 7_200_000_000]
    assert await run("format.js", f"{us}.map(m.duration)") == [
        "7 µs",
        "1.2 ms",
        "250 ms",
        "1.23 s",
        "1 min 1 s",
        "2.0 h",
    ]
    assert await run("format.js", "[999, 1500, 2500000].map(m.size)") == ["999 B", "1.5 kB", "2.5 MB"]


@pytest.mark.asyncio(loop_scope="module")
async def test_keys_lead_through_a_list(run):
    moves = "[['j', -1], ['j', 0], ['k', 0], ['End', -1], ['PageDown', 3], ['Home', 9], ['x', 1]]"
    assert await run("virtual.js", f"{moves}.map(([key, at]) => m.moved(key, at, 10, 5))") == [0, 1, 0, 9, 8, 0, None]
    assert await run("virtual.js", "m.moved('j', -1, 0, 5)") is None
