"""The class with testcontainers as it is installed, over an engine's API behind which the server really runs."""

import pytest
from openai import OpenAI
from testcontainers.core.exceptions import ContainerStartException

from mockllm.errors import MockLLMError, ScenarioError
from mockllm.scenario.document import Scenario
from mockllm.testcontainers import MockLLMContainer
from tests.container import conftest
from tests.container.asking import said, status
from tests.container.running import can_isolate

pytestmark = pytest.mark.timeout(600)  # the first of these tests builds the image

image, engine = conftest.image, conftest.engine
HELLO = "rules: [{replies: [Hello]}]"


def test_what_the_engine_is_told_to_run(engine):
    with MockLLMContainer(HELLO, control_token="secret") as container:
        (asked,) = engine.created
        assert engine.names == ["mockllm"]
        assert asked["Image"] == "mockllm"
        assert set(asked["Env"]) == {f"MOCKLLM_SCENARIO={HELLO}", "MOCKLLM_CONTROL_TOKEN=secret"}
        assert asked.get("Cmd") is None
        assert asked["ExposedPorts"] == {"8080/tcp": {}}
        assert asked["HostConfig"]["PortBindings"] == {"8080/tcp": [{"HostIp": "", "HostPort": ""}]}
        assert asked["HostConfig"]["ReadonlyRootfs"] is True
        assert asked["HostConfig"].get("Binds") is None
        assert container.url == f"http://localhost:{engine.containers[0].port}"
    assert engine.containers == [None]


def test_a_client_gets_the_scripted_answer_and_the_control_api_its_token(engine):
    with MockLLMContainer({"rules": [{"replies": ["Hello"]}]}, control_token="secret") as container:
        with OpenAI(base_url=container.base_url, api_key="any") as client:
            answer = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
        assert answer.choices[0].message.content == "Hello"
        assert said(container.base_url_of("hello@mine")).startswith("Hello! I am a scripted answer")
        assert status(f"{container.url}/_mockllm/journal") == 401
        with container.remote("one") as mine, container.remote("two", "rules: [{replies: [Other]}]") as other:
            assert [said(mine.base_url), said(other.base_url)] == ["Hello", "Other"]
            mine.journal.assert_requests(1)
            other.journal.assert_requests(1)


@pytest.mark.skipif(not can_isolate(), reason="only root on Linux can mount a folder into a container's root")
def test_a_folder_is_mounted_and_other_arguments_are_testcontainers_own(engine, tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "mine.yaml").write_text(HELLO)
    options = {"image": "registry.example.com/x/mockllm:1", "read_only": False, "env": {"MOCKLLM_LOG_FORMAT": "json"}}
    with MockLLMContainer(folder=tmp_path, **options) as container:
        (asked,) = engine.created
        assert engine.names == ["registry.example.com/x/mockllm:1"]
        assert asked["HostConfig"]["Binds"] == [f"{tmp_path}:/scenarios:ro"]
        assert asked["HostConfig"].get("ReadonlyRootfs") is not True
        assert set(asked["Env"]) == {"MOCKLLM_PATH=/scenarios", "MOCKLLM_LOG_FORMAT=json"}
        assert said(container.base_url) == "Hello"
        engine.containers[0].wait_for('"event":"exchange"')
        assert b'"event":"exchange"' in container.get_logs()[1]


def test_a_file_and_a_name_of_the_gallery_are_sent_as_text(engine, tmp_path):
    (tmp_path / "mine.yaml").write_text(HELLO)
    sent = [MockLLMContainer(source).env["MOCKLLM_SCENARIO"] for source in (tmp_path / "mine.yaml", "hello")]
    assert sent[0] == HELLO
    assert "Hello! I am a scripted answer" in sent[1]
    assert engine.created == []


def test_what_is_wrong_is_told_before_anything_is_started(engine):
    with pytest.raises(ScenarioError, match="rulez"):
        MockLLMContainer("rulez: []\n")
    with pytest.raises(MockLLMError, match="built in Python cannot be sent"):
        MockLLMContainer(Scenario(name="mine"))
    assert engine.created == []


def test_a_server_that_ends_at_once_is_told_with_its_code_and_its_log(engine):
    container = MockLLMContainer(env={"MOCKLLM_LOG_FORMAT": "xml"})
    with (
        pytest.raises(ContainerStartException, match=r"(?s)exited with exit code 2.*Invalid value for '--log-format'"),
        container,
    ):
        pass
    assert engine.containers == [None]


@pytest.mark.parametrize("still", [1, 2], ids=["before the library looks", "before its port is asked for"])
def test_a_server_that_ends_while_it_is_looked_at_is_told_too(engine, monkeypatch, still):
    told, looks = engine.state, []

    def ended_meanwhile(name):
        """So many looks still find it running; after that it has ended, and has no ports any more."""
        container = engine.of(name)
        if not container.is_started:
            return told(name)
        container.process.wait(60)
        state = told(name)
        state["NetworkSettings"]["Ports"] = {}
        if len(looks) < still:
            state["State"] = {"Status": "running", "ExitCode": 0}
        looks.append(state["State"]["Status"])
        return state

    monkeypatch.setattr(engine, "state", ended_meanwhile)
    container = MockLLMContainer(env={"MOCKLLM_LOG_FORMAT": "xml"})
    with pytest.raises(ContainerStartException, match="exited with exit code 2"), container:
        pass
    assert looks[:still] == ["running"] * still
    assert set(looks[still:]) == {"exited"}
    assert engine.containers == [None]


def test_a_server_that_never_answers_is_waited_for_no_longer_than_it_is_said(engine):
    container = MockLLMContainer(env={"MOCKLLM_HOST": "127.0.0.2"})
    container.waiting_for(container._wait_strategy.with_startup_timeout(1))
    with pytest.raises(ContainerStartException, match=r"its container is running\. It said: serving"), container:
        pass


def test_a_container_that_is_not_running_yet_is_waited_for(engine, monkeypatch):
    begun = ["created", "restarting"]
    told = engine.state

    def later(name):
        state = told(name)
        return {**state, "State": {"Status": begun.pop(), "ExitCode": 0}} if begun else state

    monkeypatch.setattr(engine, "state", later)
    with MockLLMContainer(HELLO) as container:
        assert said(container.base_url) == "Hello"
    assert begun == []
