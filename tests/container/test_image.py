"""The container's own steps: built, started, probed, configured, reloaded and stopped as an engine would do it."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.container.asking import PATIENCE_S, opened, said, status
from tests.container.dockerfile import ROOT, is_sent, stages
from tests.container.image import Image
from tests.container.running import Container, can_isolate

pytestmark = pytest.mark.timeout(600)  # the first of these tests builds the image

MOST_BYTES = 120_000_000
HELLO = "rules: [{replies: [Hello]}]"
isolated = pytest.mark.skipif(not can_isolate(), reason="only root on Linux can make a container's namespaces")


def sizes(image: Image) -> tuple[int, int]:
    """The bytes in the image's files, and what they take on disk in blocks of 4 KiB."""
    found = [path.stat().st_size for path in image.files()]
    return sum(found), sum(-(-size // 4096) * 4096 for size in found)


def test_the_image_is_small(image):
    in_files, on_disk = sizes(image)
    assert 10_000_000 < in_files <= on_disk < MOST_BYTES


def needed(found: dict[str, Distribution]) -> Iterator[str]:
    """The distributions that the project needs, without extras, and those that these need."""
    todo = ["mockllm-server"]
    seen = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            wanted = map(Requirement, found[name].requires or ())
            todo += [
                canonicalize_name(it.name) for it in wanted if it.marker is None or it.marker.evaluate({"extra": ""})
            ]
    yield from seen


def test_the_image_has_the_project_and_what_it_needs_and_nothing_else(image):
    found = {canonicalize_name(it.metadata["Name"]): it for it in distributions(path=[str(image.packages)])}
    assert set(found) == set(needed(found))
    assert image.copied == ("/opt/mockllm",)
    tops = {path.name for path in image.packages.iterdir()}
    assert not tops & {"pip", "setuptools", "wheel", "tests", "pytest"}
    assert not [path for path in (image.packages / "mockllm").rglob("test_*") if path.suffix == ".py"]


def test_the_image_has_every_module_and_every_scenario_and_no_page(image):
    package = image.packages / "mockllm"
    own = {path.relative_to(package) for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    modules = {path.relative_to(ROOT / "mockllm") for path in (ROOT / "mockllm").rglob("*") if path.is_file()}
    gallery = {Path("gallery") / path.relative_to(ROOT / "scenarios") for path in (ROOT / "scenarios").rglob("*.yaml")}
    assert own == {path for path in modules if "__pycache__" not in path.parts} | gallery


def test_what_is_run_needs_no_shell(image):
    assert image.entrypoint == ("mockllm",)
    command = image.root / "opt/mockllm/bin/mockllm"
    assert command.read_text().splitlines()[0] == f"#!{image.root}/opt/mockllm/bin/python"


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("mockllm/cli/serve.py", True),
        ("scenarios/basics/hello.yaml", True),
        ("mockllm/__pycache__/engine.cpython-313.pyc", False),
        ("mockllm/cli/__pycache__/x.pyc", False),
        ("scenarios/quirks.html", False),
        ("tests/conftest.py", False),
        (".git/config", False),
    ],
)
def test_the_context_is_what_is_needed(path, sent):
    assert is_sent(path, (ROOT / ".dockerignore").read_text().split()) == sent


def test_a_stage_is_read_as_an_engine_reads_it():
    text = "# c\nFROM a AS b\nRUN one \\\n # between\n && two\nFROM c\nENV A=1 \\\n  B='2 3'\n"
    first, last = stages(text)
    assert (first.base, first.name, first.values("RUN")) == ("a", "b", ["one  && two"])
    assert (last.base, last.name, last.values("ENV")) == ("c", "", ["A=1  B='2 3'"])


def test_without_any_configuration_it_serves_the_gallery_on_all_addresses_and_is_healthy(image):
    with Container(image) as container:
        assert said(f"http://127.0.0.1:{container.port}/v1").startswith("Hello! I am a scripted answer")
        # Any address below 127/8 is this machine, and reaches only who listens on all of them.
        assert status(f"http://127.0.0.2:{container.port}/_mockllm/ready") == 200
        found = container.execute(*image.health)
        assert (found.returncode, found.stdout) == (0, "ok\n")
    assert (image.env["MOCKLLM_HOST"], image.env["MOCKLLM_PORT"], image.ports) == ("0.0.0.0", "8080", (8080,))


def test_outside_the_image_it_listens_on_this_machine_alone(image):
    with Container(image, {"MOCKLLM_HOST": "127.0.0.1"}) as container, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", container.port), PATIENCE_S)


@isolated
def test_it_is_process_1_of_an_unprivileged_user_and_can_write_nowhere(image):
    with Container(image) as container:
        status_lines = Path(f"/proc/{container.pid}/status").read_text().splitlines()
        told = {line.partition(":")[0]: line.partition(":")[2].split() for line in status_lines}
        assert told["Uid"] == told["Gid"] == ["10001"] * 4
        assert told["Groups"] == []
        assert told["CapEff"] == ["0" * 16]
        assert told["NSpid"][-1] == "1"
        kept = Path(f"/proc/{container.pid}/environ").read_text().rstrip("\0").split("\0")
        assert dict(line.split("=", 1) for line in kept) == container.env
        for folder in ("/", "/tmp", image.root / "opt/mockllm", image.packages / "mockllm"):
            written = container.execute("python", "-c", f"import os; os.mkdir({str(folder)!r} + '/x')")
            assert any(word in written.stderr for word in ("Read-only file system", "Permission denied")), folder
        mounts = Path(f"/proc/{container.pid}/mounts").read_text().splitlines()
        writable = {line.split()[1] for line in mounts if "rw" in line.split()[3].split(",")}
        assert {place for place in writable if not place.startswith(("/dev/", "/proc"))} == set()
        assert not (Path(f"/proc/{container.pid}/root") / str(ROOT).lstrip("/")).exists()


def test_where_no_server_answers_it_is_not_healthy(image):
    with Container(image) as container, socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        container.env["MOCKLLM_PORT"] = str(port := deaf.getsockname()[1])
        found = container.execute(*image.health)
        assert found.returncode == 1
        assert f"http://127.0.0.1:{port} does not answer" in found.stderr


def test_the_environment_is_the_whole_configuration(image):
    env = {
        "MOCKLLM_SCENARIO": "name: given\nrules:\n  - replies:\n      - Inline\n",
        "MOCKLLM_LOG_FORMAT": "json",
        "MOCKLLM_JSON": "1",
        "MOCKLLM_CONTROL_TOKEN": "secret",
    }
    with Container(image, env) as container:
        assert json.loads(container.url) == {"url": f"http://127.0.0.1:{container.port}"}
        assert said(f"http://127.0.0.1:{container.port}/v1") == "Inline"
        assert said(f"http://127.0.0.1:{container.port}/hello/v1").startswith("Hello! I am")
        assert status(f"http://127.0.0.1:{container.port}/_mockllm/journal") == 401
        assert container.execute(*image.health).returncode == 0
        container.stop()
        assert container.wait() == 0
    events = [json.loads(line)["event"] for line in container.errors.splitlines()]
    assert events == ["serving", "exchange", "exchange", "stopping"]


def changed(container, part, change):
    """Repeats a change until the log tells of it: watching begins a moment after serving."""
    for number in range(PATIENCE_S):
        change(number)
        with container._more:
            if container._more.wait_for(lambda: part in container.errors, 1):
                return
    pytest.fail(container.errors)


@isolated
def test_a_mounted_folder_is_served_and_a_changed_file_in_it_is_taken_up(image, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "default.yaml").write_text(HELLO)
    with Container(image, {"MOCKLLM_PATH": "/scenarios"}, {folder: "/scenarios"}) as container:
        base = f"http://127.0.0.1:{container.port}/v1"
        assert said(base) == "Hello"
        text = "about: x{}\nrules: [{{replies: [Changed]}}]"
        changed(container, "reloaded default", lambda number: (folder / "default.yaml").write_text(text.format(number)))
        assert said(base) == "Changed"
        (folder / "default.yaml").write_text("rulez: []")
        container.wait_for("kept default: its new version is wrong")
        assert "scenarios/default.yaml:1:1:" in container.errors
        assert said(base) == "Changed"


@isolated
def test_a_mounted_folder_that_only_its_owner_can_read_is_told(image, tmp_path):
    (tmp_path / "default.yaml").write_text(HELLO)
    tmp_path.chmod(0o700)
    with Container(image, {"MOCKLLM_PATH": "/scenarios"}, {tmp_path: "/scenarios"}) as container:
        assert container.wait() == 2
    assert "Path '/scenarios' is not readable" in container.errors


@isolated
def test_a_mounted_config_map_is_taken_up_when_its_link_is_turned(image, tmp_path):
    folder = tmp_path / "map"

    def turn(number):
        """What a kubelet does: a new folder, and one link that is replaced in a single step."""
        version = folder / f"..version-{number}"
        version.mkdir(parents=True)
        (version / "default.yaml").write_text(f"rules: [{{replies: [Version {number}]}}]")
        (folder / "..data_new").symlink_to(version.name)
        (folder / "..data_new").replace(folder / "..data")

    turn(0)
    (folder / "default.yaml").symlink_to("..data/default.yaml")
    with Container(image, {"MOCKLLM_PATH": "/scenarios"}, {folder: "/scenarios"}) as container:
        base = f"http://127.0.0.1:{container.port}/v1"
        assert said(base) == "Version 0"
        changed(container, "reloaded default", lambda number: turn(number + 1))
        assert said(base).startswith("Version ")
        assert said(base) != "Version 0"


STREAMS = """
rules:
  - replies:
      - events: [one, two]
        faults: [{stall: {at: {frame: 1}, for: 1h}}]
"""


def stopped(image):
    """How many seconds the end of a container takes that has 200 streams open; each of them has an hour to go."""
    with Container(image, {"MOCKLLM_SCENARIO": STREAMS}) as container:
        clients = [opened(container.port) for _ in range(200)]
        start = time.monotonic()
        container.stop()
        code = container.wait()
        took_s = time.monotonic() - start
        for client in clients:
            client.close()
    assert code == 0
    assert container.errors.count("server stopped") == 200
    return took_s


@pytest.mark.wall_clock
def test_sigterm_ends_it_within_a_second_with_200_open_streams(image):
    """Within 1 s by the machine's clock, in one of five tries: it takes 0.3 s of a processor, which others may have."""
    assert any(stopped(image) < 1 for _ in range(5))


@pytest.mark.parametrize(
    ("env", "code", "told"),
    [
        ({"MOCKLLM_SCENARIO": "rulez: []"}, 1, "--scenario:1:1:"),
        ({"MOCKLLM_SCENARIO": "rules: ["}, 1, "--scenario:"),
        ({"MOCKLLM_PATH": "/nowhere"}, 1, "there is no such file or folder"),
        ({"MOCKLLM_PORT": "many"}, 2, "--port"),
        ({"MOCKLLM_LOG_FORMAT": "xml"}, 2, "--log-format"),
    ],
    ids=str,
)
def test_a_wrong_configuration_ends_it_with_a_code_that_says_what_kind_it_is(image, env, code, told):
    with Container(image, env) as container:
        assert container.wait() == code
    assert container.url == ""
    assert told in container.errors


def test_a_port_that_is_taken_ends_it_with_a_code_of_its_own(image):
    with socket.create_server(("0.0.0.0", 0)) as taken:
        port = taken.getsockname()[1]
        with Container(image, {"MOCKLLM_PORT": str(port)}) as container:
            assert container.wait() == 3
    assert f"{port}, but another program listens there" in container.errors


@isolated
def test_sigterm_ends_it_whatever_it_does_though_it_is_the_first_process(image):
    """The command here waits for an answer that never comes, and has no way of its own to stop."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        waiting = Container(image, args=("health", "--url", url, "--timeout", "600"), prints=False)
        with waiting as container, deaf.accept()[0]:
            container.stop()
            assert container.wait() == 128 + signal.SIGTERM


def test_other_commands_are_there_too(image):
    with Container(image, args=("list",)) as container:
        rest = container.process.stdout.read()
        assert container.wait() == 0
    assert "hello" in container.url + rest
