"""The examples of the README: each is read as its tool reads it, and its service runs from its own settings alone."""

import re
import sys
import types
from urllib.parse import urlsplit

import pytest
import yaml

from tests.container.asking import said, status
from tests.container.dockerfile import ROOT
from tests.container.running import Container, can_isolate

pytestmark = pytest.mark.timeout(600)  # the first of these tests builds the image

IMAGE = "ghcr.io/your-org/mockllm:latest"
PORT = 8080
BLOCK = re.compile(r"^```(\w+)\n# (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = {name: (kind, body) for kind, name, body in BLOCK.findall((ROOT / "README.md").read_text())}
SCENARIO = "rules: [{replies: [Hello from a file]}]"


def example(name):
    kind, body = EXAMPLES[name]
    assert kind == "yml"
    return yaml.load(body, Loader=yaml.BaseLoader)


def environment(pairs):
    """What `env` of a pod says."""
    return {pair["name"]: pair["value"] for pair in pairs}


def is_reached(client, host):
    """Whether a client's settings lead to the service at this host and to no other."""
    url = urlsplit(client["OPENAI_BASE_URL"])
    return (url.scheme, url.hostname, url.port, url.path) == ("http", host, PORT, "/v1") and client["OPENAI_API_KEY"]


def base_url(container, client):
    """The client's base URL, with the port by which an engine would have published the container's."""
    return f"http://127.0.0.1:{container.port}{urlsplit(client['OPENAI_BASE_URL']).path}"


def test_the_examples_are_those_that_are_tested_here():
    assert {name for name, (kind, _) in EXAMPLES.items() if kind == "yml"} == {
        ".github/workflows/test.yml",
        ".gitlab-ci.yml",
        "compose.yaml",
        "pod.yaml",
    }


def test_github_actions(image):
    (job,) = example(".github/workflows/test.yml")["jobs"].values()
    ((name, service),) = job["services"].items()
    assert (name, service["image"]) == ("mockllm", IMAGE)
    assert service["ports"] == [f"{PORT}:{image.ports[0]}"]
    assert set(service) == {"image", "ports", "env"}
    # A service has no volume of the checkout and, by default, the image's own command.
    assert is_reached(job["env"], "localhost")
    with Container(image, service["env"]) as container:
        assert container.execute(*image.health).returncode == 0
        with pytest.raises(Exception, match="429"):
            said(base_url(container, job["env"]))
        assert said(base_url(container, job["env"])) == "Hello from the service"


def test_gitlab(image):
    job = example(".gitlab-ci.yml")["test"]
    (service,) = job["services"]
    assert service["name"] == IMAGE
    assert set(service) == {"name", "alias", "variables"}
    assert is_reached(job["variables"], service["alias"])
    # A service gets the job's variables too.
    with Container(image, {**job["variables"], **service["variables"]}) as container:
        assert said(base_url(container, job["variables"])) == "Hello from the service"


def test_compose(image, tmp_path):
    services = example("compose.yaml")["services"]
    service, client = services["mockllm"], services["app"]["environment"]
    assert service["image"] == IMAGE
    assert service["ports"] == [f"{PORT}:{image.ports[0]}"]
    assert service["read_only"] == "true"
    assert services["app"]["depends_on"] == {"mockllm": {"condition": "service_healthy"}}
    assert is_reached(client, "mockllm")
    (volume,) = service["volumes"]
    source, target, mode = volume.split(":")
    assert (source, mode) == ("./scenarios", "ro")
    if not can_isolate():
        pytest.skip("only root on Linux can mount a folder into a container's root")
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "default.yaml").write_text(SCENARIO)
    with Container(image, service["environment"], {folder: target}) as container:
        assert container.execute(*image.health).returncode == 0
        assert said(base_url(container, client)) == "Hello from a file"
        container.wait_for('"event":"exchange"')


def test_kubernetes(image):
    pod = example("pod.yaml")
    (sidecar,) = pod["spec"]["initContainers"]
    (tests,) = pod["spec"]["containers"]
    assert (sidecar["image"], sidecar["restartPolicy"]) == (IMAGE, "Always")
    assert sidecar["ports"] == [{"containerPort": str(image.ports[0])}]
    assert sidecar["securityContext"] == {
        "runAsNonRoot": "true",
        "readOnlyRootFilesystem": "true",
        "allowPrivilegeEscalation": "false",
        "capabilities": {"drop": ["ALL"]},
    }
    client = environment(tests["env"])
    assert is_reached(client, "localhost")
    # A service called `mockllm` in the same cluster adds variables of its own, which are not meant for this program.
    service = {"MOCKLLM_SERVICE_HOST": "10.0.0.1", "MOCKLLM_SERVICE_PORT": "80"}
    with Container(image, {**environment(sidecar["env"]), **service}) as container:
        assert container.execute(*sidecar["startupProbe"]["exec"]["command"]).returncode == 0
        for name in ("readinessProbe", "livenessProbe"):
            probe = sidecar[name]["httpGet"]
            assert probe["port"] == str(image.ports[0])
            assert status(f"http://127.0.0.1:{container.port}{probe['path']}") == 200
        assert said(base_url(container, client)) == "Hello from the sidecar"


def test_testcontainers(engine, request):
    """The fixtures of the example, as pytest would run them."""
    kind, body = EXAMPLES["conftest.py"]
    assert kind == "py"
    module = types.ModuleType("example")
    exec(compile(body, "conftest.py", "exec"), module.__dict__)  # the example itself
    sidecar = module.sidecar.__wrapped__()
    container = next(sidecar)
    mock = module.mock.__wrapped__(container, request)
    assert said(next(mock).base_url) == "Hello from the container"
    assert said(container.base_url) == "Hello from the container"
    for fixture in (mock, sidecar):
        with pytest.raises(StopIteration):
            next(fixture)
    assert engine.containers == [None]
    assert "testcontainers" in sys.modules


def test_the_exit_codes_are_those_of_the_command(image):
    rows = re.findall(r"^\| (\d) \| ", (ROOT / "README.md").read_text(), re.MULTILINE)
    told = Container(image, args=("serve", "--help"))
    with told as container:
        text = container.url + container.process.stdout.read()
        assert container.wait() == 0
    codes = re.search(r"Exit codes:(.*?)\n\n", text, re.DOTALL)[1]
    assert rows == re.findall(r"\b(\d) ", codes)
