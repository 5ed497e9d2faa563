"""The pytest plugin: the fixture `mockllm`, its marker, and what a failing test shows.

Here: the life of one mock server in one test: a `MockLLM`, or with MOCKLLM_URL a run on a server elsewhere. Not here:
the server (`net/mock.py`, `client/remote.py`) and what is checked at the end (`strict.py`). pytest imports this module
in every run of every project that has the package installed, so it imports nothing that costs time until a test asks
for the fixture.
"""

import functools
import inspect
import os
import platform
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockllm.client.interface import MockServer
    from mockllm.net.virtual.session import VirtualTime
    from mockllm.scenario.library import Library

_MARKER = (
    "mockllm(scenario=None, *, allow=(), clock='real', host='127.0.0.1', port=0): the scenario that the fixture "
    "`mockllm` serves, and what this test may do that a strict test may not: unmatched, exhausted, failed, unfired, "
    "leftover, idle; with clock='virtual' all waiting is skipped, with exact timestamps"
)
_OPTIONS = ("allow", "clock", "host", "port", "scenario")
_CLOCKS = ("real", "virtual")

_MOCK: "pytest.StashKey[MockServer]" = pytest.StashKey()
_PASSED: pytest.StashKey[bool] = pytest.StashKey()
_TIME: "pytest.StashKey[VirtualTime]" = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be in real time."""
    parser.getgroup("mockllm").addoption(
        "--mockllm-real-time",
        action="store_true",
        help="run tests that are marked with mockllm(clock='virtual') in real time: they wait as long as they say",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A marker on a test that does not use the fixture does nothing, which is worth an error."""
    marked = any(marker.name == "mockllm" for marker in item.own_markers)
    if marked and "mockllm" not in getattr(item, "fixturenames", ()):
        pytest.fail(
            "this test is marked with mockllm but does not use the fixture, so no server runs: add the argument "
            '`mockllm`, or mark it with usefixtures("mockllm") too',
            pytrace=False,
        )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Put what ends a test that cannot go on around the test's function, whoever calls that."""
    if (time := item.stash.get(_TIME, None)) is None or not isinstance(item, pytest.Function):
        return (yield)
    test = item.obj
    item.obj = _guarded(test, time)
    try:
        return (yield)
    finally:
        item.obj = test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether the test passed, and show the journal of one that failed."""
    report = yield
    if (mock := item.stash.get(_MOCK, None)) is not None:
        if report.when == "call":
            item.stash[_PASSED] = report.passed
        if report.failed:
            from mockllm.report import overview  # noqa: PLC0415 - see the module's docstring

            report.sections.append(("mockllm journal", overview(mock.journal)))
        if report.when == "teardown":
            del item.stash[_MOCK]  # pytest keeps its items to the end of the run, and journals are large
    return report


@pytest.fixture(scope="session")
def _mockllm_gallery() -> "Library":
    """The gallery, searched once and each scenario read once."""
    from mockllm.scenario.library import Library  # noqa: PLC0415 - see the module's docstring

    return Library.gallery()


@pytest.fixture(name="mockllm")
def _mockllm(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _mockllm_gallery: "Library"
) -> "Iterator[MockServer]":
    """A mock server of this test's own, strict at the end: `mockllm.base_url`, `mockllm("scenario")`,
    `mockllm.env()`, `mockllm.open("gate")`, `mockllm.wait_for("left")`, `mockllm.journal`. The marker `mockllm`
    chooses its scenario and what is allowed. With MOCKLLM_URL in the environment it is a run of this test's own
    on the server there.
    """
    options = _options(request.node)
    allow = _allowed(options.pop("allow", ()))
    stash = request.node.stash
    stash[_PASSED] = False
    with (
        _time(options.pop("clock", "real"), request),
        _server(options, request.node.nodeid, _mockllm_gallery, monkeypatch) as mock,
    ):
        stash[_MOCK] = mock
        yield mock
        # A test that failed says why itself; its report shows the journal.
        problems = mock.problems(allow=allow) if stash[_PASSED] else ()
    if problems:
        pytest.fail(_message(problems), pytrace=False)


@contextmanager
def _time(clock: str, request: pytest.FixtureRequest) -> Iterator[None]:
    """Virtual time, if it is asked for."""
    if clock not in _CLOCKS:
        raise pytest.UsageError(f"the marker mockllm has no clock '{clock}': {_known(clock, _CLOCKS)}")
    if clock == "real" or request.config.getoption("--mockllm-real-time"):
        yield
        return
    if os.environ.get("MOCKLLM_URL"):
        pytest.fail(
            "this test asks for virtual time, which is only possible with a server in this process, but MOCKLLM_URL "
            "names one elsewhere: unset it, or run in real time with --mockllm-real-time",
            pytrace=False,
        )
    from mockllm.net.virtual.session import VirtualTime  # noqa: PLC0415 - see the module's docstring

    time = VirtualTime()
    time.start()
    request.node.stash[_TIME] = time
    try:
        yield
    finally:
        del request.node.stash[_TIME]
        time.end()


def _guarded(test: Callable[..., Any], time: "VirtualTime") -> Callable[..., Any]:
    """The test's function within `VirtualTime.test`."""
    if inspect.iscoroutinefunction(test):

        @functools.wraps(test)
        async def guarded_async(*args: object, **kwargs: object) -> object:
            with time.test():
                return await test(*args, **kwargs)

        return guarded_async

    @functools.wraps(test)
    def guarded(*args: object, **kwargs: object) -> object:
        with time.test():
            return test(*args, **kwargs)

    return guarded


def _server(
    options: Mapping[str, Any], test: str, library: "Library", environ: pytest.MonkeyPatch
) -> "AbstractContextManager[MockServer]":
    """A server in this process, or a run on the one that the environment names. The run's name is of this test in this
    process, and the seed does not depend on it.
    """
    if os.environ.get("MOCKLLM_URL"):
        from mockllm.client.base import Place  # noqa: PLC0415 - see the module's docstring
        from mockllm.client.remote import RemoteMockLLM  # noqa: PLC0415 - see the module's docstring
        from mockllm.client.session import run_name  # noqa: PLC0415 - see the module's docstring

        place = Place.from_environment()
        assert place is not None
        run = run_name(test, os.getpid(), platform.node())
        return RemoteMockLLM(place, run, options.get("scenario"), library=library, environ=environ)
    from mockllm.net.mock import MockLLM  # noqa: PLC0415 - see the module's docstring

    return MockLLM(**options, library=library, environ=environ)


def _options(node: pytest.Item) -> dict[str, Any]:
    """The options of all markers of a test; of each option the one nearest to the test counts.

    Raises UsageError for an option that does not exist.
    """
    options: dict[str, Any] = {}
    for marker in node.iter_markers("mockllm"):
        given = _marker_options(marker.args, marker.kwargs)
        options = {**given, **options}
    return options


def _marker_options(args: tuple[object, ...], kwargs: Mapping[str, object]) -> dict[str, object]:
    if len(args) > 1 or (args and "scenario" in kwargs):
        raise pytest.UsageError(f"the marker mockllm takes one scenario, found {len(args) + ('scenario' in kwargs)}")
    for name in kwargs:
        if name not in _OPTIONS:
            raise pytest.UsageError(f"the marker mockllm has no option '{name}': {_known(name, _OPTIONS)}")
    return {**kwargs, **({"scenario": args[0]} if args else {})}


def _allowed(allow: str | tuple[str, ...]) -> tuple[str, ...]:
    """The checks to leave out. Raises UsageError for one that does not exist."""
    from mockllm.strict import Check  # noqa: PLC0415 - see the module's docstring

    names = (allow,) if isinstance(allow, str) else tuple(allow)
    for name in names:
        if name not in set(Check):
            raise pytest.UsageError(f"the marker mockllm cannot allow '{name}': {_known(name, tuple(Check))}")
    return names


def _known(name: str, allowed: tuple[str, ...]) -> str:
    from mockllm.scenario.base import nearest  # noqa: PLC0415 - see the module's docstring

    return f"{nearest(name, list(allowed))}known are {', '.join(allowed)}"


def _message(problems: tuple[str, ...]) -> str:
    listed = "\n".join(f"- {problem}" for problem in problems)
    names = dict.fromkeys(problem.partition(":")[0] for problem in problems)
    allowed = ", ".join(f'"{name}"' for name in names)
    return (
        f"mockllm: the script and the client disagree:\n{listed}\n"
        f"If this is what the test is about, allow it: @pytest.mark.mockllm(allow=({allowed},))"
    )
