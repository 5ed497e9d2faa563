"""The smaller endpoints through the unmodified npm client in two versions, over a real socket.

The client lives in `node/endpoints.mjs`. Compare `test_openai_python_endpoints.py` and, for images,
`test_openai_python_resources.py`.
"""

import base64
import math
import struct

import pytest

from mockllm.dialects.audio.sound import FORMATS, RATE, wav
from tests.clients.node_runner import running

SAYS = "rules: [{replies: [{text: [Hel, lo, '!']}]}]"
SOUND = {"hex": wav(RATE).hex(), "name": "hello.wav", "type": "audio/wav"}
PICTURE = {"hex": b"\x89PNG".hex(), "name": "a.png", "type": "image/png"}


@pytest.fixture(autouse=True)
def _relaxed(request):
    request.applymarker(pytest.mark.mockllm(allow=["leftover"]))


@pytest.fixture(scope="module")
def _process():
    yield from running("endpoints.mjs")


@pytest.fixture(params=["openai", "openai-7"])
def node(request, _process, mockllm):
    """Let the client ask; `body` is the request as its user writes it."""
    url = mockllm.load(SAYS).base_url

    def run(operation, file=None, job=None, **body):
        seen = _process(operation, client=request.param, base_url=url, body=body, file=file, **(job or {}))
        return seen if "error" in seen or "answer" not in seen else seen["answer"]

    return run


def test_legacy_completions(node):
    asked = {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"}
    assert node("completion", **asked)["choices"][0]["text"] == "Hello!"
    chunks = node("completionStream", **asked)["chunks"]
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == "Hello!"
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


def test_embeddings_are_the_same_numbers_whichever_way_they_travel(node):
    seen = node("embeddings", model="text-embedding-3-small", input=["Hello", "there"])
    usual, exact, packed = ([item["embedding"] for item in seen[way]["data"]] for way in ("usual", "float", "base64"))
    assert [len(vector) for vector in exact] == [1536, 1536]
    assert exact[0] != exact[1]
    assert math.isclose(sum(number * number for number in exact[0]), 1, abs_tol=1e-6)
    for vector, text, numbers in zip(usual, packed, exact, strict=True):
        assert list(struct.unpack("<1536f", base64.b64decode(text))) == vector
        assert all(math.isclose(a, b, abs_tol=1e-7) for a, b in zip(vector, numbers, strict=True))
    assert seen["usual"]["usage"] == {"prompt_tokens": 2, "total_tokens": 2}


def test_an_embedding_can_be_shorter_and_an_empty_text_has_none(node):
    short = node("embedding", model="text-embedding-3-large", input="Hi", dimensions=8)
    assert len(short["data"][0]["embedding"]) == 8
    error = node("embedding", model="text-embedding-3-small", input="")["error"]
    assert (error["class"], error["status"]) == ("BadRequestError", 400)
    assert "'$.input' is invalid" in error["message"]


def test_moderations(node):
    answer = node("moderation", input=["Hello", "there"])
    assert [result["flagged"] for result in answer["results"]] == [False, False]
    assert answer["results"][0]["category_scores"]["hate/threatening"] < 1e-4


def test_models(node):
    seen = node("models", job={"unknown": "gpt-0"})
    assert "gpt-4o" in seen["ids"]
    assert seen["model"]["id"] == seen["ids"][0]
    assert (seen["deleted"]["id"], seen["deleted"]["deleted"]) == (seen["ids"][0], True)
    assert (seen["error"]["class"], seen["error"]["code"]) == ("NotFoundError", "model_not_found")


def size_of(image):
    data = base64.b64decode(image["b64_json"])
    assert data.startswith(b"\x89PNG")
    return struct.unpack(">II", data[16:24])


def test_images_are_real_files(node):
    made = node("generate", model="gpt-image-1", prompt="A cat", n=2, size="1536x1024")
    assert [size_of(image) for image in made["data"]] == [(1536, 1024)] * 2
    assert made["data"][0] != made["data"][1]
    assert made["usage"]["output_tokens"] == 2 * 6208
    edited = node("edit", PICTURE, model="gpt-image-1", prompt="With a hat")
    assert edited["usage"]["input_tokens_details"]["image_tokens"] > 0
    varied = node("variation", PICTURE, n=2, response_format="b64_json", size="256x256")
    assert [size_of(image) for image in varied["data"]] == [(256, 256)] * 2


def test_an_image_can_be_fetched_from_its_address(node):
    seen = node("download", model="dall-e-3", prompt="A cat")
    assert seen["data"][0]["revised_prompt"] == "A cat"


def test_an_image_comes_in_parts(node):
    asked = {"model": "gpt-image-1", "prompt": "A cat"}
    events = node("generateStream", **asked, partial_images=2)["events"]
    partial, completed = "image_generation.partial_image", "image_generation.completed"
    assert [event["type"] for event in events] == [partial, partial, completed]
    assert events[-1]["b64_json"] == node("generate", **asked)["data"][0]["b64_json"]
    edits = node("editStream", PICTURE, model="gpt-image-1", prompt="Hat", partial_images=1)["events"]
    assert [event["type"] for event in edits] == ["image_edit.partial_image", "image_edit.completed"]


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_text_is_spoken_in_every_format(node, name):
    """Two words take 0.4 s each."""
    kind, make = FORMATS[name]
    seen = node("speech", model="tts-1", voice="alloy", input="Hello there", response_format=name)
    assert seen["type"] == kind
    assert bytes.fromhex(seen["hex"]) == make(RATE * 8 // 10)


def test_a_sound_is_written_down(node):
    assert node("transcription", SOUND, model="gpt-4o-transcribe")["text"] == "Hello!"
    events = node("transcriptionStream", SOUND, model="gpt-4o-transcribe")["events"]
    assert [event["type"] for event in events] == ["transcript.text.delta"] * 3 + ["transcript.text.done"]
    assert "".join(event["delta"] for event in events[:-1]) == events[-1]["text"] == "Hello!"
    asked = {"model": "whisper-1", "response_format": "verbose_json", "timestamp_granularities": ["word"]}
    verbose = node("transcription", SOUND, **asked)
    assert (verbose["duration"], verbose["words"][0]["word"]) == (1.0, "Hello!")
    assert node("transcription", SOUND, model="whisper-1", response_format="text") == "Hello!\n"
    assert node("translation", SOUND, model="whisper-1")["text"] == "Hello!"
