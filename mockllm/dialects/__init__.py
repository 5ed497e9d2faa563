"""The APIs that are served, as a table.

Here: the routes, and the search for one. A new endpoint is one file beside this one and one row below. Not here: any
API's grammar.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mockllm.dialects import assistants, batches, files, images, models, realtime, uploads, vector_stores
from mockllm.dialects.audio import SPEECH, TRANSCRIPTIONS, TRANSLATIONS
from mockllm.dialects.base import Dialect, Resource, Route
from mockllm.dialects.chat import CHAT
from mockllm.dialects.chat import stored as stored_completions
from mockllm.dialects.completions import COMPLETIONS
from mockllm.dialects.embeddings import EMBEDDINGS
from mockllm.dialects.moderations import MODERATIONS
from mockllm.dialects.responses import COMPACT, INPUT_TOKENS, RESPONSES, conversations, socket
from mockllm.dialects.responses import stored as stored_responses
from mockllm.dialects.responses.warmup import WARMUP
from mockllm.errors import ApiError, UnknownPathError

ROUTES: tuple[Route, ...] = (
    Route("POST", "/chat/completions", CHAT, about="an answer, whole or as a stream"),
    Route("GET", "/chat/completions", stored_completions.LIST, about="those that were stored"),
    Route("GET", "/chat/completions/{id}", stored_completions.RETRIEVE, about="one of them"),
    Route("POST", "/chat/completions/{id}", stored_completions.UPDATE, about="change its metadata"),
    Route("DELETE", "/chat/completions/{id}", stored_completions.DELETE, about="forget it"),
    Route("GET", "/chat/completions/{id}/messages", stored_completions.MESSAGES, about="the messages of its request"),
    Route("POST", "/responses", RESPONSES, about="an answer, whole or as a stream of events"),
    Route("GET", "/responses", socket.CONNECT, about="opens a WebSocket for many answers one after the other"),
    Route("WEBSOCKET", "/responses", socket.OVER_WEBSOCKET, about="`response.create` on it: the events of a stream"),
    Route("WEBSOCKET", "/responses/warmup", WARMUP, about="the same with `generate: false`: a response to continue"),
    Route("POST", "/responses/input_tokens", INPUT_TOKENS, about="how many tokens a request would bring"),
    Route("POST", "/responses/compact", COMPACT, about="what was said made shorter: the user's words and one item"),
    Route(
        "GET",
        "/responses/{id}",
        stored_responses.RETRIEVE,
        about="a stored response, also while it is made, and its events once more",
    ),
    Route("DELETE", "/responses/{id}", stored_responses.DELETE, about="forget it"),
    Route("POST", "/responses/{id}/cancel", stored_responses.CANCEL, about="stop one that is made in the background"),
    Route("GET", "/responses/{id}/input_items", stored_responses.INPUT_ITEMS, about="the items of its request"),
    Route(
        "POST",
        "/conversations",
        conversations.CREATE,
        about="a conversation, which responses continue and add to",
        bare=True,
    ),
    Route("GET", "/conversations/{id}", conversations.RETRIEVE, about="one of them"),
    Route("POST", "/conversations/{id}", conversations.UPDATE, about="change its metadata"),
    Route("DELETE", "/conversations/{id}", conversations.DELETE, about="forget it"),
    Route("POST", "/conversations/{id}/items", conversations.ADD_ITEMS, about="add items to it"),
    Route("GET", "/conversations/{id}/items", conversations.ITEMS, about="its items"),
    Route("GET", "/conversations/{id}/items/{item}", conversations.ITEM_RETRIEVE, about="one of them"),
    Route("DELETE", "/conversations/{id}/items/{item}", conversations.ITEM_DELETE, about="forget it"),
    Route("POST", "/completions", COMPLETIONS, about="legacy completions: the text of an answer, whole or as a stream"),
    Route("POST", "/embeddings", EMBEDDINGS, about="a unit vector for each input, which follows from its text"),
    Route("POST", "/moderations", MODERATIONS, about="a judgement of each input; nothing is flagged unless patched"),
    Route("POST", "/audio/speech", SPEECH, about="silence as long as it takes to say the text, in every format"),
    Route(
        "POST",
        "/audio/transcriptions",
        TRANSCRIPTIONS,
        form=True,
        about="what is heard is what the scenario says, in every format, whole or as a stream",
    ),
    Route("POST", "/audio/translations", TRANSLATIONS, form=True, about="the same as a translation"),
    Route("POST", "/images/generations", images.GENERATIONS, about="plain images of any size, whole or as a stream"),
    Route("POST", "/images/edits", images.EDITS, form=True, about="the same, from images and a prompt"),
    Route("POST", "/images/variations", images.VARIATIONS, form=True, about="the same, from an image"),
    Route("GET", "/images/{name}", images.DOWNLOAD, about="an image that was answered with an address"),
    Route("POST", "/files", files.CREATE, form=True, about="keep a file; each upload is a file of its own"),
    Route("GET", "/files", files.LIST, about="those that are kept"),
    Route("GET", "/files/{id}", files.RETRIEVE, about="one of them"),
    Route("DELETE", "/files/{id}", files.DELETE, about="forget it"),
    Route("GET", "/files/{id}/content", files.CONTENT, about="its bytes"),
    Route("POST", "/uploads", uploads.CREATE, about="announce a file that comes in parts"),
    Route("POST", "/uploads/{id}/parts", uploads.ADD_PART, form=True, about="one part"),
    Route("POST", "/uploads/{id}/complete", uploads.COMPLETE, about="join the parts to a file"),
    Route("POST", "/uploads/{id}/cancel", uploads.CANCEL, about="give it up"),
    Route("POST", "/batches", batches.CREATE, about="answer a file of requests, by the same rules as each alone"),
    Route("GET", "/batches", batches.LIST, about="those there are"),
    Route("GET", "/batches/{id}", batches.RETRIEVE, about="one of them, which goes on by one state each time"),
    Route("POST", "/batches/{id}/cancel", batches.CANCEL, about="give it up; answers that came are kept"),
    Route("POST", "/vector_stores", vector_stores.CREATE, about="files that can be searched"),
    Route("GET", "/vector_stores", vector_stores.LIST, about="those there are"),
    Route("GET", "/vector_stores/{id}", vector_stores.RETRIEVE, about="one of them"),
    Route("POST", "/vector_stores/{id}", vector_stores.UPDATE, about="change its name, its metadata or its life"),
    Route("DELETE", "/vector_stores/{id}", vector_stores.DELETE, about="forget it; the files stay"),
    Route("POST", "/vector_stores/{id}/search", vector_stores.SEARCH, about="the nearest pieces of its files"),
    Route("POST", "/vector_stores/{id}/files", vector_stores.files.ATTACH, about="attach a file"),
    Route("GET", "/vector_stores/{id}/files", vector_stores.files.LIST, about="the attached files"),
    Route("GET", "/vector_stores/{id}/files/{file}", vector_stores.files.RETRIEVE, about="one of them"),
    Route("POST", "/vector_stores/{id}/files/{file}", vector_stores.files.UPDATE, about="change its attributes"),
    Route("DELETE", "/vector_stores/{id}/files/{file}", vector_stores.files.DELETE, about="detach it"),
    Route("GET", "/vector_stores/{id}/files/{file}/content", vector_stores.files.CONTENT, about="its text in pieces"),
    Route("POST", "/vector_stores/{id}/file_batches", vector_stores.bundles.CREATE, about="attach many files at once"),
    Route("GET", "/vector_stores/{id}/file_batches/{batch}", vector_stores.bundles.RETRIEVE, about="how they are"),
    Route("POST", "/vector_stores/{id}/file_batches/{batch}/cancel", vector_stores.bundles.CANCEL, about="give up"),
    Route("GET", "/vector_stores/{id}/file_batches/{batch}/files", vector_stores.bundles.LIST_FILES, about="its files"),
    Route(
        "POST", "/assistants", assistants.definitions.CREATE, about="a model with instructions and tools, under a name"
    ),
    Route("GET", "/assistants", assistants.definitions.LIST, about="those there are"),
    Route("GET", "/assistants/{id}", assistants.definitions.RETRIEVE, about="one of them"),
    Route("POST", "/assistants/{id}", assistants.definitions.UPDATE, about="change it"),
    Route("DELETE", "/assistants/{id}", assistants.definitions.DELETE, about="forget it"),
    Route("POST", "/threads", assistants.threads.CREATE, about="a thread of messages", bare=True),
    Route("POST", "/threads/runs", assistants.runs.CREATE_WITH_THREAD, about="a thread and a run on it"),
    Route("GET", "/threads/{id}", assistants.threads.RETRIEVE, about="one of them"),
    Route("POST", "/threads/{id}", assistants.threads.UPDATE, about="change its metadata"),
    Route("DELETE", "/threads/{id}", assistants.threads.DELETE, about="forget it"),
    Route("POST", "/threads/{id}/messages", assistants.threads.SAY, about="add a message"),
    Route("GET", "/threads/{id}/messages", assistants.threads.MESSAGES, about="its messages"),
    Route("GET", "/threads/{id}/messages/{message}", assistants.threads.MESSAGE_RETRIEVE, about="one of them"),
    Route("POST", "/threads/{id}/messages/{message}", assistants.threads.MESSAGE_UPDATE, about="change its metadata"),
    Route("DELETE", "/threads/{id}/messages/{message}", assistants.threads.MESSAGE_DELETE, about="forget it"),
    Route(
        "POST",
        "/threads/{id}/runs",
        assistants.runs.CREATE,
        about="an assistant answers the thread, whole or as a stream",
    ),
    Route("GET", "/threads/{id}/runs", assistants.runs.LIST, about="its runs"),
    Route("GET", "/threads/{id}/runs/{run}", assistants.runs.RETRIEVE, about="one of them, which is over then"),
    Route("POST", "/threads/{id}/runs/{run}", assistants.runs.UPDATE, about="change its metadata"),
    Route("POST", "/threads/{id}/runs/{run}/cancel", assistants.runs.CANCEL, about="give it up"),
    Route("POST", "/threads/{id}/runs/{run}/submit_tool_outputs", assistants.runs.SUBMIT, about="what the tools gave"),
    Route("GET", "/threads/{id}/runs/{run}/steps", assistants.runs.STEPS, about="its steps"),
    Route("GET", "/threads/{id}/runs/{run}/steps/{step}", assistants.runs.STEP_RETRIEVE, about="one of them"),
    Route("GET", "/realtime", realtime.CONNECT, about="opens a WebSocket for a session; the model is in the query"),
    Route(
        "WEBSOCKET", "/realtime", realtime.REALTIME, about="`response.create` on it: written, spoken, and tool calls"
    ),
    Route("GET", "/models", models.LIST, about="the models of the scenario, or the usual ones"),
    Route(
        "GET", "/models/{model...}", models.RETRIEVE, about="one of them; its id may hold `/`, raw or percent-encoded"
    ),
    Route("DELETE", "/models/{model...}", models.DELETE, about="the receipt for deleting one"),
)
"""Every endpoint, by method and path under the base."""


@dataclass(frozen=True, slots=True)
class Found:
    """The endpoint of a call, the parameters of its path, whether its body is a form, and whether it may have none."""

    endpoint: Dialect | Resource
    parameters: Mapping[str, str]
    form: bool = False
    bare: bool = False


def _pattern(route: Route) -> re.Pattern[str]:
    text = re.sub(r"\{(\w+)\.\.\.\}", r"(?P<\1>.+)", route.pattern)
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", text))


_EXACT: Mapping[tuple[str, str], Found] = {
    (route.method, route.pattern): Found(route.endpoint, {}, route.form, route.bare)
    for route in ROUTES
    if "{" not in route.pattern
}
_PATTERNS = tuple((route, _pattern(route)) for route in ROUTES)


def find(method: str, path: str) -> Found:
    """The endpoint of a method and a path under the base.

    Raises ApiError 404 for an unknown path and 405 for a method that the path does not have (wire-contract §4.2).
    """
    if (exact := _EXACT.get((method, path))) is not None:
        return exact
    known = False
    for route, pattern in _PATTERNS:
        if (match := pattern.fullmatch(path)) is not None:
            if route.method == method:
                return Found(route.endpoint, match.groupdict(), route.form)
            known = True
    if known:
        message = f"Not allowed to {method} on /v1{path} (HINT: Perhaps you meant to use a different HTTP method?)"
        raise ApiError(405, message, code="method_not_supported")
    raise UnknownPathError(method, path)
