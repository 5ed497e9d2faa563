"""What a request for images may say, by the family of its model (wire-contract §6; OpenAI's description).

Here: the tables, the fields of a form as the JSON values that they stand for, and the task that comes of them. Not
here: the answers (`__init__.py`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mockllm.dialects.images.picture import FORMATS
from mockllm.dialects.rules import Choice, Flag, Row, Text, Whole, check_rows, refusal
from mockllm.request import JSON

Family = Literal["dall-e-2", "dall-e-3", "gpt"]

_SIZES = ("1024x1024", "1024x1536", "1536x1024")
_OLD_SIZES: Mapping[str, tuple[str, ...]] = {
    "dall-e-2": ("256x256", "512x512", "1024x1024"),
    "dall-e-3": ("1024x1024", "1792x1024", "1024x1792"),
}
_FIXED_SIZES = re.compile(r"(.*/)?(gpt-image-1(\b.*)?|chatgpt-image-latest)")
_SIZE = re.compile(r"([1-9][0-9]{1,3})x([1-9][0-9]{1,3})")
_STEP, _LONGEST_SIDE, _WIDEST = 16, 3_840, 3

# Only the newer family knows these; the older ones refuse their names.
_NEWER = ("background", "moderation", "output_compression", "output_format", "partial_images", "input_fidelity")
_OLDER = ("response_format", "style")

_QUALITIES: Mapping[Family, tuple[str, ...]] = {
    "gpt": ("low", "medium", "high", "xhigh", "max", "auto"),
    "dall-e-3": ("standard", "hd", "auto"),
    "dall-e-2": ("standard", "auto"),
}
_LONGEST_PROMPT: Mapping[Family, int] = {"gpt": 32_000, "dall-e-3": 4_000, "dall-e-2": 1_000}

MOST_IMAGES = 10


@dataclass(frozen=True, slots=True)
class Task:
    """The images that a request asks for, with everything that it left open decided."""

    family: Family
    prompt: str
    count: int
    size: str
    quality: str
    background: str
    output_format: str
    as_url: bool
    stream: bool
    partials: int

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height."""
        width, height = self.size.split("x")
        return int(width), int(height)


def family_of(model: str) -> Family:
    """Which of the three APIs in one a model has; what is unknown is like the newest."""
    bare = model.rsplit("/", 1)[-1]
    return "dall-e-2" if bare.startswith("dall-e-2") else "dall-e-3" if bare.startswith("dall-e-3") else "gpt"


def read_form(body: Mapping[str, JSON]) -> dict[str, Any]:
    """The texts of a form as numbers and flags where the parameter is one; what is no number stays a text."""
    values: dict[str, Any] = dict(body)
    for name in ("n", "output_compression", "partial_images"):
        if re.fullmatch(r"[0-9]{1,9}", str(values.get(name))):
            values[name] = int(values[name])
    if values.get("stream") in ("true", "false"):  # a repeated field is a list, which has no hash
        values["stream"] = values["stream"] == "true"
    return values


def read_task(body: Mapping[str, Any], model: str, *, prompted: bool = True) -> Task:
    """The task of a request. Raises ApiError 400 for what the model does not take; `prompted` asks for a prompt."""
    family = family_of(model)
    for name in _OLDER if family == "gpt" else _NEWER:
        # Recorded for `response_format` (wire-contract §4.2).
        if body.get(name) is not None:
            raise refusal(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    rows = (
        Row("prompt", Text(filled=prompted, most=_LONGEST_PROMPT[family]), required=prompted),
        Row("n", Whole(1, 1 if family == "dall-e-3" else MOST_IMAGES)),
        Row("size", Text()),
        Row("quality", Choice(_QUALITIES[family])),
        Row("background", Choice(("transparent", "opaque", "auto"))),
        Row("output_format", Choice(tuple(FORMATS))),
        Row("output_compression", Whole(0, 100)),
        Row("moderation", Choice(("low", "auto"))),
        Row("partial_images", Whole(0, 3)),
        Row("response_format", Choice(("url", "b64_json"))),
        Row("style", Choice(("vivid", "natural"))),
        Row("stream", Flag()),
    )
    check_rows(rows, body)
    background, output_format = body.get("background") or "auto", body.get("output_format") or "png"
    if background == "transparent" and output_format == "jpeg":
        message = "Transparent background is not supported for the output format 'jpeg'. Use 'png' or 'webp'."
        raise refusal(message, code="invalid_value", param="background")
    return Task(
        family=family,
        prompt=body.get("prompt") or "",
        count=body.get("n") or 1,
        size=_size(body.get("size") or "auto", family, model),
        quality=_decided(body.get("quality"), "high" if family == "gpt" else "standard"),
        background=_decided(background, "opaque"),
        output_format=output_format,
        as_url=family != "gpt" and body.get("response_format") != "b64_json",
        stream=family == "gpt" and body.get("stream") is True,
        partials=body.get("partial_images") or 0,
    )


def _decided(value: str | None, otherwise: str) -> str:
    return otherwise if value in {None, "auto"} else str(value)


def _size(asked: str, family: Family, model: str) -> str:
    """The size in pixels. The newest models make any size, if not too long, in steps of 16."""
    if asked == "auto":
        return "1024x1024"
    if family != "gpt" or _FIXED_SIZES.fullmatch(model):
        check_rows((Row("size", Choice((*_OLD_SIZES.get(family, _SIZES), "auto"))),), {"size": asked})
        return asked
    found = _SIZE.fullmatch(asked)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    short, long = sorted((width, height))
    if not found or width % _STEP or height % _STEP or long > min(_LONGEST_SIDE, _WIDEST * short):
        message = (
            f"Invalid size '{asked}'. Width and height must be divisible by {_STEP}, at most {_LONGEST_SIDE}, and no "
            f"further apart than {_WIDEST}:1."
        )
        raise refusal(message, code="invalid_value", param="size")
    return asked
