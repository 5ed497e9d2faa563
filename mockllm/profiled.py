"""An answer in the manner of a profile.

Here: the requests, answers and refusals of the imitated API become those of a vendor, as `scenario/profile/` says it
differs. What is done to events is left to the faults that the profile is made of, which `compile.py` applies before the
author's own. Not here: which profile holds (`decision.py`) and any vendor (`profiles/`).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mockllm.answer import Answer, Style, error_answer
from mockllm.dialects.base import Layout
from mockllm.dialects.plain import error_json
from mockllm.errors import ApiError, UnknownPathError
from mockllm.plan import Frame
from mockllm.request import JSON, Request
from mockllm.scenario.profile import DEFAULT, NOTHING, Context, evaluate, profile_of

if TYPE_CHECKING:
    from mockllm.scenario.profile.document import Profile, Retold, Unknown

_COMPACT = Layout(indent=0, newline=False)

_LISTED = "models"
_ONE = "models.retrieve"


def profile_named(name: str | None) -> "Profile | None":
    """The profile of this name; None if it changes nothing."""
    return None if name is None or name == DEFAULT else profile_of(name)


def asking(request: Request, name: str | None) -> Request:
    """The request with what the profile lets every request ask for."""
    profile = profile_named(name)
    if profile is None or not profile.asks:
        return request
    return replace(request, json=_over(request.json, profile.asks))


def styled(answer: Answer, name: str | None, context: Context, *, verbatim: bool = False) -> Answer:
    """The answer in the manner of the profile. What the author gave `verbatim` has its headers and nothing else."""
    if (profile := profile_named(name)) is None or answer.layer == "verbatim":
        return answer
    api = "" if context.request is None else context.request.api
    shapes = profile.shapes(api)
    steps = shapes.stream if answer.streams else shapes.body
    words = context.words()
    headers = {**profile.headers, **(profile.stream_headers if answer.streams else {})}
    style = Style(
        () if verbatim else profile.within(context, steps, f"profile: {name}"),
        tuple(_headers(headers, words)),
        bare=not profile.keeps_headers,
    )
    frames = tuple(_listed(frame, api, profile, words) for frame in answer.frames)
    return replace(answer, frames=frames, style=style, layout=_layout(answer, profile))


def refusal(error: ApiError, name: str | None, context: Context, said: frozenset[str] = frozenset()) -> Answer:
    """The refusal in the manner of the profile. `said` are the parts of the error that the author gave, which stay."""
    if (profile := profile_named(name)) is None:
        return error_answer(error)
    if profile.errors.unknown is not None and isinstance(error, UnknownPathError):
        return _nowhere(profile, profile.errors.unknown, {**context.words(), "place": error.place})
    known = profile.errors.known.get(str(error.code)) or profile.errors.known.get(str(error.status))
    words = {**context.words(), **_facts(error)}
    if known is not None:
        error = _retold(error, known, words, said)
        words |= _facts(error)
    answer = error_answer(error)
    body = error_json(error) if profile.errors.body is None else evaluate(profile.errors.body, words)
    frames = (replace(answer.frames[0], data=body),)
    headers = {**profile.headers, **profile.errors.headers}
    style = Style((), tuple(_headers(headers, words)), bare=not profile.keeps_headers)
    return replace(answer, frames=frames, layout=_layout(answer, profile), style=style)


def check_served(name: str | None, api: str, method: str, path: str) -> None:
    """Raise ApiError 404 for an API that the vendor does not have, as for a path that nobody has."""
    profile = profile_named(name)
    if profile is not None and not profile.has(api):
        raise UnknownPathError(method, path)


def _nowhere(profile: "Profile", unknown: "Unknown", words: Mapping[str, Any]) -> Answer:
    """What the vendor answers under a path that it does not have."""
    frame = Frame(evaluate(unknown.body, words), "body", label=f"no {words['place']}")
    headers = (("content-type", unknown.content_type),)
    style = Style((), tuple(_headers(profile.headers, words)), bare=not profile.keeps_headers)
    return Answer(unknown.status, headers, (frame,), _COMPACT, style=style)


def _layout(answer: Answer, profile: "Profile") -> Layout:
    return answer.layout if profile.keeps_headers else _COMPACT


def _headers(headers: Mapping[str, str | None], words: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """The headers with their values evaluated; one whose value is nothing is left out."""
    pairs = ((name, None if text is None else evaluate(text, words)) for name, text in headers.items())
    return [(name, value if value is None else str(value)) for name, value in pairs if value is not NOTHING]


def _listed(frame: Frame, api: str, profile: "Profile", words: Mapping[str, Any]) -> Frame:
    """The list of models, or one of them, with the shape that they have with the vendor."""
    data = frame.data
    if not profile.listed or not isinstance(data, Mapping):
        return frame
    entries = data.get("data")
    if api == _LISTED and isinstance(entries, list):
        return replace(frame, data={**data, "data": [_entry(entry, profile, words) for entry in entries]})
    return replace(frame, data=_entry(data, profile, words)) if api == _ONE else frame


def _entry(model: Any, profile: "Profile", words: Mapping[str, Any]) -> Mapping[str, JSON]:
    entry: Mapping[str, JSON] = model
    for shape in profile.listed:
        entry = shape.reshaped(entry, words)
    return entry


def _facts(error: ApiError) -> dict[str, Any]:
    """What templates can say of a refusal."""
    told = {name.lower(): value for name, value in error.headers}
    told_error = {"message": error.message, "type": error.type, "param": error.param, "code": error.code}
    return {"error": told_error, "status": error.status, "retry_after": told.get("retry-after")}


def _retold(error: ApiError, known: "Retold", words: Mapping[str, Any], said: frozenset[str]) -> ApiError:
    """The error with what the profile says in place of the parts that the author did not give."""

    def part(name: str, own: Any) -> Any:
        new = getattr(known, name)
        return own if new is None or name in said else evaluate(new, words)

    return ApiError(
        part("status", error.status),
        part("message", error.message),
        type_=part("type", error.type),
        code=part("code", error.code),
        param=part("param", error.param),
        headers=error.headers,
        edge=error.edge,
    )


def _over(json: Mapping[str, JSON], asks: Mapping[str, JSON]) -> dict[str, JSON]:
    merged = dict(json)
    for key, value in asks.items():
        old = json.get(key)
        merged[key] = {**old, **value} if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged
