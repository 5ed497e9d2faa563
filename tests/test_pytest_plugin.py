"""The plugin as its users meet it: small projects whose tests are run by a pytest of their own."""

import subprocess
import sys

import pytest

from mockllm.net.mock import MockLLM

# What the tests of these projects share: a request without any client library.
CONFTEST = """
import json
import urllib.request
import urllib.error
import pytest


def ask(base_url, text="hello", stream=False):
    body = {"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": text}]}
    request = urllib.request.Request(
        base_url + "/chat/completions", json.dumps(body).encode(), {"content-type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.read().decode()


@pytest.fixture(name="ask")
def _ask():
    return ask
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A project in which a warning is an error."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini(
        """
        [pytest]
        addopts = --strict-markers -p no:cacheprovider
        filterwarnings = error
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = function
        """
    )
    pytester.makeconftest(CONFTEST)
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess(*arguments, timeout=60)


STRICT = '''
import socket
from urllib.parse import urlsplit
import pytest

SCENARIOS = {
    "unmatched": "rules: [{when: {last: weather}, replies: [sun]}]",
    "exhausted": "rules: [{replies: [one, two]}]",
    "failed": {"rules": [{"replies": [lambda request: 1 / 0]}]},
    "unfired": "rules: [{replies: [{text: [hi], faults: [{reset: {at: {token: 9}}}]}]}]",
    "leftover": "rules: [{replies: [one, two]}]",
    "open": "rules: [{replies: [{text: hi, faults: [{stall: {at: headers}}]}]}]",
    "idle": "rules: [{replies: [hi]}]",
}
ASKED = {"exhausted": 3, "idle": 0, "open": 0}
CHECKS = {"open": "leftover"}


@pytest.fixture
def hanging():
    """A client that outlives the mock: its exchange is open when the test is over."""
    with socket.socket() as client:
        yield client


def behave(name, hanging, mockllm, ask):
    mockllm.load(SCENARIOS[name])
    for number in range(ASKED.get(name, 1)):
        ask(mockllm.base_url, f"request {number}")
    if name == "open":
        address = urlsplit(mockllm.url)
        hanging.connect((address.hostname, address.port))
        body = b'{"model": "m", "messages": [{"role": "user", "content": "hi"}]}'
        head = f"POST /v1/chat/completions HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: {len(body)}\\r\\n\\r\\n"
        hanging.sendall(head.encode() + body)
        while not len(mockllm.journal):
            pass


@pytest.mark.parametrize("name", list(SCENARIOS))
def test_strict(name, hanging, mockllm, ask):
    behave(name, hanging, mockllm, ask)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.mockllm(allow=(CHECKS.get(name, name),))) for name in SCENARIOS],
)
def test_allowed(name, hanging, mockllm, ask):
    behave(name, hanging, mockllm, ask)
'''


def test_each_check_fails_a_test_with_its_reason_unless_it_is_allowed(project):
    project.makepyfile(STRICT)
    result = run(project)
    # The body of a test that is not strict enough passes; it is the end of the fixture that fails it.
    result.assert_outcomes(passed=14, errors=7)
    shown = result.stdout.str().split("ERROR at teardown of test_")
    said = {section.partition("]")[0].removeprefix("strict["): section for section in shown[1:]}
    begin = "mockllm: the script and the client disagree:\n- "
    expected = {
        "unmatched": "unmatched: #1 POST /v1/chat/completions, status 400: The nearest rules: rules[0]: last: wanted a",
        "exhausted": "exhausted: #3 POST /v1/chat/completions, rules[0], try 1, status 400: the script of rules[0] is",
        "failed": "failed: #1 POST /v1/chat/completions",
        "unfired": "unfired: reset in faults of rules[0].replies[0] of 'scenario' never fired: the answer has nothing",
        "leftover": "leftover: of the 2 replies that rules[0] of 'scenario' has, 1 went out.",
        "open": "leftover: #1 POST /v1/chat/completions, rules[0], try 1, status 200 is still being answered.",
        "idle": "idle: no request arrived: give the client base_url=mockllm.base_url, or call mockllm.env()",
    }
    assert {name: begin + message in said[name] for name, message in expected.items()} == dict.fromkeys(expected, True)
    cure = 'If this is what the test is about, allow it: @pytest.mark.mockllm(allow=("idle",))'
    assert cure in said["idle"]
    assert "- mockllm journal -" in said["unmatched"]
    assert "1  POST /v1/chat/completions  -     1    400" in said["unmatched"]
    assert "no request arrived" in said["idle"].split("- mockllm journal -")[1]


def test_a_test_that_failed_by_itself_gets_the_journal_and_no_second_error(project):
    project.makepyfile(
        """
        import pytest

        STALL = "rules: [{replies: [{text: a b c, faults: [{truncate: {at: {token: 1}}}]}, never asked for]}]"

        def test_body(mockllm, ask):
            ask(mockllm(STALL).base_url, stream=True)
            assert False, "the test's own reason"

        def test_skip(mockllm):
            pytest.skip("not today")

        @pytest.mark.xfail(reason="known")
        def test_xfail(mockllm):
            assert False

        @pytest.fixture
        def broken(mockllm, ask):
            ask(mockllm("rules: [{replies: [one, two]}]").base_url)
            raise RuntimeError("the fixture's own reason")

        def test_setup(broken):
            pass

        @pytest.fixture
        def breaks_later(mockllm, ask):
            ask(mockllm("rules: [{replies: [one]}]").base_url)
            yield
            raise RuntimeError("the teardown's own reason")

        def test_teardown(breaks_later):
            pass
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, failed=1, skipped=1, xfailed=1, errors=2)
    output = result.stdout.str()
    assert "disagree" not in output
    assert output.count("- mockllm journal -") == 3
    result.stdout.fnmatch_lines(
        [
            "*the test's own reason*",
            "*- mockllm journal -*",
            "#  request *",
            "1  POST /v1/chat/completions  rules[[]0]  1    200     2/2 *  cut as scripted",
            "  planned   actual",
            "*end*(fault: truncate at frame 2)",
            "outcome: cut as scripted",
        ]
    )


def test_a_test_without_the_fixture_is_left_alone(project):
    project.makepyfile("def test_other():\n    assert False\n")
    result = run(project)
    result.assert_outcomes(failed=1)
    assert "mockllm journal" not in result.stdout.str()


def test_markers_choose_the_scenario_and_options_and_the_nearest_counts(project):
    project.makefile(".yaml", own="rules: [{replies: [my own]}]")
    project.makepyfile(
        """
        import pytest
        import socket
        from urllib.parse import urlsplit

        pytestmark = pytest.mark.mockllm("hello", allow=("leftover", "idle"))

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            PORT = probe.getsockname()[1]

        def test_module_marker(mockllm, ask):
            assert "Hello" in ask(mockllm.base_url)

        @pytest.mark.mockllm("own.yaml")
        def test_own_marker(mockllm, ask):
            assert "my own" in ask(mockllm.base_url)

        @pytest.mark.mockllm(scenario="own.yaml", port=PORT, host="127.0.0.1")
        class TestClass:
            def test_class_marker(self, mockllm, ask):
                assert "my own" in ask(mockllm.base_url)
                assert urlsplit(mockllm.url).port == PORT

            @pytest.mark.mockllm({"rules": [{"replies": ["one", "two"]}]})
            def test_scenario_from_here_and_allowance_from_the_module(self, mockllm, ask):
                assert "one" in ask(mockllm.base_url)
                assert urlsplit(mockllm.url).port == PORT

            @pytest.mark.mockllm(allow="idle")
            def test_one_name_needs_no_tuple(self, mockllm):
                pass

        def test_without_use_of_the_fixture():
            pass

        @pytest.mark.usefixtures("mockllm")
        @pytest.mark.mockllm(allow="idle")
        def test_use_without_an_argument():
            pass
        """
    )
    run(project).assert_outcomes(passed=7)


SENSELESS = {
    "option": (
        "the marker mockllm has no option 'alow': did you mean 'allow'? known are allow, clock, host, port, scenario"
    ),
    "allowance": "the marker mockllm cannot allow 'idel': did you mean 'idle'? known are unmatched, exhausted,",
    "two": "the marker mockllm takes one scenario, found 2",
    "both": "the marker mockllm takes one scenario, found 2",
    "name": "helo: there is no scenario of this name: did you mean 'hello'?",
    "unused": "this test is marked with mockllm but does not use the fixture, so no server runs",
}


def test_a_marker_that_makes_no_sense_is_an_error(project):
    project.makepyfile(
        """
        import pytest

        @pytest.mark.mockllm(alow="idle")
        def test_option(mockllm):
            pass

        @pytest.mark.mockllm(allow="idel")
        def test_allowance(mockllm):
            pass

        @pytest.mark.mockllm("hello", "other")
        def test_two(mockllm):
            pass

        @pytest.mark.mockllm("hello", scenario="other")
        def test_both(mockllm):
            pass

        @pytest.mark.mockllm("helo")
        def test_name(mockllm):
            pass

        @pytest.mark.mockllm("hello")
        def test_unused():
            pass
        """
    )
    result = run(project)
    result.assert_outcomes(errors=len(SENSELESS))
    sections = result.stdout.str().split("ERROR at setup of test_")[1:]
    said = {section.partition(" ")[0]: section for section in sections}
    assert {name: message in said[name] for name, message in SENSELESS.items()} == dict.fromkeys(SENSELESS, True)


def test_the_marker_is_explained(project):
    result = run(project, "--markers")
    result.stdout.fnmatch_lines(
        ["@pytest.mark.mockllm(scenario=None, *, allow=(), clock='real', host='127.0.0.1', port=0): *"]
    )


def test_the_environment_leads_clients_here_and_is_undone(project, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:9")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    project.makepyfile(
        """
        import os
        import pytest

        def test_first(mockllm, ask):
            mockllm.load("hello").env()
            assert os.environ["OPENAI_BASE_URL"] == mockllm.base_url
            assert os.environ["OPENAI_API_KEY"] != "sk-real"
            assert "HTTP_PROXY" not in os.environ
            ask(os.environ["OPENAI_BASE_URL"])

        def test_undone_also_if_the_test_sets_it_too(monkeypatch, mockllm, ask):
            with mockllm.load("hello").env():
                ask(os.environ["OPENAI_BASE_URL"])
            assert "OPENAI_BASE_URL" not in os.environ
            mockllm.env()
            monkeypatch.setenv("OPENAI_BASE_URL", "the test's own")

        def test_after():
            assert "OPENAI_BASE_URL" not in os.environ
            assert os.environ["OPENAI_API_KEY"] == "sk-real"
            assert os.environ["HTTP_PROXY"] == "http://192.0.2.1:9"

        def test_client_was_built_too_early(mockllm):
            mockllm.env()
        """
    )
    result = run(project)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(
        ["*ERROR at teardown of test_client_was_built_too_early*", "*was the client built before env() was called?*"]
    )


def test_all_scenarios_of_a_test_are_checked(project):
    project.makepyfile(
        """
        def test_two(mockllm, ask):
            ask(mockllm("{name: first, rules: [{replies: [one, two]}]}").base_url)
            ask(mockllm("{name: second, rules: [{replies: [one, two]}]}").base_url)
        """
    )
    result = run(project)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "- leftover: of the 2 replies that rules[[]0] of 'first' has, 1 went out.*",
            "- leftover: of the 2 replies that rules[[]0] of 'second' has, 1 went out.*",
            '*allow it: @pytest.mark.mockllm(allow=("leftover",))',
        ]
    )


CLIENTS = """
import anyio
import httpx
import openai
import pytest
from aiohttp import web

MESSAGES = [{"role": "user", "content": "hi"}]
SCENARIO = "rules: [{replies: [{text: Hello there, attempts: [{error: {code: server_error, retry_after: 0s}}]}]}]"
pytestmark = pytest.mark.mockllm(SCENARIO)


def test_sync_client(mockllm):
    with openai.OpenAI(base_url=mockllm.base_url, api_key="any") as client:
        answer = client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert answer.choices[0].message.content == "Hello there"
    mockllm.journal.assert_outcomes("complete", "complete")
    mockllm.journal.assert_called({"header": {"x-stainless-retry-count": "1"}}, times=1)


async def converse(base_url):
    async with openai.AsyncOpenAI(base_url=base_url, api_key="any") as client:
        stream = await client.chat.completions.create(model="gpt-4o", messages=MESSAGES, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


async def test_async_client_under_pytest_asyncio(mockllm):
    assert await converse(mockllm.base_url) == "Hello there"
    mockllm.journal.assert_outcomes("complete", "complete")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
async def test_async_client_under_anyio(mockllm, anyio_backend):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(converse, mockllm.base_url)
    mockllm.journal.assert_requests(2)


async def test_an_application_in_the_loop_of_the_test(mockllm, aiohttp_client):
    async def greet(request):
        return web.Response(text=await converse(mockllm.base_url))

    app = web.Application()
    app.router.add_get("/", greet)
    client = await aiohttp_client(app)
    assert await (await client.get("/")).text() == "Hello there"


def test_environment(mockllm):
    mockllm.env()
    with openai.OpenAI() as client:
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    assert mockllm.journal.last.request.messages[0].text == "hi"


@pytest.mark.parametrize("number", range(4))
def test_each_test_has_a_server_of_its_own(mockllm, number):
    for _ in range(2):
        answer = httpx.post(mockllm.base_url + "/chat/completions", json={"model": str(number), "messages": MESSAGES})
    assert answer.json()["model"] == str(number)
    mockllm.journal.assert_requests(2)
"""


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_every_kind_of_client_just_works(project, arguments):
    project.makepyfile(CLIENTS)
    run(project, *arguments).assert_outcomes(passed=9)


def test_a_failure_on_another_worker_shows_the_journal_too(project):
    project.makepyfile('def test_idle(mockllm):\n    mockllm("hello")\n')
    result = run(project, "-n", "1")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["- idle: no request arrived: *", "*- mockllm journal -*", "no request arrived"])


def test_the_plugin_costs_nothing_until_it_is_used():
    heavy = {"aiohttp", "asyncio", "faker", "jinja2", "jsonpath", "orjson", "pydantic", "uvloop", "yaml"}
    code = (
        "import sys, pytest; before = set(sys.modules); import mockllm.pytest_plugin;"
        "print(*sorted(set(sys.modules) - before))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert {name.partition(".")[0] for name in output.split()} & heavy == set()
    assert [name for name in output.split() if name.startswith("mockllm")] == ["mockllm", "mockllm.pytest_plugin"]


def test_with_a_url_in_the_environment_the_fixture_is_a_run_on_the_server_there(project, monkeypatch):
    project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("name", ["a", "b"])
        @pytest.mark.mockllm("rules: [{replies: [one, two]}]", allow="leftover")
        def test_remote(mockllm, ask, name):
            assert type(mockllm).__name__ == "RemoteMockLLM"
            assert '"one"' in ask(mockllm.base_url)
            mockllm.journal.assert_requests(1)

        def test_strict(mockllm, ask):
            ask(mockllm.load("rules: [{replies: [one, two]}]").base_url)
        """
    )
    with MockLLM() as elsewhere:
        monkeypatch.setenv("MOCKLLM_URL", elsewhere.url)
        result = run(project)
        result.assert_outcomes(passed=3, errors=1)
        assert "- leftover: of the 2 replies" in result.stdout.str()
        assert list(elsewhere.journal) == []


def test_a_server_that_is_not_there_fails_the_test_with_what_to_look_at(project, monkeypatch):
    project.makepyfile("def test_it(mockllm): pass")
    monkeypatch.setenv("MOCKLLM_URL", "http://127.0.0.1:9")
    result = run(project)
    result.assert_outcomes(errors=1)
    assert "MOCKLLM_URL and MOCKLLM_CONTROL_URL say where it is" in result.stdout.str()
