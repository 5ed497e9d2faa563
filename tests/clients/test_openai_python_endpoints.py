"""The smaller endpoints through the official Python client, over a real socket."""

import io
import math

import openai
import pytest

from mockllm.dialects.audio.sound import RATE, wav

SAYS = "rules: [{replies: [{text: [Hel, lo, '!']}]}]"


@pytest.fixture
def client(mockllm):
    with openai.OpenAI(base_url=mockllm.load(SAYS).base_url, api_key="sk-test", max_retries=0) as client:
        yield client


@pytest.fixture(autouse=True)
def _relaxed(request):
    request.applymarker(pytest.mark.mockllm(allow=["leftover"]))


def test_one_scenario_answers_three_apis_alike(client):
    chat = client.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}])
    legacy = client.completions.create(model="m", prompt="Hi")
    response = client.responses.create(model="m", input="Hi")
    assert chat.choices[0].message.content == legacy.choices[0].text == response.output_text == "Hello!"


def test_a_stream_of_legacy_completions(client):
    chunks = list(client.completions.create(model="m", prompt="Hi", stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == "Hello!"
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_embeddings_are_the_same_numbers_whichever_way_they_travel(client):
    asked_as_base64 = client.embeddings.create(model="text-embedding-3-small", input=["Hello", "there"])
    floats = client.embeddings.create(model="text-embedding-3-small", input=["Hello", "there"], encoding_format="float")
    first, second = (item.embedding for item in asked_as_base64.data)
    assert len(first) == 1536
    assert math.isclose(sum(number * number for number in first), 1, abs_tol=1e-6)
    for one, other in zip((first, second), (item.embedding for item in floats.data), strict=True):
        assert all(math.isclose(a, b, abs_tol=1e-9) for a, b in zip(one, other, strict=True))


def test_moderations(client):
    answer = client.moderations.create(input=["Hello", "there"])
    assert [result.flagged for result in answer.results] == [False, False]
    assert answer.results[0].category_scores.hate_threatening < 1e-4


def test_an_error_of_these_endpoints_has_its_words(client):
    with pytest.raises(openai.BadRequestError, match=r"'\$.input' is invalid"):
        client.embeddings.create(model="text-embedding-3-small", input="")
    with pytest.raises(openai.BadRequestError, match="does not support specifying dimensions"):
        client.embeddings.create(model="text-embedding-ada-002", input="Hi", dimensions=3)


def test_a_sound_is_written_down(client):
    sound = ("hello.wav", io.BytesIO(wav(RATE)), "audio/wav")
    assert client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound).text == "Hello!"
    events = list(client.audio.transcriptions.create(model="gpt-4o-transcribe", file=sound, stream=True))
    assert [event.type for event in events] == ["transcript.text.delta"] * 3 + ["transcript.text.done"]
    verbose = client.audio.transcriptions.create(
        model="whisper-1", file=sound, response_format="verbose_json", timestamp_granularities=["word"]
    )
    assert (verbose.duration, verbose.words[0].word) == (1.0, "Hello!")
    with pytest.deprecated_call():  # the client calls the endpoint so
        assert client.audio.translations.create(model="whisper-1", file=sound).text == "Hello!"


def test_a_text_is_spoken(client):
    said = client.audio.speech.create(model="tts-1", voice="alloy", input="Hello there", response_format="wav")
    assert said.read() == wav(2 * RATE * 2 // 5)
    with client.audio.speech.with_streaming_response.create(model="tts-1", voice="alloy", input="Hi") as streamed:
        assert streamed.headers["content-type"] == "audio/mpeg"
        assert sum(map(len, streamed.iter_bytes())) > 0
