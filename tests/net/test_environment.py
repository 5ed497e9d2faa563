import os

import pytest

from mockllm.net.environment import Environment, Environments, ProcessSetter, variables


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test does to these variables is undone after it."""
    for name in ("MOCKLLM_OLD", "MOCKLLM_NEW", "MOCKLLM_GONE"):
        monkeypatch.setenv(name, "to be restored")
        os.environ.pop(name)


def test_every_variable_that_a_client_reads_leads_to_the_server():
    assert variables("http://127.0.0.1:80/v1", "sk-x") == {
        "OPENAI_BASE_URL": "http://127.0.0.1:80/v1",
        "OPENAI_API_BASE": "http://127.0.0.1:80/v1",
        "OPENAI_API_KEY": "sk-x",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "http_proxy": None,
        "https_proxy": None,
        "all_proxy": None,
        "HTTP_PROXY": None,
        "HTTPS_PROXY": None,
        "ALL_PROXY": None,
    }


@pytest.mark.parametrize(
    ("url", "direct"),
    [("http://192.0.2.7:80/v1", "192.0.2.7,127.0.0.1,localhost"), ("http://[::1]:80/v1", "::1,127.0.0.1,localhost")],
)
def test_the_address_itself_needs_no_proxy(url, direct):
    assert variables(url, "k")["NO_PROXY"] == direct


@pytest.mark.parametrize("through", ["process", "monkeypatch"])
def test_variables_are_set_at_once_and_put_back(through, monkeypatch):
    os.environ["MOCKLLM_OLD"] = "before"
    os.environ["MOCKLLM_GONE"] = "there"
    setter = ProcessSetter() if through == "process" else monkeypatch
    environment = Environment({"MOCKLLM_OLD": "now", "MOCKLLM_NEW": "new", "MOCKLLM_GONE": None}, setter)
    assert os.environ["MOCKLLM_OLD"] == "now"
    assert os.environ["MOCKLLM_NEW"] == "new"
    assert "MOCKLLM_GONE" not in os.environ
    environment.restore()
    assert os.environ["MOCKLLM_OLD"] == "before"
    assert "MOCKLLM_NEW" not in os.environ
    assert os.environ["MOCKLLM_GONE"] == "there"


def test_restoring_twice_does_not_undo_what_came_between():
    environment = Environment({"MOCKLLM_NEW": "new"}, ProcessSetter())
    environment.restore()
    os.environ["MOCKLLM_NEW"] = "somebody else's"
    environment.restore()
    assert os.environ["MOCKLLM_NEW"] == "somebody else's"


def test_the_end_of_a_block_puts_back():
    with Environment({"MOCKLLM_NEW": "new"}, ProcessSetter()) as environment:
        assert os.environ["MOCKLLM_NEW"] == "new"
    assert "MOCKLLM_NEW" not in os.environ
    assert isinstance(environment, Environment)


def test_removing_what_is_not_set_is_an_error_unless_it_may_be():
    ProcessSetter().delenv("MOCKLLM_GONE", raising=False)
    with pytest.raises(KeyError):
        ProcessSetter().delenv("MOCKLLM_GONE")


@pytest.mark.parametrize("through", ["process", "monkeypatch"])
def test_all_that_was_set_is_put_back_the_last_first(through, monkeypatch):
    os.environ["MOCKLLM_OLD"] = "before"
    environments = Environments(None if through == "process" else monkeypatch)
    assert not environments
    environments.set({"MOCKLLM_OLD": "first", "MOCKLLM_NEW": "first"})
    with environments.set({"MOCKLLM_OLD": "second"}):
        assert os.environ["MOCKLLM_OLD"] == "second"
    assert os.environ["MOCKLLM_OLD"] == "first"
    environments.set({"MOCKLLM_OLD": None, "MOCKLLM_NEW": "third"})
    assert len(environments) == 3
    environments.restore()
    assert os.environ["MOCKLLM_OLD"] == "before"
    assert "MOCKLLM_NEW" not in os.environ
    assert not environments
