"""The paths of vendors, over a real socket, with the clients that know them."""

import openai
import pytest

from tests.profiles.play import BODY

SAYS = "{profile: PROFILE, auth: {keys: sk-good}, rules: [{when: {model: some-model}, replies: [Hello]}]}"


def deployed(mockllm, **options):
    url = mockllm.load(SAYS.replace("PROFILE", "azure")).base_url.removesuffix("/v1")
    return openai.AzureOpenAI(azure_endpoint=url, api_version="2024-10-21", max_retries=0, **options)


def test_the_client_of_deployments_finds_its_paths_and_its_header(mockllm):
    with deployed(mockllm, api_key="sk-good") as client:
        assert client.chat.completions.create(**BODY).choices[0].message.content == "Hello"
        stream = client.chat.completions.create(**BODY, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices) == "Hello"
        assert client.models.list().data
    assert {exchange.call.path for exchange in mockllm.journal} == {
        "/openai/deployments/some-model/chat/completions",
        "/openai/models",
    }


def test_a_wrong_key_is_refused_in_the_vendors_words(mockllm):
    with (
        deployed(mockllm, api_key="sk-bad") as client,
        pytest.raises(openai.AuthenticationError, match="invalid subscription key") as caught,
    ):
        client.chat.completions.create(**BODY)
    assert caught.value.code == "401"


@pytest.mark.parametrize(
    ("profile", "base"),
    [
        ("azure", "/openai/v1"),
        ("openrouter", "/api/v1"),
        ("groq", "/openai/v1"),
        ("fireworks", "/inference/v1"),
        ("deepseek", ""),
        ("gemini", "/v1beta/openai"),
        ("qwen", "/compatible-mode/v1"),
        ("cloudflare", "/client/v4/accounts/0123abc/ai/v1"),
    ],
)
def test_the_usual_client_finds_the_vendors_base(mockllm, profile, base):
    url = mockllm.load(SAYS.replace("PROFILE", profile)).base_url.removesuffix("/v1") + base
    with openai.OpenAI(base_url=url, api_key="sk-good", max_retries=0) as client:
        assert client.chat.completions.create(**BODY).choices[0].message.content == "Hello"
