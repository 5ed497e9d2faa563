"""The module `test_same_module.py` against a server in another process, from Python; and that server from Node, which
knows nothing but HTTP.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.redis_server import running_redis
from tests.unavailable import UnavailableError, had

FOLDER = Path(__file__).resolve().parent
SAME = FOLDER / "test_same_module.py"
TOKEN = "a-token"
PATIENCE_S = 100


@pytest.fixture(scope="module", params=["one process", "two workers with a common state"])
def server(request):
    """The URL of `mockllm serve`, whose control API needs a token."""
    command = [sys.executable, "-m", "mockllm", "serve", "--port", "0", "--json", "--quiet"]
    environ = {**os.environ, "MOCKLLM_CONTROL_TOKEN": TOKEN}
    with contextlib.ExitStack() as stack:
        if request.param != "one process":
            redis = stack.enter_context(running_redis())
            command += ["--workers", "2", "--state", redis.url]
        process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ))
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def run(module, server, *arguments, token=TOKEN):
    environ = {**os.environ, "MOCKLLM_URL": server, "MOCKLLM_CONTROL_TOKEN": token}
    environ.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, str(module)]
    return subprocess.run(
        command, cwd=FOLDER.parent.parent, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=environ
    )


def test_the_same_module_passes_elsewhere_in_several_processes_at_once(server):
    found = run(SAME, server, "-n", "2")
    assert found.returncode == 0, found.stdout + found.stderr
    assert " passed" in found.stdout
    assert "skipped" not in found.stdout


STRICT = """
import pytest
from openai import OpenAI

def ask(mockllm, text="hi"):
    client = OpenAI(base_url=mockllm.base_url, api_key="any", max_retries=0)
    return client.chat.completions.create(model="m", messages=[{"role": "user", "content": text}])

def test_unmatched(mockllm):
    mockllm.load("rules: [{when: {last: weather}, replies: [sun]}]")
    with pytest.raises(Exception):
        ask(mockllm)

def test_exhausted(mockllm):
    mockllm.load("rules: [{replies: [one, two]}]")
    ask(mockllm, "a"), ask(mockllm, "b")
    with pytest.raises(Exception):
        ask(mockllm, "c")

def test_unfired(mockllm):
    mockllm.load("rules: [{replies: [{text: [hi], faults: [{reset: {at: {token: 9}}}]}]}]")
    ask(mockllm)

def test_leftover(mockllm):
    mockllm.load("rules: [{replies: [one, two]}]")
    ask(mockllm)

def test_idle(mockllm):
    pass

def test_failed_by_itself(mockllm):
    ask(mockllm.load("hello"))
    assert False, "its own reason"
"""


def test_the_end_of_a_test_is_as_strict_elsewhere(server, tmp_path):
    module = tmp_path / "test_strict.py"
    module.write_text(STRICT)
    found = run(module, server, "--rootdir", str(tmp_path), "-c", os.devnull)
    assert "1 failed, 5 passed, 5 errors" in found.stdout, found.stdout
    for name in ("unmatched", "exhausted", "unfired", "leftover", "idle"):
        assert f"\n- {name}: " in found.stdout, name
    assert "- mockllm journal -" in found.stdout


def test_without_the_token_the_fixture_says_what_is_missing(server):
    found = run(SAME, server, "-x", token="wrong")
    assert found.returncode == 1
    assert "this server's control API needs its token" in found.stdout


@pytest.fixture
def node():
    return had(found_node)


def found_node():
    if (program := shutil.which("node")) is None:
        raise UnavailableError("there is no node on this machine")
    return program


def test_node_controls_it_with_nothing_but_fetch(server, node):
    environ = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    found = subprocess.run(
        [node, str(FOLDER / "node" / "control.mjs")],
        env={**environ, "MOCKLLM_URL": server, "MOCKLLM_CONTROL_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout == "all as expected\n"
