"""Images: generations, edits and variations (wire-contract §6).

Each image is one colour that follows from what was asked for, in a real file of the size that was asked for. Here: the
endpoints and the forms in which images travel: inside the JSON, as addresses, as events. Not here: what a request may
say (`fields.py`) and the files (`picture.py`).
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockllm.dialects.base import Events, Media, Result, Surroundings
from mockllm.dialects.form import File, files
from mockllm.dialects.images.fields import Task, read_form, read_task
from mockllm.dialects.images.picture import FORMATS, Picture
from mockllm.dialects.kept import Answered, kept_or_404, new_id
from mockllm.dialects.rules import missing, refusal
from mockllm.plan import Frame
from mockllm.request import JSON, Message, Request
from mockllm.seeds import Seed
from mockllm.store import Stored

KIND = "image"
"""The images that were answered with an address, which is one of this server."""

MOST_INPUTS = 16
"""How many images one edit may have."""

_DEFAULT_MODEL = "dall-e-2"
_DEFAULT_EDITOR = "gpt-image-1.5"

# What an image costs, by quality and by whether it is a square, upright or lying (the vendor's price list).
_TOKENS: Mapping[str, tuple[int, int, int]] = {
    "low": (272, 408, 400),
    "medium": (1_056, 1_584, 1_568),
    "high": (4_160, 6_240, 6_208),
}
_PARTIAL_TOKENS = 100
_INPUT_TOKENS = 194


@dataclass(frozen=True, slots=True)
class _Work:
    """A task in its surroundings. `inputs` are the images that it begins with, and `verb` names its events."""

    task: Task
    request: Request
    surroundings: Surroundings
    inputs: tuple[File, ...] = ()
    verb: str = "image_generation"

    def result(self) -> Result:
        """The images, as they are to travel."""
        return Events(tuple(self._events())) if self.task.stream else self._body()

    def _body(self) -> JSON:
        task, created = self.task, self.surroundings.created
        data: list[JSON] = [self._shown(index) for index in range(task.count)]
        if task.family != "gpt":
            return {"created": created, "data": data}
        return {"created": created, "data": data, **self._shape(), "usage": self._usage(task.count)}

    def _shown(self, index: int) -> JSON:
        image = self._image(index)
        revised = {"revised_prompt": self.task.prompt} if self.task.family == "dall-e-3" else {}
        if not self.task.as_url:
            return {"b64_json": base64.b64encode(image).decode(), **revised}
        name = f"{new_id(self.surroundings, 'img-', 24, index)}.{self.task.output_format}"
        self.surroundings.store.put(Stored(KIND, name, {"format": self.task.output_format}, content=image))
        call = self.request.call
        base = call.path.rpartition("/images/")[0]
        return {"url": f"http://{call.headers.get('host') or 'localhost'}{base}/images/{name}", **revised}

    def _events(self) -> Iterator[Frame]:
        """The parts of each image, and then the image; this API ends without an end marker."""
        partials = self.task.partials
        for index in range(self.task.count):
            for part in range(partials):
                event = self._event("partial_image", self._image(index, part + 1, partials + 1))
                event["partial_image_index"] = part
                yield Frame(event, "token", 1, f"partial image {part}", str(event["type"]), choice=index)
            last = self._event("completed", self._image(index))
            last["usage"] = self._usage(1)
            yield Frame(last, "finish", 1, "completed", str(last["type"]), choice=index)

    def _event(self, name: str, image: bytes) -> dict[str, JSON]:
        return {
            "type": f"{self.verb}.{name}",
            "b64_json": base64.b64encode(image).decode(),
            "created_at": self.surroundings.created,
            **self._shape(),
        }

    def _shape(self) -> dict[str, JSON]:
        task = self.task
        return {
            "background": task.background,
            "output_format": task.output_format,
            "quality": task.quality,
            "size": task.size,
        }

    def _image(self, index: int, part: int = 1, parts: int = 1) -> bytes:
        """The file of an image; one that is not finished is nearer to grey."""
        digests = (hashlib.blake2b(file.data, digest_size=16).digest() for file in self.inputs)
        colour = bytes.fromhex(Seed.of("image", self.task.prompt, index, *digests).hex(6))
        red, green, blue = (128 + (value - 128) * part // parts for value in colour)
        width, height = self.task.pixels
        picture = Picture(width, height, (red, green, blue), self.task.background == "transparent")
        return FORMATS[self.task.output_format](picture)

    def _usage(self, count: int) -> JSON:
        task = self.task
        told = replace(self.request, messages=(Message("user", task.prompt),))
        text, images = self.surroundings.count_tokens(told), _INPUT_TOKENS * len(self.inputs)
        width, height = task.pixels
        shape = 0 if width == height else 1 if width < height else 2
        each = _TOKENS.get(task.quality, _TOKENS["high"])[shape] + _PARTIAL_TOKENS * task.partials * task.stream
        return {
            "input_tokens": text + images,
            "input_tokens_details": {"image_tokens": images, "text_tokens": text},
            "output_tokens": each * count,
            "total_tokens": text + images + each * count,
        }


def _generate(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
    task = read_task(dict(request.json), request.model or _DEFAULT_MODEL)
    return _Work(task, request, surroundings).result()


def _edit(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
    body = read_form(request.json)
    inputs = _inputs(request)
    if len(inputs) > MOST_INPUTS:
        raise refusal(f"Invalid 'image': expected at most {MOST_INPUTS} images, but got {len(inputs)}.", param="image")
    task = read_task(body, request.model or _DEFAULT_EDITOR)
    return _Work(task, request, surroundings, inputs, "image_edit").result()


def _vary(request: Request, _parameters: Mapping[str, str], surroundings: Surroundings) -> Result:
    body: dict[str, Any] = read_form(request.json)
    inputs = _inputs(request)
    task = read_task(body, _DEFAULT_MODEL, prompted=False)
    return _Work(task, request, surroundings, inputs).result()


def _inputs(request: Request) -> tuple[File, ...]:
    inputs = tuple(file for file in files(request.call) if file.field.removesuffix("[]") == "image")
    if not inputs:
        raise missing("image")
    return inputs


def _download(_request: Request, parameters: Mapping[str, str], surroundings: Surroundings) -> Media:
    name = parameters["name"]
    kept = kept_or_404(surroundings.store, KIND, name, f"The image '{name}' is not there.")
    return Media((kept.content,), f"image/{kept.value['format']}")


GENERATIONS = Answered("images.generations", _generate)
EDITS = Answered("images.edits", _edit)
VARIATIONS = Answered("images.variations", _vary)
DOWNLOAD = Answered("images.download", _download)
