"""Virtual time by the marker: small projects whose tests are run by a pytest of their own."""

import pytest

STALL = """
import asyncio
import time

import httpx
import pytest

STALL = {
    "name": "stall",
    "rules": [{"replies": [{"text": ["a", "b"], "faults": [{"stall": {"at": {"token": 1}, "for": "600s"}}]}]}],
}
BRIEF = {"name": "brief", "rules": [{"replies": [{"text": "ok", "pace": {"ttft": "150ms"}}]}]}
CALL = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


async def give_up(mockllm):
    async with httpx.AsyncClient(timeout=60) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"{mockllm.base_url}/chat/completions", json=CALL)
    assert mockllm.clock.now == 60
"""
WAYS = {
    "pytest-asyncio": """
@pytest.mark.mockllm(STALL, clock="virtual")
async def test_stall(mockllm):
    await give_up(mockllm)


class TestStall:
    @pytest.mark.mockllm(STALL, clock="virtual")
    async def test_stall(self, mockllm):
        await give_up(mockllm)


@pytest.mark.asyncio(loop_scope="module")
async def test_real_before():
    before = time.monotonic()
    await asyncio.sleep(0.02)
    assert time.monotonic() - before > 0.015


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.mockllm(STALL, clock="virtual")
@pytest.mark.parametrize("number", [1, 2])
async def test_on_a_loop_that_is_shared(mockllm, number):
    await give_up(mockllm)


@pytest.mark.asyncio(loop_scope="module")
async def test_real_after():
    before = time.monotonic()
    await asyncio.sleep(0.02)
    assert 0.015 < time.monotonic() - before < 50
""",
    "anyio": """
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.mockllm(STALL, clock="virtual")
async def test_stall(mockllm):
    await give_up(mockllm)
""",
    "pytest-aiohttp": """
from aiohttp import web


@pytest.mark.mockllm(STALL, clock="virtual")
async def test_an_app_of_ones_own(mockllm, aiohttp_client):
    async def handle(_request):
        await give_up(mockllm)
        return web.Response(text="given up")

    app = web.Application()
    app.router.add_get("/", handle)
    client = await aiohttp_client(app)
    assert await (await client.get("/")).text() == "given up"
""",
    "fixtures": """
@pytest.fixture
async def client(mockllm):
    async with httpx.AsyncClient(timeout=60) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.post(f"{mockllm.base_url}/chat/completions", json=CALL)
        yield client
        await asyncio.sleep(5)
        assert mockllm.clock.now == 125


@pytest.mark.mockllm(STALL, clock="virtual")
async def test_an_async_fixture_takes_part(mockllm, client):
    assert mockllm.clock.now == 60
    with pytest.raises(httpx.ReadTimeout):
        await client.post(f"{mockllm.base_url}/chat/completions", json=CALL)
    assert mockllm.clock.now == 120
""",
    "sync": """
@pytest.mark.mockllm(STALL, clock="virtual")
def test_a_run_of_ones_own(mockllm):
    asyncio.run(give_up(mockllm))


@pytest.mark.mockllm(STALL, clock="virtual")
def test_a_client_that_blocks(mockllm):
    with httpx.Client(timeout=60) as client, pytest.raises(httpx.ReadTimeout):
        client.post(f"{mockllm.base_url}/chat/completions", json=CALL)
    assert mockllm.clock.now == 60
""",
    "unittest": """
import unittest

import mockllm


class TestStall(unittest.IsolatedAsyncioTestCase):
    async def test_stall(self):
        async with mockllm.virtual_time() as clock:
            with mockllm.MockLLM(STALL) as mock:
                await give_up(mock)


@pytest.mark.usefixtures("mockllm")
class TestMarked(unittest.TestCase):
    @pytest.mark.mockllm(STALL, clock="virtual", allow="idle")
    def test_pause(self):
        before = time.monotonic()
        time.sleep(60)
        assert time.monotonic() - before == 60
""",
}


@pytest.fixture
def project(pytester, monkeypatch):
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.delenv("MOCKLLM_URL", raising=False)
    pytester.makeini(
        """
        [pytest]
        addopts = --strict-markers -p no:cacheprovider
        filterwarnings =
            error
            ignore:Skipping collection of .*hypothesis
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = function
        """
    )
    return pytester


def run(project, *arguments):
    return project.runpytest_subprocess(*arguments, timeout=100)


@pytest.mark.parametrize("way", WAYS)
def test_the_marker_works_with(project, way):
    if way == "anyio":
        project.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider -p no:asyncio -p no:aiohttp\n")
    project.makepyfile(STALL + WAYS[way])
    result = run(project)
    passed = {"pytest-asyncio": 6, "sync": 2, "unittest": 2}.get(way, 1)
    result.assert_outcomes(passed=passed)


def test_the_same_test_runs_in_real_time_by_an_option(project):
    project.makepyfile(
        STALL
        + """
@pytest.mark.mockllm(BRIEF, clock="virtual")
async def test_brief(mockllm):
    async with httpx.AsyncClient() as client:
        await client.post(f"{mockllm.base_url}/chat/completions", json=CALL)
    assert mockllm.clock.now == 0.15
    assert type(mockllm.clock).__name__ == KIND
"""
    )
    for options, kind in (((), "VirtualClock"), (("--mockllm-real-time",), "RealTimeClock")):
        project.makeconftest(f"import builtins\nbuiltins.KIND = {kind!r}\n")
        run(project, *options).assert_outcomes(passed=1)


REFUSALS = {
    "stuck": (
        "async def test_NAME(mockllm):\n    await asyncio.Event().wait()",
        "*StuckError: virtual time is stuck at 0 s: nothing can ever happen: *",
    ),
    "stuck_blocking": (
        "def test_NAME(mockllm):\n    threading.Event().wait()",
        "*StuckError: virtual time is stuck at 0 s: nothing can ever happen: *",
    ),
    "stuck_on_the_mock": (
        (
            "async def test_NAME(mockllm):\n    await asyncio.open_connection('127.0.0.1', port(mockllm))\n"
            "    await mockllm.wait_for_async('arrived', timeout_s=60)"
        ),
        "*TimeoutError: waited 60 s for 1 exchange that arrived, found 0*",
    ),
    "days": (
        "async def test_NAME(mockllm):\n    while True:\n        await asyncio.sleep(3600)",
        "*StuckError: virtual time is stuck at 604800 s: more than 7 days have passed*",
    ),
    "spin": (
        "async def test_NAME(mockllm):\n    while True:\n        await asyncio.sleep(0)",
        "*StuckError: virtual time is stuck at 0 s: something asks for the loop's next turn again and again*",
    ),
    "endless_thread": (
        (
            "async def test_NAME(mockllm):\n    lock = threading.Lock()\n    lock.acquire()\n"
            "    await asyncio.to_thread(lock.acquire, True, 7)"
        ),
        "*StuckError: * a thread that holds the clock was not done after 5 real seconds*",
    ),
    "blocking_client": (
        "async def test_NAME(mockllm):\n    httpx.post(f'{mockllm.base_url}/chat/completions', json=CALL)",
        "*BlockingCallError: a client that blocks was used in a coroutine: *",
    ),
    "blocking_wait": (
        "async def test_NAME(mockllm):\n    mockllm.wait_for('arrived')",
        "*MockLLMError: wait_for was called in a coroutine: * `await mockllm.wait_for_async(...)`*",
    ),
    "uvloop": (
        "def test_NAME(mockllm):\n    uvloop.run(give_up(mockllm))",
        "*RefusedLoopError: virtual time needs asyncio's own selector loop, but this one is uvloop.Loop*",
    ),
    "proactor": (
        (
            "def test_NAME(mockllm):\n    with asyncio.Runner(loop_factory=Proactor) as runner:\n"
            "        runner.run(give_up(mockllm))"
        ),
        "*RefusedLoopError: virtual time needs asyncio's own selector loop, but this one is *Proactor*",
    ),
    "elsewhere": (
        "async def test_NAME(mockllm):\n    await asyncio.open_connection('127.0.0.1', 9)",
        "*ConnectionRefusedError: [[]Errno *[]] virtual time: nothing in this test serves 127.0.0.1:9. *",
    ),
    "elsewhere_blocking": (
        "def test_NAME(mockllm):\n    socket.create_connection(('127.0.0.1', 9))",
        "*ConnectionRefusedError: [[]Errno *[]] virtual time: nothing in this test serves 127.0.0.1:9. *",
    ),
    "unknown_name": (
        "async def test_NAME(mockllm):\n    await asyncio.open_connection('example.com', 80)",
        "*gaierror: [[]Errno *[]] virtual time: nothing in this test is called 'example.com'. *",
    ),
    "twice": (
        "def test_NAME(mockllm):\n    with mockllm.virtual_time():\n        pass",
        "*MockLLMError: virtual time was asked for, but it is on already in this process: *",
    ),
}
"""For each, a test that cannot be and what is said about it."""

NEEDED = """
import socket
import threading
from urllib.parse import urlsplit

import uvloop


def port(mockllm):
    return urlsplit(mockllm.base_url).port


class Proactor(asyncio.BaseEventLoop):
    _selector = property()  # as on Windows: there is none
"""
AFTERWARDS = """
@pytest.mark.mockllm(STALL, clock="virtual")
async def test_after_NAME(mockllm):
    await give_up(mockllm)


def test_real_after_NAME():
    before = time.monotonic()
    time.sleep(0.02)
    assert 0.015 < time.monotonic() - before < 50
"""


@pytest.mark.parametrize("part", range(3))
def test_refusals_and_reports_fail_their_test_and_nothing_else(project, part):
    """After each of them, one in virtual time and one in real time pass."""
    refusals = dict(list(REFUSALS.items())[part::3])
    parts = [STALL, NEEDED]
    for name, (test, _) in refusals.items():
        marked = f'@pytest.mark.mockllm(BRIEF, clock="virtual", allow="idle")\n{test}\n\n{AFTERWARDS}'
        parts.append(marked.replace("NAME", name))
    project.makepyfile("\n\n".join(parts))
    result = run(project, "-W", "ignore::pytest.PytestUnraisableExceptionWarning", "-W", "ignore::RuntimeWarning")
    result.assert_outcomes(passed=2 * len(refusals), failed=len(refusals))
    for name, (_, said) in refusals.items():
        result.stdout.fnmatch_lines([f"*_ test_{name} _*", f"E *{said.removeprefix('*')}"])


def test_a_clock_that_there_is_not_is_refused(project):
    project.makepyfile(
        STALL
        + """
@pytest.mark.mockllm(BRIEF, clock="wooden")
async def test_clock(mockllm):
    pass
"""
        + AFTERWARDS
    )
    result = run(project)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*the marker mockllm has no clock 'wooden': known are real, virtual*"])


def test_trio_is_refused(project):
    project.makeini("[pytest]\naddopts = --strict-markers -p no:cacheprovider -p no:asyncio -p no:aiohttp\n")
    project.makepyfile(
        STALL
        + """
@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@pytest.mark.anyio
@pytest.mark.mockllm(STALL, clock="virtual", allow="idle")
async def test_stall(mockllm):
    await give_up(mockllm)
"""
    )
    result = run(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*RefusedLoopError: virtual time needs asyncio's own selector loop, but this test runs on trio*"]
    )


def test_a_server_elsewhere_has_no_virtual_time(project, monkeypatch):
    monkeypatch.setenv("MOCKLLM_URL", "http://127.0.0.1:9")
    project.makepyfile(STALL + WAYS["sync"])
    result = run(project)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        ["*this test asks for virtual time, which is only possible with a server in this process*"]
    )


def test_the_checks_at_the_end_hold_in_virtual_time_too(project):
    project.makepyfile(
        """
        import pytest


        @pytest.mark.mockllm("hello", clock="virtual")
        def test_idle(mockllm):
            mockllm.env()
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*mockllm: the script and the client disagree:*", "*- idle: *"])
