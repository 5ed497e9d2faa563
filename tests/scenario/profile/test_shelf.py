import pytest

from mockllm.errors import ScenarioError
from mockllm.scenario.load import load_text
from mockllm.scenario.profile import load_profile, profile_names, profile_of
from mockllm.scenario.schema import json_schema

ASKED_FOR = (
    *("openai", "azure", "azure-async", "openrouter", "vercel-gateway", "v0", "deepseek", "groq", "mistral", "xai"),
    *("together", "fireworks", "perplexity", "gemini", "anthropic", "moonshot", "qwen", "vllm", "sglang", "llama.cpp"),
    *("ollama", "lm-studio", "cloudflare"),
)


def test_all_profiles_are_there_and_the_default_comes_first():
    assert profile_names()[0] == "openai"
    assert sorted(profile_names()) == sorted(ASKED_FOR)
    assert all(profile_of(name).about for name in profile_names())


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(ScenarioError, match="unknown profile 'opnrouter': did you mean 'openrouter'"):
        load_text("profile: opnrouter")


@pytest.mark.parametrize(
    "scenario",
    [
        "profile: azure",
        "rules: [{profile: azure, replies: [Hi]}]",
        "rules: [{replies: [{text: Hi, profile: azure}]}]",
        "rules: [{replies: [{text: Hi, attempts: [{error: server_error, profile: azure}]}]}]",
    ],
)
def test_a_profile_may_be_that_of_a_scenario_a_rule_a_reply_and_a_try(scenario):
    load_text(scenario)
    with pytest.raises(ScenarioError, match="unknown profile 'azur'"):
        load_text(scenario.replace("azure", "azur"))


def test_the_schema_names_them_for_editors():
    assert json_schema()["properties"]["profile"]["anyOf"][0]["enum"] == list(profile_names())


def test_a_profile_like_another_has_its_keys_where_it_has_none():
    assert profile_of("azure-async").errors == profile_of("azure").errors
    assert profile_of("azure-async").bases == profile_of("azure").bases
    assert profile_of("azure-async").chat != profile_of("azure").chat


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("about: A.\nchat: {strem: []}\n", ":2:8: chat.strem: unknown key 'strem'"),
        ("source: [x]\n", "about"),
        ("about: A.\nlike: azur\n", "unknown profile 'azur'"),
        ("about: [\n", ""),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(tmp_path, text, problem):
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    with pytest.raises((ScenarioError, ValueError)) as caught:
        load_profile(path)
    assert problem in str(caught.value)
