"""Every scenario of the gallery, served over a real socket to the official Python client.

One row a scenario: what the client ends up with for each of the scenario's example requests, written by hand from the
scenario's own words. A scenario without a row fails `test_the_table_has_every_scenario`. Not here: the quirks, whose
files say themselves what a client ends up with (`test_quirks.py`), and endpoints that answer no conversation
(`openapi/test_gallery_endpoints.py`).
"""

import contextlib
import json
import re
from dataclasses import dataclass, replace

import openai
import pytest
from websockets.exceptions import ConnectionClosed

from mockllm.scenario.pace import Pace
from tests.gallery import GALLERY, NAMES

IMPATIENT_S = 0.5


@dataclass(frozen=True)
class End:
    """What a client has at the end. The choices' texts are joined by line breaks; a pattern must match a whole text. Of
    a response `finish` is its status, and `items` are the types of its output items that are no message.
    """

    text: str | re.Pattern[str] = ""
    finish: str | None = "stop"
    reasoning: str = ""
    refusal: str = ""
    spoken: str = ""
    cites: tuple[str, ...] = ()
    calls: tuple[tuple[str, str | re.Pattern[str]], ...] = ()
    items: tuple[str, ...] = ()
    raises: type[Exception] | None = None


@dataclass(frozen=True)
class Row:
    """The ends of the example requests, and how many HTTP requests they take together.

    With `gives_up` the client has a short limit for silence, which is what such a scenario is for; with `hurried` the
    scenario is served without its pace, which takes time and changes nothing that is told here. `opens` are the gates
    that are open before anybody comes to them.
    """

    ends: tuple[End, ...]
    requests: int
    gives_up: bool = False
    hurried: bool = False
    opens: tuple[str, ...] = ()


def says(*texts, **other):
    return Row(tuple(End(text, **other) for text in texts), len(texts))


def fails(kind, text="", *, requests=1, gives_up=False, finish=None):
    return Row((End(text, finish, raises=kind),), requests, gives_up)


def calls(*pairs, text="", finish="tool_calls"):
    return Row((End(text, finish, calls=pairs),), 1)


def hurried(row):
    return replace(row, hurried=True)


def after(row, requests):
    """The same end after so many requests."""
    return replace(row, requests=requests)


PARIS = ("get_weather", '{"city":"Paris"}')
CUT_CALL = ("get_weather", re.compile(r'\{"city".*[^}]'))
ENDLESS = "This sentence has no"
STALLED = "This sentence stops right here"
SAID = says("All is said.")
THOUGHT = says("Hello to you too!", reasoning="The user greets me. I should greet back.")

TABLE = {
    # basics
    "hello": hurried(says("Hello! I am a scripted answer, and I will say exactly this every time. 🌞")),
    "choices": says("Heads, I win.\nTails, you lose."),
    "cited": says("The sky is blue (example.com).", cites=("https://example.com/sky",)),
    "conversation": says("Nice to meet you. What is your name?", "What a fine name. How can I help?", "Goodbye!"),
    "cut-by-limit": says("The first ten words of this answer are all that", finish="length"),
    "echo": says("gpt-5.1 heard: Is this thing on? (turn 0)"),
    "logprobs": says("Yes 🌞"),
    "lorem": hurried(says(re.compile(r"(?s)[A-Z].{1000,}"))),
    "rules": says("It is sunny.", "Arr!", "I am quite sure."),
    "spoken": says("", spoken="Good morning."),
    "stop-word": says("One, two, three "),
    "stored": says("Keep this one."),
    # chaos
    "asked-for": says("All is well as long as you do not ask for trouble."),
    "every-tenth": after(says(*["Done."] * 10), 11),
    "flaky": after(says(*["Here I am."] * 5), 6),
    "mixed": Row(
        (
            End("On a bad day."),
            End("On a bad day."),
            End("On a", None, raises=openai.APIConnectionError),
            End("On a bad day."),
        ),
        5,
    ),
    "outage": after(says("The service is back."), 2),
    "recovering": after(says("There is room for everybody again."), 2),
    # providers
    "azure-deployment": says("The capital of France is Paris."),
    "azure-filtered": fails(openai.BadRequestError),
    "azure-late-verdict": says("All is said in time."),
    "deepseek-queue": Row((End("There are three.", reasoning="Three letters r, I count."),), 1, hurried=True),
    "fault-on-profile": fails(openai.APIConnectionError, "One two three"),
    "gateway-routed": says("Routed and answered."),
    "gemini-refusal": fails(openai.RateLimitError, requests=3),
    "groq-tool": calls(PARIS),
    "loading-model": after(says("Here I am."), 2),
    "mistral-thinking": says("Four."),
    "null-roles": says("Nobody says this."),
    "openrouter-provider-lost": fails(openai.APIError, "It was"),
    "openrouter-reasoning": says("It is four.", reasoning="The user asks for the sum of two and two."),
    "perplexity-cited": says("The sky is blue [1]."),
    "vllm-usage-everywhere": says("One two three."),
    # errors
    "closed-idle": says("One.", "Two."),
    "empty-body": says("", finish=None),
    "hang": fails(openai.APITimeoutError, requests=3, gives_up=True),
    "html-with-200": says("", finish=None),
    "length-too-large": fails(openai.APIConnectionError, requests=3),
    "no-request-id": says("Who asked?"),
    "redirected": after(says("Hello! I am a scripted answer, and I will say exactly this every time. 🌞"), 2),
    "slow-headers": says("Here at last."),
    "context-length": fails(openai.BadRequestError),
    "error-in-200": says("", finish=None),
    "error-in-stream": fails(openai.APIError, "It was"),
    "error-unframed": says("", finish=None),
    "html-from-proxy": fails(openai.InternalServerError, requests=3),
    "overloaded-in-stream": fails(openai.APIError, "All is"),
    "unknown-model": fails(openai.NotFoundError),
    "wrong-key": fails(openai.AuthenticationError),
    "wrong-status": fails(openai.InternalServerError, requests=3),
    # pace
    "bursts": says("All is said, in a hurry."),
    "busy": says("There was room."),
    "by-name": says("This is how fast it feels."),
    "chunky": says("One event is not one token."),
    # The client gives up on the first head; its second try finds the model warm.
    "cold-start": Row((End("Good morning."), End("Good morning.")), 3, gives_up=True),
    "long-prompt": says("I have read it all.", "I knew most of it."),
    "percentiles": says("Mostly quick."),
    "recorded": says("It went on and then it did."),
    "thinking": says("Hello to you.", reasoning="They greet me."),
    # reasoning
    "long-silence": fails(openai.APITimeoutError, gives_up=True),
    "reasoning": hurried(THOUGHT),
    "reasoning-field": THOUGHT,
    # responses
    "background": says("", finish="queued"),
    "code-and-files": says(
        "You have 720 hours.",
        finish="completed",
        reasoning="I should look it up and count.",
        items=("reasoning", "file_search_call", "code_interpreter_call"),
    ),
    "failed": fails(openai.APIError, "It was"),
    "image": says("", finish="completed", items=("image_generation_call",)),
    "mcp-approval": Row(
        (
            End(finish="completed", items=("mcp_list_tools", "mcp_approval_request")),
            End("You rolled a 4.", "completed", items=("mcp_call",)),
        ),
        2,
    ),
    "raw-reasoning": says(
        "Hello to you too!",
        finish="completed",
        reasoning="The user greets me. I should greet back.",
        items=("reasoning",),
    ),
    "shell": says("", finish="completed", items=("shell_call", "shell_call_output", "apply_patch_call")),
    "web-search": says(
        "The sky is blue (example.com).",
        finish="completed",
        cites=("https://example.com/sky",),
        items=("web_search_call",),
    ),
    # retries
    "do-not-retry": fails(openai.InternalServerError),
    "overloaded": after(says("There is room again."), 2),
    "quota": fails(openai.RateLimitError, requests=3),
    "daily-limit": Row((End("Admitted."), End("Admitted."), End(finish=None, raises=openai.RateLimitError)), 3),
    "rate-limited": after(says("Thank you for waiting."), 3),
    "reset-then-answer": after(says("Second time lucky."), 2),
    "server-error": after(says("Back again."), 2),
    "gated-attempt": Row((End("Nobody waits here."),), 2, gives_up=True),
    "short-queue": says("It is your turn."),
    "silly-hint": after(says("Soon enough."), 2),
    # streaming
    "bad-chunk-size": fails(openai.APIConnectionError, ENDLESS),
    "dripping": says("Drop by drop."),
    "gated": replace(SAID, opens=("middle",)),
    "gzip-held": SAID,
    "gzip-stream": SAID,
    "heartbeats": says("It took a second to think of this."),
    "http-1-0": SAID,
    "kept-open": SAID,
    "length-too-small": SAID,
    "slowing-down": fails(openai.APITimeoutError, "This answer slows down to", gives_up=True),
    "stream-as-json": SAID,
    "bom": SAID,
    "byte-by-byte": says("Sunny 🌞, é and 漢字."),
    "closed": fails(openai.APIConnectionError, ENDLESS),
    "coalesced": SAID,
    "comments": SAID,
    "crlf": SAID,
    "cut-event": fails(json.JSONDecodeError, "All"),
    "done-late": fails(openai.APITimeoutError, "All is said.", finish="stop", gives_up=True),
    "done-spaced": SAID,
    "done-twice": SAID,
    "empty-role": says("Who is speaking?"),
    "event-twice": says("All is is said."),
    "multiline-data": SAID,
    "named-events": SAID,
    "no-done": SAID,
    "no-finish": says("All is said.", finish=None),
    "no-role": SAID,
    "no-space": SAID,
    "not-utf-8": fails(UnicodeDecodeError, "All"),
    "out-of-order": says("All said is."),
    "reset": fails(openai.APIConnectionError, ENDLESS),
    "slow-tokens": fails(openai.APITimeoutError, gives_up=True),
    "stall": fails(openai.APITimeoutError, STALLED, gives_up=True),
    "stall-with-heartbeat": fails(openai.APITimeoutError, STALLED, gives_up=True),
    "text-after-done": SAID,
    "truncated": says(ENDLESS, finish=None),
    "unknown-finish": says("All is said.", finish="end_turn"),
    # The client drops an event that no blank line ends.
    "unterminated": says("All is said.", finish=None),
    # structured
    "cut-json": says(re.compile(r"\{.*[^}]"), finish="length"),
    "filtered": says("The recipe begins with", finish="content_filter"),
    "refused": says("", refusal="I'm sorry, I cannot help with that."),
    "structured": says('{"title":"Science fair","day":"Friday"}'),
    # tools
    "auto": Row(
        (
            End(finish="tool_calls", calls=(("get_weather", re.compile(r'\{"city":".*"\}')),)),
            End(re.compile(r'\{"name":".*","age":\d+\}')),
        ),
        2,
    ),
    "call-with-stop": calls(PARIS, finish="stop"),
    "custom-tool": calls(("run_sql", "SELECT count(*) FROM users;")),
    "cut-arguments": calls(CUT_CALL, finish="length"),
    "cut-arguments-lying": calls(CUT_CALL),
    "garbage-after-arguments": calls(("get_weather", '{"city":"Paris"}\n\nNow I will look it up.')),
    "legacy-function": calls(("get_time", '{"zone":"UTC"}'), finish="function_call"),
    # Recorded parallel calls have a space after the colon (wire-contract §5.1).
    "parallel-calls": calls(("get_weather", '{"city": "Paris"}'), ("get_weather", '{"city": "Rome"}')),
    "round-trip": Row((End(finish="tool_calls", calls=(PARIS,)), End("It is sunny in Paris. 🌞")), 2),
    "text-then-call": calls(PARIS, text="Let me look that up."),
    "tool-call": calls(PARIS),
    "unknown-tool": calls(("get_forecast", '{"city":"Paris"}')),
    "dropped-call": Row((End(finish="completed", spoken="Hello, I can hear you."),), 4),
    "pinged": Row((End("Sorry for the wait.", "completed"),), 2),
    "spoken-tool": Row(
        (
            End(finish="completed", calls=(("get_weather", '{"city":"Paris"}'),)),
            End(finish="completed", spoken="It is sunny in Paris."),
        ),
        4,
        hurried=True,
    ),
    "websocket-mode": Row((End("The connection stayed open all the while.", "completed"),), 3),
}


def test_the_table_has_every_scenario():
    assert sorted(TABLE) == [name for name in NAMES if GALLERY.entries()[name].group != "endpoints"]


@pytest.mark.parametrize("name", TABLE)
def test_the_official_client_ends_up_with_what_the_scenario_says(mockllm, name):
    row = TABLE[name]
    scenario = GALLERY.get(name)
    mockllm.load(scenario.model_copy(update={"pace": Pace()}) if row.hurried else scenario)
    for gate in row.opens:
        mockllm.open(gate)
    mockllm.env()
    with openai.OpenAI(api_key="sk-test", timeout=IMPATIENT_S if row.gives_up else 20) as client:
        ends = [ask(client, body) for body in scenario.requests()]
    for end, wanted in zip(ends, row.ends, strict=True):
        assert fitted(end, wanted) == wanted
    assert len(mockllm.journal) == row.requests


def fitted(end, wanted):
    """The end with every text that a wanted pattern matches replaced by that pattern."""
    pairs = zip(end.calls, wanted.calls, strict=False)
    folded = [(name, fit(arguments, pattern)) for (name, arguments), (_, pattern) in pairs]
    return replace(end, text=fit(end.text, wanted.text), calls=(*folded, *end.calls[len(folded) :]))


def fit(text, wanted):
    return wanted if isinstance(wanted, re.Pattern) and wanted.fullmatch(text) else text


def ask(client, body):
    """What the client has when the answer is over, however it ends."""
    if body.get("api") in OVER_WEBSOCKET:
        return OVER_WEBSOCKET[body["api"]](client, {name: value for name, value in body.items() if name != "api"})
    if body.get("api") == "responses":
        return ask_responses(client, {name: value for name, value in body.items() if name != "api"})
    seen = []
    try:
        answer = client.chat.completions.create(**body)
        if not body["stream"]:
            return of_completion(answer)
        with answer as stream:
            for chunk in stream:
                seen.append(chunk)  # noqa: PERF402 # what came before an error is kept
    except (openai.OpenAIError, ValueError) as error:  # what cannot be read at all is not wrapped by the client
        return replace(of_chunks(seen), raises=type(error))
    return of_chunks(seen)


def ask_websocket(client, body):
    """The same over a WebSocket, on which a refused response is asked for once more."""
    with client.responses.connect() as connection:
        for _ in range(2):
            connection.send({"type": "response.create", **body})
            for event in connection:
                if event.type in {"response.completed", "error"}:
                    break
            if event.type != "error":
                return of_response(event.response)
    return End(event.error.code, None)


def ask_realtime(client, body):
    """The same of a session: what is written or spoken. One that is cut off is begun again, with all of its items."""
    for _ in range(2):
        with client.realtime.connect(model=body["model"]) as connection:
            session = {
                "type": "realtime",
                "output_modalities": body["output_modalities"],
                "tools": body.get("tools", []),
            }
            connection.session.update(session=session)
            for item in body["input"]:
                connection.conversation.item.create(item=item)
            connection.response.create()
            done = of_events(connection)
        if done is not None:
            return done
    raise AssertionError("the session was cut off twice")


def of_events(connection):
    """The end of the first response of a session; None if the session ends before it."""
    for event in all_of(connection):
        if event.type == "response.done":
            items = event.response.output
            parts = [part for item in items if item.type == "message" for part in item.content]
            return End(
                text="".join(part.text or "" for part in parts),
                finish=event.response.status,
                spoken="".join(part.transcript or "" for part in parts),
                calls=tuple((item.name, item.arguments) for item in items if item.type == "function_call"),
            )
    return None


def all_of(connection):
    """The events of a connection; one that is cut off is just over."""
    with contextlib.suppress(ConnectionClosed):
        yield from connection


OVER_WEBSOCKET = {"responses.websocket": ask_websocket, "realtime": ask_realtime}


def ask_responses(client, body):
    """The same of a response: what its items say when it is whole, or what its deltas said when it never is."""
    text = ""
    try:
        answer = client.responses.create(**body)
        if not body["stream"]:
            return of_response(answer)
        with answer as stream:
            for event in stream:
                text += event.delta if event.type == "response.output_text.delta" else ""
    except openai.OpenAIError as error:
        return End(text, None, raises=type(error))
    return of_response(event.response)


def of_response(response):
    thoughts = [item for item in response.output if item.type == "reasoning"]
    texts = [part for item in response.output if item.type == "message" for part in item.content]
    return End(
        text=response.output_text,
        finish=response.status,
        reasoning="".join(part.text for item in thoughts for part in (*item.summary, *(item.content or ()))),
        cites=tuple(note.url for part in texts for note in part.annotations),
        items=tuple(item.type for item in response.output if item.type != "message"),
    )


def of_completion(completion):
    choices = completion.choices or []
    return End(
        text="\n".join(choice.message.content or "" for choice in choices),
        finish=next((choice.finish_reason for choice in choices), None),
    )


def of_chunks(chunks):
    """The chunks put together as a client must: by choice, and within a choice by call."""
    choices = [choice for chunk in chunks for choice in chunk.choices if choice.delta is not None]
    deltas = [choice.delta for choice in choices]
    return End(
        text="\n".join(
            "".join(plain(choice.delta.content) for choice in choices if choice.index == index)
            for index in sorted({choice.index for choice in choices})
        ),
        finish=next((choice.finish_reason for choice in choices if choice.finish_reason), None),
        reasoning="".join(extra(delta, "reasoning_content") or extra(delta, "reasoning") or "" for delta in deltas),
        refusal="".join(delta.refusal or "" for delta in deltas),
        spoken="".join(delta.audio.transcript or "" for delta in deltas if delta.audio),
        cites=tuple(cite["url_citation"]["url"] for delta in deltas for cite in extra(delta, "annotations") or ()),
        calls=(*folded_calls(deltas), *legacy_calls(deltas)),
    )


def plain(content):
    """The text of a content, which some give as a list of parts."""
    parts = content if isinstance(content, list) else [{"type": "text", "text": content or ""}]
    return "".join(part["text"] for part in parts if part["type"] == "text")


def extra(delta, name):
    return (delta.model_extra or {}).get(name)


def folded_calls(deltas):
    folded = {}
    for part in (part for delta in deltas for part in delta.tool_calls or ()):
        name, text = folded.get(part.index, ("", ""))
        if part.function is not None:
            folded[part.index] = (name + (part.function.name or ""), text + (part.function.arguments or ""))
        else:
            custom = part.model_extra["custom"]
            folded[part.index] = (name + custom.get("name", ""), text + custom.get("input", ""))
    return [folded[index] for index in sorted(folded)]


def legacy_calls(deltas):
    parts = [delta.function_call for delta in deltas if delta.function_call]
    if not parts:
        return []
    return [("".join(part.name or "" for part in parts), "".join(part.arguments or "" for part in parts))]
