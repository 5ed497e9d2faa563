"""The APIs that are served, as a table.

Here: the routes, and the search for one. A new endpoint is one file beside this one and one row below. No API is
imported before a call asks for it. Not here: any API's grammar.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from mockllm.dialects.base import Dialect, Resource
from mockllm.errors import ApiError, UnknownPathError


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path under the base, such as `/chat/completions/{id}`; `{model...}` takes the rest of the path,
    slashes and all. `home` says where its endpoint is: `chat.CHAT` is the name `CHAT` in the module `chat`. `form` says
    that the body is a form instead of JSON, and `about` what is served there, in a few words. A `bare` one may be
    called without a body.
    """

    method: str
    pattern: str
    home: str
    form: bool = False
    about: str = ""
    bare: bool = False

    @property
    def endpoint(self) -> Dialect | Resource:
        """What answers there; its API is imported when it is first asked for."""
        module, _, name = self.home.rpartition(".")
        endpoint: Dialect | Resource = getattr(import_module(f"{__name__}.{module}"), name)
        return endpoint


ROUTES: tuple[Route, ...] = (
    Route("POST", "/chat/completions", "chat.CHAT", about="an answer, whole or as a stream"),
    Route("GET", "/chat/completions", "chat.stored.LIST", about="those that were stored"),
    Route("GET", "/chat/completions/{id}", "chat.stored.RETRIEVE", about="one of them"),
    Route("POST", "/chat/completions/{id}", "chat.stored.UPDATE", about="change its metadata"),
    Route("DELETE", "/chat/completions/{id}", "chat.stored.DELETE", about="forget it"),
    Route("GET", "/chat/completions/{id}/messages", "chat.stored.MESSAGES", about="the messages of its request"),
    Route("POST", "/responses", "responses.RESPONSES", about="an answer, whole or as a stream of events"),
    Route(
        "GET", "/responses", "responses.socket.CONNECT", about="opens a WebSocket for many answers one after the other"
    ),
    Route(
        "WEBSOCKET",
        "/responses",
        "responses.socket.OVER_WEBSOCKET",
        about="`response.create` on it: the events of a stream",
    ),
    Route(
        "WEBSOCKET",
        "/responses/warmup",
        "responses.warmup.WARMUP",
        about="the same with `generate: false`: a response to continue",
    ),
    Route("POST", "/responses/input_tokens", "responses.INPUT_TOKENS", about="how many tokens a request would bring"),
    Route(
        "POST",
        "/responses/compact",
        "responses.COMPACT",
        about="what was said made shorter: the user's words and one item",
    ),
    Route(
        "GET",
        "/responses/{id}",
        "responses.stored.RETRIEVE",
        about="a stored response, also while it is made, and its events once more",
    ),
    Route("DELETE", "/responses/{id}", "responses.stored.DELETE", about="forget it"),
    Route("POST", "/responses/{id}/cancel", "responses.stored.CANCEL", about="stop one that is made in the background"),
    Route("GET", "/responses/{id}/input_items", "responses.stored.INPUT_ITEMS", about="the items of its request"),
    Route(
        "POST",
        "/conversations",
        "responses.conversations.CREATE",
        about="a conversation, which responses continue and add to",
        bare=True,
    ),
    Route("GET", "/conversations/{id}", "responses.conversations.RETRIEVE", about="one of them"),
    Route("POST", "/conversations/{id}", "responses.conversations.UPDATE", about="change its metadata"),
    Route("DELETE", "/conversations/{id}", "responses.conversations.DELETE", about="forget it"),
    Route("POST", "/conversations/{id}/items", "responses.conversations.ADD_ITEMS", about="add items to it"),
    Route("GET", "/conversations/{id}/items", "responses.conversations.ITEMS", about="its items"),
    Route("GET", "/conversations/{id}/items/{item}", "responses.conversations.ITEM_RETRIEVE", about="one of them"),
    Route("DELETE", "/conversations/{id}/items/{item}", "responses.conversations.ITEM_DELETE", about="forget it"),
    Route(
        "POST",
        "/completions",
        "completions.COMPLETIONS",
        about="legacy completions: the text of an answer, whole or as a stream",
    ),
    Route(
        "POST",
        "/embeddings",
        "embeddings.EMBEDDINGS",
        about="a unit vector for each input, which follows from its text",
    ),
    Route(
        "POST",
        "/moderations",
        "moderations.MODERATIONS",
        about="a judgement of each input; nothing is flagged unless patched",
    ),
    Route(
        "POST", "/audio/speech", "audio.SPEECH", about="silence as long as it takes to say the text, in every format"
    ),
    Route(
        "POST",
        "/audio/transcriptions",
        "audio.TRANSCRIPTIONS",
        form=True,
        about="what is heard is what the scenario says, in every format, whole or as a stream",
    ),
    Route("POST", "/audio/translations", "audio.TRANSLATIONS", form=True, about="the same as a translation"),
    Route("POST", "/images/generations", "images.GENERATIONS", about="plain images of any size, whole or as a stream"),
    Route("POST", "/images/edits", "images.EDITS", form=True, about="the same, from images and a prompt"),
    Route("POST", "/images/variations", "images.VARIATIONS", form=True, about="the same, from an image"),
    Route("GET", "/images/{name}", "images.DOWNLOAD", about="an image that was answered with an address"),
    Route("POST", "/files", "files.CREATE", form=True, about="keep a file; each upload is a file of its own"),
    Route("GET", "/files", "files.LIST", about="those that are kept"),
    Route("GET", "/files/{id}", "files.RETRIEVE", about="one of them"),
    Route("DELETE", "/files/{id}", "files.DELETE", about="forget it"),
    Route("GET", "/files/{id}/content", "files.CONTENT", about="its bytes"),
    Route("POST", "/uploads", "uploads.CREATE", about="announce a file that comes in parts"),
    Route("POST", "/uploads/{id}/parts", "uploads.ADD_PART", form=True, about="one part"),
    Route("POST", "/uploads/{id}/complete", "uploads.COMPLETE", about="join the parts to a file"),
    Route("POST", "/uploads/{id}/cancel", "uploads.CANCEL", about="give it up"),
    Route("POST", "/batches", "batches.CREATE", about="answer a file of requests, by the same rules as each alone"),
    Route("GET", "/batches", "batches.LIST", about="those there are"),
    Route("GET", "/batches/{id}", "batches.RETRIEVE", about="one of them, which goes on by one state each time"),
    Route("POST", "/batches/{id}/cancel", "batches.CANCEL", about="give it up; answers that came are kept"),
    Route("POST", "/vector_stores", "vector_stores.CREATE", about="files that can be searched"),
    Route("GET", "/vector_stores", "vector_stores.LIST", about="those there are"),
    Route("GET", "/vector_stores/{id}", "vector_stores.RETRIEVE", about="one of them"),
    Route("POST", "/vector_stores/{id}", "vector_stores.UPDATE", about="change its name, its metadata or its life"),
    Route("DELETE", "/vector_stores/{id}", "vector_stores.DELETE", about="forget it; the files stay"),
    Route("POST", "/vector_stores/{id}/search", "vector_stores.SEARCH", about="the nearest pieces of its files"),
    Route("POST", "/vector_stores/{id}/files", "vector_stores.attached.ATTACH", about="attach a file"),
    Route("GET", "/vector_stores/{id}/files", "vector_stores.attached.LIST", about="the attached files"),
    Route("GET", "/vector_stores/{id}/files/{file}", "vector_stores.attached.RETRIEVE", about="one of them"),
    Route("POST", "/vector_stores/{id}/files/{file}", "vector_stores.attached.UPDATE", about="change its attributes"),
    Route("DELETE", "/vector_stores/{id}/files/{file}", "vector_stores.attached.DELETE", about="detach it"),
    Route(
        "GET", "/vector_stores/{id}/files/{file}/content", "vector_stores.attached.CONTENT", about="its text in pieces"
    ),
    Route(
        "POST", "/vector_stores/{id}/file_batches", "vector_stores.bundles.CREATE", about="attach many files at once"
    ),
    Route("GET", "/vector_stores/{id}/file_batches/{batch}", "vector_stores.bundles.RETRIEVE", about="how they are"),
    Route("POST", "/vector_stores/{id}/file_batches/{batch}/cancel", "vector_stores.bundles.CANCEL", about="give up"),
    Route(
        "GET", "/vector_stores/{id}/file_batches/{batch}/files", "vector_stores.bundles.LIST_FILES", about="its files"
    ),
    Route(
        "POST",
        "/assistants",
        "assistants.definitions.CREATE",
        about="a model with instructions and tools, under a name",
    ),
    Route("GET", "/assistants", "assistants.definitions.LIST", about="those there are"),
    Route("GET", "/assistants/{id}", "assistants.definitions.RETRIEVE", about="one of them"),
    Route("POST", "/assistants/{id}", "assistants.definitions.UPDATE", about="change it"),
    Route("DELETE", "/assistants/{id}", "assistants.definitions.DELETE", about="forget it"),
    Route("POST", "/threads", "assistants.threads.CREATE", about="a thread of messages", bare=True),
    Route("POST", "/threads/runs", "assistants.runs.CREATE_WITH_THREAD", about="a thread and a run on it"),
    Route("GET", "/threads/{id}", "assistants.threads.RETRIEVE", about="one of them"),
    Route("POST", "/threads/{id}", "assistants.threads.UPDATE", about="change its metadata"),
    Route("DELETE", "/threads/{id}", "assistants.threads.DELETE", about="forget it"),
    Route("POST", "/threads/{id}/messages", "assistants.threads.SAY", about="add a message"),
    Route("GET", "/threads/{id}/messages", "assistants.threads.MESSAGES", about="its messages"),
    Route("GET", "/threads/{id}/messages/{message}", "assistants.threads.MESSAGE_RETRIEVE", about="one of them"),
    Route("POST", "/threads/{id}/messages/{message}", "assistants.threads.MESSAGE_UPDATE", about="change its metadata"),
    Route("DELETE", "/threads/{id}/messages/{message}", "assistants.threads.MESSAGE_DELETE", about="forget it"),
    Route(
        "POST",
        "/threads/{id}/runs",
        "assistants.runs.CREATE",
        about="an assistant answers the thread, whole or as a stream",
    ),
    Route("GET", "/threads/{id}/runs", "assistants.runs.LIST", about="its runs"),
    Route("GET", "/threads/{id}/runs/{run}", "assistants.runs.RETRIEVE", about="one of them, which is over then"),
    Route("POST", "/threads/{id}/runs/{run}", "assistants.runs.UPDATE", about="change its metadata"),
    Route("POST", "/threads/{id}/runs/{run}/cancel", "assistants.runs.CANCEL", about="give it up"),
    Route(
        "POST", "/threads/{id}/runs/{run}/submit_tool_outputs", "assistants.runs.SUBMIT", about="what the tools gave"
    ),
    Route("GET", "/threads/{id}/runs/{run}/steps", "assistants.runs.STEPS", about="its steps"),
    Route("GET", "/threads/{id}/runs/{run}/steps/{step}", "assistants.runs.STEP_RETRIEVE", about="one of them"),
    Route("GET", "/realtime", "realtime.CONNECT", about="opens a WebSocket for a session; the model is in the query"),
    Route(
        "WEBSOCKET", "/realtime", "realtime.REALTIME", about="`response.create` on it: written, spoken, and tool calls"
    ),
    Route("GET", "/models", "models.LIST", about="the models of the scenario, or the usual ones"),
    Route(
        "GET", "/models/{model...}", "models.RETRIEVE", about="one of them; its id may hold `/`, raw or percent-encoded"
    ),
    Route("DELETE", "/models/{model...}", "models.DELETE", about="the receipt for deleting one"),
)
"""Every endpoint, by method and path under the base."""


@dataclass(frozen=True, slots=True)
class Found:
    """The endpoint of a call, the parameters of its path, whether its body is a form, and whether it may have none."""

    endpoint: Dialect | Resource
    parameters: Mapping[str, str]
    form: bool = False
    bare: bool = False


_EXACT = {(route.method, route.pattern): route for route in ROUTES if "{" not in route.pattern}


def find(method: str, path: str) -> Found:
    """The endpoint of a method and a path under the base.

    Raises ApiError 404 for an unknown path and 405 for a method that the path does not have (wire-contract §4.2).
    """
    if (method, path) in _EXACT:
        return _exact(method, path)
    known = False
    for route, pattern in _patterns():
        if (match := pattern.fullmatch(path)) is not None:
            if route.method == method:
                return Found(route.endpoint, match.groupdict(), route.form)
            known = True
    if known:
        message = f"Not allowed to {method} on /v1{path} (HINT: Perhaps you meant to use a different HTTP method?)"
        raise ApiError(405, message, code="method_not_supported")
    raise UnknownPathError(method, path)


def prepare() -> None:
    """Import every API, as the first call of each would, which takes some time; it may be done in any thread."""
    _patterns()
    for route in ROUTES:
        _ = route.endpoint


@cache
def _exact(method: str, path: str) -> Found:
    """The endpoint of a route without parameters."""
    route = _EXACT[method, path]
    return Found(route.endpoint, {}, route.form, route.bare)


@cache
def _patterns() -> tuple[tuple[Route, re.Pattern[str]], ...]:
    """Every route with the pattern of its path; most calls have a path without parameters, and need none of them."""
    return tuple((route, _pattern(route)) for route in ROUTES)


def _pattern(route: Route) -> re.Pattern[str]:
    text = re.sub(r"\{(\w+)\.\.\.\}", r"(?P<\1>.+)", route.pattern)
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text))
