"""A server whose files may change, a browser that shows its console, and a client that asks it something.

The browser is driven by its asynchronous interface, in a loop that a module has for itself. Every page is watched: an
error in its scripts, a dialog, or something that its policy forbids fails the test that had it.
"""

import http.client
import json
import threading
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from mockllm.cli.shelf import Shelf
from mockllm.engine import Engine
from mockllm.net.control import Control
from mockllm.net.thread import ServerThread
from mockllm.scenario.library import Library
from mockllm.tally import Tally
from tests.console import chromium
from tests.distribution import MissingError

PATIENCE_S = 20
HELLO = """\
rules:
  - name: gated
    when: {last: gate}
    replies:
      - text: one two three four five
        faults: [{gate: {name: middle, at: {token: 3}}}]
  - name: cut
    when: {last: cut}
    replies:
      - text: one two three four five
        faults: [{reset: {at: {token: 3}}}]
  - name: greeting
    replies: [Hello there]
"""

_WATCH = """
window.broken = [];
document.addEventListener("securitypolicyviolation", (event) => window.broken.push(event.violatedDirective));
"""


class Served:
    """A server of this process over a folder of scenarios."""

    def __init__(self, folder, *, token=None, port=0):
        self.folder = folder
        self.shelf = Shelf(Library.of_paths([folder]).entries())
        tally = Tally()
        self.engine = Engine(self.shelf, observers=[tally.observe])
        self.thread = ServerThread(self.engine, port=port, control=Control(self.engine, tally, token=token))
        self.thread.start()
        self.clients = []

    @property
    def url(self):
        return self.thread.url

    def reload(self):
        return self.thread.call(self.shelf.refresh, [self.folder])

    def open(self, namespace, gate):
        self.thread.call(self.engine.gates.open, namespace, gate)

    def ask(self, text, path="/v1/chat/completions", headers=None, **fields):
        """Ask for a stream, and let it come in the background."""
        body = {"model": "gpt-5.1", "stream": True, "messages": [{"role": "user", "content": text}], **fields}
        client = threading.Thread(target=_asked, args=(self.url, path, body, headers or {}))
        client.start()
        self.clients.append(client)
        return client

    def answered(self, text, **how):
        """Ask, and wait until it is answered."""
        self.ask(text, **how).join(PATIENCE_S)

    def close(self):
        self.thread.close()
        for client in self.clients:
            client.join(PATIENCE_S)


def _asked(url, path, body, headers):
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_S)) as connection:
        try:
            connection.request("POST", path, json.dumps(body), {"content-type": "application/json", **headers})
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass  # it was cut on purpose, or the server is gone


@pytest.fixture
def serve(tmp_path):
    """Serve a folder with one scenario."""
    (tmp_path / "hello.yaml").write_text(HELLO)
    served = []

    def serve(**how):
        served.append(Served(tmp_path, **how))
        return served[-1]

    yield serve
    for server in served:
        server.close()


@pytest.fixture
def server(serve):
    return serve()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    try:
        path = chromium.find()
    except MissingError as error:
        pytest.skip(f"no browser: {error}")
    expect.set_options(timeout=PATIENCE_S * 1000)
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=[*chromium.OPTIONS])
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser):
    """A page of its own, wide and light."""
    context = await browser.new_context(viewport={"width": 1366, "height": 800}, reduced_motion="reduce")
    await context.add_init_script(_WATCH)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_S * 1000)
    wrong = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
    yield page
    assert wrong == []
    assert await page.evaluate("window.broken") == []
    await context.close()


@pytest.fixture
def watch(page):
    """Open the console of a server, and wait until it is told all."""

    async def watch(server):
        response = await page.goto(f"{server.url}/_mockllm/")
        await page.wait_for_selector("#live.on[data-ready]")
        return response

    return watch
