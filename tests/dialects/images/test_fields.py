"""What a request for images may say."""

import pytest

from mockllm.dialects.images.fields import Task, family_of, read_form, read_task
from mockllm.errors import ApiError


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("dall-e-2", "dall-e-2"),
        ("openai/dall-e-3", "dall-e-3"),
        ("gpt-image-1", "gpt"),
        ("acme/painter", "gpt"),
    ],
)
def test_the_family_is_in_the_name(model, family):
    assert family_of(model) == family


def test_a_form_says_numbers_and_flags_in_texts():
    form = {"prompt": "2", "n": "2", "stream": "true", "partial_images": "3", "output_compression": "many"}
    assert read_form(form) == {
        "prompt": "2",
        "n": 2,
        "stream": True,
        "partial_images": 3,
        "output_compression": "many",
    }
    assert read_form({"stream": "false"}) == {"stream": False}
    assert read_form({"stream": "yes"}) == {"stream": "yes"}
    assert read_form({"stream": ["true", "true"], "n": ["1"]}) == {"stream": ["true", "true"], "n": ["1"]}


def test_what_is_left_open_is_decided():
    assert read_task({"prompt": "A cat"}, "gpt-image-1") == Task(
        family="gpt",
        prompt="A cat",
        count=1,
        size="1024x1024",
        quality="high",
        background="opaque",
        output_format="png",
        as_url=False,
        stream=False,
        partials=0,
    )
    old = read_task({"prompt": "A cat", "quality": "auto", "size": "auto"}, "dall-e-2")
    assert (old.quality, old.size, old.as_url) == ("standard", "1024x1024", True)


def test_what_is_said_is_kept():
    body = {"prompt": "A cat", "n": 3, "size": "1536x1024", "quality": "low", "background": "transparent"}
    task = read_task({**body, "output_format": "webp", "stream": True, "partial_images": 2}, "gpt-image-1")
    assert (task.count, task.pixels, task.quality, task.background) == (3, (1536, 1024), "low", "transparent")
    assert (task.output_format, task.stream, task.partials) == ("webp", True, 2)
    assert not read_task({"prompt": "A cat", "stream": True}, "dall-e-3").stream
    assert not read_task({"prompt": "A cat", "response_format": "b64_json"}, "dall-e-3").as_url


def test_the_newest_models_make_any_size_in_steps():
    assert read_task({"prompt": "A cat", "size": "1536x864"}, "gpt-image-2").pixels == (1536, 864)
    assert read_task({"prompt": "A cat", "size": "256x512"}, "acme/painter").pixels == (256, 512)


@pytest.mark.parametrize(
    ("model", "body", "code", "param"),
    [
        ("gpt-image-1", {"response_format": "url"}, "unknown_parameter", "response_format"),
        ("gpt-image-1", {"style": "vivid"}, "unknown_parameter", "style"),
        ("dall-e-3", {"background": "opaque"}, "unknown_parameter", "background"),
        ("dall-e-2", {"output_format": "png"}, "unknown_parameter", "output_format"),
        ("gpt-image-1", {"prompt": ""}, "empty_string", "prompt"),
        ("gpt-image-1", {"prompt": None}, "invalid_type", "prompt"),
        ("dall-e-2", {"prompt": "x" * 1001}, "string_above_max_length", "prompt"),
        ("gpt-image-1", {"n": 11}, "integer_above_max_value", "n"),
        ("gpt-image-1", {"n": "2"}, "invalid_type", "n"),
        ("dall-e-3", {"n": 2}, "integer_above_max_value", "n"),
        ("dall-e-2", {"size": "1536x1024"}, "invalid_value", "size"),
        ("dall-e-3", {"size": "512x512"}, "invalid_value", "size"),
        ("gpt-image-1", {"size": "512x512"}, "invalid_value", "size"),
        ("chatgpt-image-latest", {"size": "512x512"}, "invalid_value", "size"),
        ("gpt-image-2", {"size": "big"}, "invalid_value", "size"),
        ("gpt-image-2", {"size": "1000x1024"}, "invalid_value", "size"),
        ("gpt-image-2", {"size": "1024x1000"}, "invalid_value", "size"),
        ("gpt-image-2", {"size": "3856x3840"}, "invalid_value", "size"),
        ("gpt-image-2", {"size": "1024x320"}, "invalid_value", "size"),
        ("gpt-image-1", {"quality": "hd"}, "invalid_value", "quality"),
        ("dall-e-3", {"quality": "low"}, "invalid_value", "quality"),
        ("gpt-image-1", {"output_format": "gif"}, "invalid_value", "output_format"),
        ("gpt-image-1", {"background": "transparent", "output_format": "jpeg"}, "invalid_value", "background"),
        ("gpt-image-1", {"partial_images": 4}, "integer_above_max_value", "partial_images"),
        ("gpt-image-1", {"output_compression": 101}, "integer_above_max_value", "output_compression"),
        ("gpt-image-1", {"stream": "true"}, "invalid_type", "stream"),
    ],
)
def test_what_is_refused(model, body, code, param):
    with pytest.raises(ApiError) as caught:
        read_task({"prompt": "A cat", **body}, model)
    assert (caught.value.status, caught.value.code, caught.value.param) == (400, code, param)


def test_a_variation_needs_no_prompt():
    assert read_task({}, "dall-e-2", prompted=False).prompt == ""
    with pytest.raises(ApiError, match="Missing required parameter: 'prompt'"):
        read_task({}, "dall-e-2")
