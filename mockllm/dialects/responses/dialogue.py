"""What a client may say over a WebSocket of the Responses API, and what that leads to.

Here: lanes, steering, and what a connection remembers of responses that nothing else keeps. The facts are those of the
SDK's `types/responses/responses_client_event.py`, `response_steer*.py` and `lib/responses_websocket/README.md`. Not
here: the answers (`socket.py`), and who lets them follow each other (`net/websocket/`).

Decided where none of these says more: steering never cuts an answer short, which the description allows ("normal
completion can also be followed by an automatic successor"), so that the same script gives the same events whenever the
client steers. The events of steering are numbered by themselves, from 0 on each connection.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mockllm.dialects.dialogue import Ask, Event, Reaction
from mockllm.dialects.responses.read import input_items, kind
from mockllm.dialects.responses.socket import EARLIER, LANE
from mockllm.errors import ApiError
from mockllm.seeds import Seed

MOST_LANES = 32
"""How many lanes with a name one connection may have."""

MOST_REMEMBERED = 64
"""How many responses a connection remembers; the oldest is forgotten first."""

MOST_STEERS = 16
"""How many inputs may wait for one response."""

CREATE, STEER = "response.create", "response.steer"

_LANE_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
_ID_DIGITS = 50

# What the client owes for an item of the output before the conversation can go on, and what names the item there.
_OWED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "function_call": ("function_call_output", ("call_id", "name")),
    "custom_tool_call": ("custom_tool_call_output", ("call_id",)),
    "computer_call": ("computer_call_output", ("call_id",)),
    "shell_call": ("shell_call_output", ("call_id",)),
    "apply_patch_call": ("apply_patch_call_output", ("call_id",)),
    "mcp_approval_request": ("mcp_approval_response", ("id",)),
}


@dataclass(frozen=True, slots=True)
class Steer:
    """Input that waits for its response to end."""

    id: str
    given: Any

    def items(self) -> Sequence[Mapping[str, Any]]:
        """The input as items."""
        return input_items({"input": self.given})


@dataclass(frozen=True, slots=True)
class Remembered:
    """A response that this connection made: its lane, whether it is over, the items up to its end, and what waits."""

    lane: str
    asked: Event
    over: bool = False
    items: tuple[Any, ...] = ()
    steers: tuple[Steer, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponsesDialogue:
    """One client's conversation: the names of its lanes, its responses, and how many events of steering there were."""

    lanes: frozenset[str] = frozenset()
    responses: Mapping[str, Remembered] = field(default_factory=dict)
    told: int = 0

    def hear(self, event: Event) -> Reaction:
        """What an event of the client leads to."""
        match event.get("type"):
            case "response.create":
                return self._create(event)
            case "response.steer":
                return self._steer(event)
            case None:
                error = ApiError(400, "Missing required parameter: 'type'.", code="missing_required_parameter")
            case other:
                message = f"Invalid value: '{other}'. Supported values are: '{CREATE}' and '{STEER}'."
                error = ApiError(400, message, code="invalid_value", param="type")
        return Reaction(self, refuses=error)

    def begin(self, ask: Ask, said: Sequence[Event]) -> "ResponsesDialogue":
        """The dialogue once it is decided what will be said."""
        key = next((event["response"]["id"] for event in said if _tells_response(event)), None)
        if key is None:
            return self
        kept = {**self.responses, key: Remembered(ask.lane, ask.body)}
        return replace(self, responses=dict(list(kept.items())[-MOST_REMEMBERED:]))

    def end(self, ask: Ask, said: Sequence[Event], *, stopped: bool) -> Reaction:
        """What follows when an answer is over: what waited for it begins, or is told to wait on or to be lost."""
        del stopped
        last = next((event for event in reversed(said) if event.get("type") in _ENDS and _tells_response(event)), None)
        if any(event.get("type") == "error" for event in said):
            # A continuation that fails on the lane of its parent drops that parent.
            parent = str(ask.body.get("previous_response_id"))
            known = self.responses.get(parent)
            if known is not None and known.lane == ask.lane:
                kept = {key: value for key, value in self.responses.items() if key != parent}
                return replace(self, responses=kept).ended(ask, last)
        return self.ended(ask, last)

    def ended(self, ask: Ask, last: Event | None) -> Reaction:
        """What follows from the last event of an answer, None if that did not go out."""
        key = None if last is None else last["response"]["id"]
        known = self.responses.get(key) if key is not None else None
        if last is None or key is None or known is None:
            return Reaction(self)
        output = last["response"].get("output") or ()
        before = ask.body.get(EARLIER) or ()
        items = (*before, *input_items(ask.body), *output)
        known = replace(known, over=True, items=items)
        if not known.steers:
            return Reaction(self.known_as(key, known))
        if last["type"] == "response.failed":
            return self._lost(key, known)
        owed = [_owed(item) for item in output if item.get("type") in _OWED]
        if owed:
            said = tuple(
                self._told(number, "pending", key, known.lane, {"id": steer.id}, required_input=owed)
                for number, steer in enumerate(known.steers)
            )
            return Reaction(replace(self.known_as(key, known), told=self.told + len(said)), says=said)
        follower = {name: value for name, value in ask.body.items() if name not in {"input", "generate", EARLIER}}
        waiting = [item for steer in known.steers for item in steer.items()]
        follower |= {"previous_response_id": key, "input": waiting}
        dialogue = self.known_as(key, replace(known, steers=()))
        return Reaction(dialogue, asks=(Ask(dialogue.local(follower), known.lane),))

    def _create(self, event: Event) -> Reaction:
        """A response is wanted. What was steered to the one that it continues comes before its own input."""
        lane = event.get(LANE)
        if lane is not None and (not isinstance(lane, str) or not _LANE_NAME.fullmatch(lane)):
            message = "Invalid 'stream_id': it has 1 to 256 letters, digits, underscores, hyphens and periods."
            return Reaction(self, refuses=ApiError(400, message, code="invalid_stream_id", param=LANE))
        lanes = self.lanes if lane is None else self.lanes | {lane}
        if len(lanes) > MOST_LANES:
            message = f"This connection has {MOST_LANES} streams already, which is the most it may have."
            return Reaction(self, refuses=ApiError(400, message, code="websocket_stream_limit_reached", param=LANE))
        if event.get("background") is True:
            message = "Unsupported parameter: 'background' is not supported over a WebSocket."
            error = ApiError(400, message, code="unsupported_parameter", param="background")
            return Reaction(self, refuses=error)
        body = {name: value for name, value in event.items() if name != "type"}
        key = body.get("previous_response_id")
        dialogue = replace(self, lanes=lanes)
        if isinstance(key, str) and (known := self.responses.get(key)) is not None and known.over and known.steers:
            waiting = [item for steer in known.steers for item in steer.items()]
            body["input"] = [*waiting, *input_items(body)]
            dialogue = dialogue.known_as(key, replace(known, steers=()))
        place = "/warmup" if event.get("generate") is False else ""
        return Reaction(dialogue, asks=(Ask(dialogue.local(body), lane or "", place),))

    def local(self, body: Event) -> Event:
        """The body with the items of the response that it continues, if only this connection knows that one."""
        key = body.get("previous_response_id")
        known = self.responses.get(key) if isinstance(key, str) else None
        if known is None or not known.over or known.asked.get("store") is not False:
            return body
        return {**body, EARLIER: list(known.items)}

    def _steer(self, event: Event) -> Reaction:
        """Input for a response that is being made."""
        key, given = event.get("previous_response_id"), event.get("input")
        known = self.responses.get(key) if isinstance(key, str) else None
        failure = _refusal(event, known)
        lane = "" if known is None else known.lane
        if failure is not None or known is None or not isinstance(key, str):
            code, message = failure or ("response_not_found", "")
            error = {"code": code, "message": message, "type": "invalid_request_error"}
            wanted = key if isinstance(key, str) else ""
            return self.says(self._told(0, "failed", wanted, lane, {"input": given}, error=error))
        number = sum(len(entry.steers) for entry in self.responses.values())
        steer = Steer(f"steer_{Seed.of('steer', key, number).hex(_ID_DIGITS)}", given)
        accepted = self._told(0, "accepted", key, lane, {"id": steer.id})
        return self.known_as(key, replace(known, steers=(*known.steers, steer))).says(accepted)

    def _lost(self, key: str, known: Remembered) -> Reaction:
        """The response failed, so nothing can follow it."""
        message = "The response failed, so its successor could not be created."
        error = {"code": "successor_creation_failed", "message": message, "type": "invalid_request_error"}
        said = tuple(
            self._told(number, "failed", key, known.lane, {"id": steer.id, "input": steer.given}, error=error)
            for number, steer in enumerate(known.steers)
        )
        return Reaction(replace(self.known_as(key, replace(known, steers=())), told=self.told + len(said)), says=said)

    def says(self, event: Event) -> Reaction:
        """The reaction that says this at once."""
        return Reaction(replace(self, told=self.told + 1), says=(event,))

    def _told(self, number: int, what: str, key: str, lane: str, steer: Event, **more: Any) -> Event:
        reason = {"reason": "waiting_for_required_input"} if what == "pending" else {}
        fields = {**more, **reason, "sequence_number": self.told + number}
        fields |= {"steer": {**steer, "previous_response_id": key}, **({LANE: lane} if lane else {})}
        return {"type": f"response.steer.{what}", **dict(sorted(fields.items()))}

    def known_as(self, key: str, known: Remembered) -> "ResponsesDialogue":
        """The dialogue with what is known of a response."""
        return replace(self, responses={**self.responses, key: known})


def _tells_response(event: Event) -> bool:
    response = event.get("response")
    return isinstance(response, Mapping) and isinstance(response.get("id"), str)


def _owed(item: Mapping[str, Any]) -> Event:
    """The stub that the client has to fill (the SDK's `response_steer_required_input.py`)."""
    answer, names = _OWED[item["type"]]
    told = {("approval_request_id" if name == "id" else name): item.get(name) for name in names}
    return {**told, "type": answer}


def _refusal(event: Event, known: Remembered | None) -> tuple[str, str] | None:
    """Why the steering is not accepted: a code and a message (the SDK's `response_steer_error_code.py`)."""
    given = event.get("input")
    items = [{"role": "user", "content": given}] if isinstance(given, str) and given else given
    fits = isinstance(items, Sequence) and not isinstance(items, str) and bool(items) and all(map(_is_of_user, items))
    if not fits or set(event) - {"type", "previous_response_id", "input", "event_id"}:
        return "invalid_input", "Steering takes only messages of the user, in `input`, and `previous_response_id`."
    if known is None:
        return "response_not_found", "The response is not available on this connection."
    if known.over:
        return "response_already_completed", "The response is over and takes no further input."
    if known.asked.get("conversation") is not None or known.asked.get("context_management"):
        return "steering_not_supported", "A response of a conversation or with compaction cannot be steered."
    if len(known.steers) >= MOST_STEERS:
        return "too_many_pending_steers", f"{MOST_STEERS} inputs wait for this response already."
    return None


def _is_of_user(item: object) -> bool:
    return (
        isinstance(item, Mapping)
        and set(item) <= {"type", "role", "content"}
        and kind(item) == "message"
        and item.get("role") == "user"
    )
