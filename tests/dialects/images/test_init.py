"""The endpoints of images."""

import base64
import json

import pytest
from openai.types import (
    ImageEditCompletedEvent,
    ImageEditPartialImageEvent,
    ImageGenCompletedEvent,
    ImageGenPartialImageEvent,
    ImagesResponse,
)

from mockllm.dialects.images.picture import Picture, png
from tests.calls import body, call, error, header, sent
from tests.openapi_schema import violations
from tests.resources import Api, good
from tests.sse_decoder import decode
from tests.strict import problems

CAT = {"model": "gpt-image-1", "prompt": "A cat"}
PICTURE = png(Picture(8, 8, (1, 2, 3)))


@pytest.fixture
def api():
    return Api()


def generate(api, **fields):
    return api.post("/images/generations", {**CAT, **fields})


def events(exchange):
    found = [(event.event, json.loads(event.data)) for event in decode(sent(exchange)).events]
    assert all(name == value["type"] for name, value in found), "wire-contract §6: with `event:` lines"
    return [value for _, value in found]


def test_the_answer_has_the_keys_of_the_wire(api):
    answer = generate(api)
    assert sorted(answer) == ["background", "created", "data", "output_format", "quality", "size", "usage"]
    assert answer["usage"]["input_tokens_details"]["image_tokens"] == 0
    assert answer["usage"]["output_tokens"] == 4160
    assert answer["usage"]["total_tokens"] == answer["usage"]["input_tokens"] + 4160
    assert problems(answer, ImagesResponse) == []
    assert violations("ImagesResponse", answer) == []


@pytest.mark.parametrize(
    ("quality", "size", "tokens"),
    [("low", "1024x1024", 272), ("medium", "1024x1536", 1584), ("high", "1536x1024", 6208), ("max", "1024x1024", 4160)],
)
def test_an_image_costs_by_quality_and_shape(api, quality, size, tokens):
    assert generate(api, quality=quality, size=size, n=2)["usage"]["output_tokens"] == 2 * tokens


@pytest.mark.parametrize(("name", "magic"), [("png", b"\x89PNG"), ("webp", b"RIFF"), ("jpeg", b"\xff\xd8\xff\xe0")])
def test_images_are_files_of_the_format_that_was_asked_for(api, name, magic):
    (image,) = generate(api, output_format=name)["data"]
    assert base64.b64decode(image["b64_json"]).startswith(magic)


def test_an_image_follows_from_the_prompt_and_its_place(api):
    first, second = generate(api, n=2)["data"]
    assert first != second
    assert generate(api, model="gpt-image-1-mini")["data"] == [first]
    assert generate(api, prompt="A dog")["data"] != [first]


@pytest.mark.parametrize(("model", "revised"), [("dall-e-2", {}), ("dall-e-3", {"revised_prompt": "A cat"})])
def test_older_models_answer_with_an_address_that_can_be_fetched(api, model, revised):
    exchange = api.engine.handle(
        call(
            "POST",
            "/keeper@me/v1/images/generations",
            {"model": model, "prompt": "A cat"},
            (("host", "localhost:8080"), ("content-type", "application/json")),
        )
    )
    answer = body(exchange)
    assert problems(answer, ImagesResponse) == []
    assert violations("ImagesResponse", answer) == []
    (image,) = answer["data"]
    assert {**image, "url": ""} == {"url": "", **revised}
    base = "http://localhost:8080/keeper@me/v1/images/"
    assert image["url"].startswith(base)
    fetched = api.run("me").ask("GET", "/images/" + image["url"].removeprefix(base))
    assert header(fetched, "content-type") == "image/png"
    whole = good(
        api.ask("POST", "/images/generations", {"model": model, "prompt": "A cat", "response_format": "b64_json"})
    )
    assert base64.b64encode(sent(fetched)).decode() == whole["data"][0]["b64_json"]
    assert error(api.ask("GET", "/images/" + image["url"].removeprefix(base)))["status"] == 404, "another namespace"


def test_two_images_have_two_addresses(api):
    answer = good(api.ask("POST", "/images/generations", {"model": "dall-e-2", "prompt": "A cat", "n": 2}))
    assert len({image["url"] for image in answer["data"]}) == 2
    assert answer["data"][0]["url"].startswith("http://localhost/v1/images/img-")


def test_parts_of_an_image_come_before_it(api):
    told = events(api.ask("POST", "/images/generations", {**CAT, "stream": True, "partial_images": 2}))
    assert [event["type"].rpartition(".")[2] for event in told] == ["partial_image", "partial_image", "completed"]
    assert [event["partial_image_index"] for event in told[:-1]] == [0, 1]
    assert len({event["b64_json"] for event in told}) == 3
    assert told[-1]["b64_json"] == generate(api)["data"][0]["b64_json"]
    assert told[-1]["usage"]["output_tokens"] == 4160 + 2 * 100
    for event in told[:-1]:
        assert problems(event, ImageGenPartialImageEvent) == []
        assert violations("ImageGenPartialImageEvent", event) == []
    assert problems(told[-1], ImageGenCompletedEvent) == []
    assert violations("ImageGenCompletedEvent", told[-1]) == []


def test_several_images_are_streamed_one_after_the_other(api):
    told = events(api.ask("POST", "/images/generations", {**CAT, "stream": True, "n": 2}))
    assert [event["type"] for event in told] == ["image_generation.completed"] * 2


def test_an_edit_begins_with_images(api):
    answer = good(api.send("/images/edits", CAT, image=("a.png", PICTURE)))
    assert answer["usage"]["input_tokens_details"]["image_tokens"] == 194
    assert problems(answer, ImagesResponse) == []
    two = good(api.send("/images/edits", {"prompt": "A cat"}, **{"image[]": ("a.png", b"x"), "mask": ("m.png", b"y")}))
    assert two["usage"]["input_tokens_details"]["image_tokens"] == 194
    assert two["data"] != answer["data"]


def test_an_edit_has_events_of_its_own(api):
    told = events(api.send("/images/edits", {**CAT, "stream": "true", "partial_images": "1"}, image=("a.png", PICTURE)))
    partial, completed = told
    assert (partial["type"], completed["type"]) == ("image_edit.partial_image", "image_edit.completed")
    assert problems(partial, ImageEditPartialImageEvent) == []
    assert violations("ImageEditPartialImageEvent", partial) == []
    assert problems(completed, ImageEditCompletedEvent) == []
    assert violations("ImageEditCompletedEvent", completed) == []


def test_a_variation_follows_from_its_image(api):
    def vary(data, **fields):
        return good(api.send("/images/variations", {"response_format": "b64_json", **fields}, image=("a.png", data)))

    assert vary(PICTURE)["data"] == vary(PICTURE)["data"]
    assert vary(PICTURE)["data"] != vary(b"other")["data"]
    assert len(vary(PICTURE, n="3")["data"]) == 3


@pytest.mark.parametrize("path", ["/images/edits", "/images/variations"])
def test_an_image_must_be_sent(api, path):
    assert error(api.send(path, {"prompt": "A cat"}))["message"] == "Missing required parameter: 'image'."


def test_an_edit_has_sixteen_images_at_most(api):
    data = b"".join(
        b'--EdGe\r\nContent-Disposition: form-data; name="image[]"; filename="a"\r\n\r\nx\r\n' for _ in range(17)
    )
    headers = (("content-type", "multipart/form-data; boundary=EdGe"), ("authorization", "Bearer k"))
    exchange = api.engine.handle(call("POST", "/v1/images/edits", data + b"--EdGe--\r\n", headers))
    assert "at most 16 images, but got 17" in error(exchange)["message"]


def test_rules_and_faults_act_on_images_too():
    text = """
        rules:
          - when: {api: images.generations, user: blocked}
            replies: [{error: {status: 400, code: moderation_blocked, message: No.}}]
    """
    api = Api(text)
    assert error(api.ask("POST", "/images/generations", {**CAT, "prompt": "blocked"}))["code"] == "moderation_blocked"
    assert generate(api)["data"]
