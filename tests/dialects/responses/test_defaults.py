import pytest

from mockllm.dialects.responses.defaults import Defaults, defaults


@pytest.mark.parametrize(
    ("model", "effort", "top_p", "retention"),
    [
        ("gpt-4.1", None, 1.0, "in_memory"),
        ("gpt-5", "medium", 1.0, "in_memory"),
        ("gpt-5-mini", "medium", 1.0, "in_memory"),
        ("o3", "medium", 1.0, "in_memory"),
        ("gpt-5.2", "none", 0.98, "24h"),
        ("gpt-5.4", "none", 0.98, "24h"),
        ("gpt-5.5", "medium", 0.98, "24h"),
        ("gpt-5.6", "medium", 0.98, "24h"),
    ],
)
def test_the_defaults_are_those_of_the_contract(model, effort, top_p, retention):
    assert defaults(model) == Defaults(effort, top_p, retention)


def test_dates_and_namespaces_do_not_count():
    assert defaults("openai/gpt-5.2-2025-12-11") == defaults("gpt-5.2")


@pytest.mark.parametrize("model", ["gpt-5-chat-latest", "gpt-4o", "llama-3", ""])
def test_other_models_do_not_reason(model):
    assert defaults(model) == Defaults()
