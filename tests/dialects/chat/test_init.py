"""The fold law, the strict reading of the SDK's models and OpenAI's own description, for every turn there can be."""

import base64

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.lib.streaming.chat._completions import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from mockllm.dialects.chat import CHAT
from mockllm.dialects.sse import event_bytes
from mockllm.errors import ApiError
from mockllm.request import Call
from mockllm.store import Store, Stored
from mockllm.tokens import pieces, splitter
from mockllm.turn import Audio, Choice, Logprob, Reasoning, Refusal, Text, ToolCall, Usage
from tests.openapi_schema import violations
from tests.strict import problems
from tests.turns import SEED, asked, said, turn
from tests.wire_exceptions import BEYOND_BODY, BEYOND_CHUNK, NOT_DESCRIBED_BODY, NOT_DESCRIBED_CHUNK

TOOL = {"type": "function", "function": {"name": "f"}}
FUNCTION = {"name": "f", "parameters": {"type": "object", "properties": {}}}
CITATION = {
    "type": "url_citation",
    "url_citation": {"start_index": 0, "end_index": 5, "title": "T", "url": "https://example.com"},
}

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
texts = st.one_of(words, st.sampled_from(["🌞🇩🇪", "e\u0301", "漢字かな", "\u2028\x00\n\r", '{"a": "\\"}']))
names = st.from_regex(r"[a-zA-Z0-9_-]{1,12}", fullmatch=True)


@st.composite
def spoken(draw, kind, logprobs):
    """Text or a refusal, with log probabilities if they are asked for."""
    said_pieces = pieces(splitter().split(draw(texts)))
    tokens = [token for piece in said_pieces for token in piece.raw]
    entries = tuple(Logprob(token, -0.25, ((token, -0.25),)) for token in tokens) if logprobs else ()
    if kind is Refusal:
        return Refusal(said_pieces, entries)
    return Text(said_pieces, draw(st.sampled_from([(), (CITATION,)])), entries)


def cut(text):
    return pieces(splitter().split(text))


calls = st.builds(ToolCall, st.uuids().map(str), names, texts.map(cut))
custom_calls = st.builds(ToolCall, st.uuids().map(str), names, texts.map(cut), st.just("custom"))
audio = st.builds(
    Audio,
    st.just("audio_1"),
    texts.map(cut),
    st.lists(st.binary(min_size=3, max_size=3).map(lambda data: base64.b64encode(data).decode()), max_size=3).map(
        tuple
    ),
    st.integers(0, 2**31),
)
reasoning = st.builds(Reasoning, texts.map(cut), st.sampled_from(["reasoning_content", "reasoning"]))


@st.composite
def choices(draw, *, logprobs, legacy):
    thinking = draw(st.lists(reasoning, max_size=2))
    answer = draw(st.lists(st.one_of(spoken(Text, logprobs), spoken(Refusal, logprobs)), max_size=2))
    sound = draw(st.lists(audio, max_size=1))
    called = draw(st.lists(calls if legacy else st.one_of(calls, custom_calls), max_size=1 if legacy else 3))
    parts = [*thinking, *answer, *sound, *called]
    parts = draw(st.permutations(parts)) if draw(st.booleans()) else parts
    return Choice(tuple(parts), draw(st.sampled_from(["stop", "length", "tool_calls", "content_filter"])))


@st.composite
def conversations(draw):
    """A turn and the request it answers."""
    logprobs = draw(st.booleans())
    legacy = draw(st.booleans())
    fields = {
        "model": draw(st.sampled_from(["gpt-4o", "gpt-5.1", "openai/gpt-5.1", "gpt-4o-search-preview"])),
        "logprobs": logprobs,
        "stream_options": {"include_usage": draw(st.booleans()), "include_obfuscation": draw(st.booleans())},
        "moderation": {"model": "omni-moderation-latest"} if draw(st.booleans()) else None,
        **({"functions": [FUNCTION]} if legacy else {"tools": [TOOL]}),
    }
    count = st.integers(0, 1_000_000)
    told = turn(
        *draw(st.lists(choices(logprobs=logprobs, legacy=legacy), min_size=1, max_size=3)),
        usage=draw(st.builds(Usage, count, count, count, count, count)),
        service_tier=draw(st.sampled_from(["default", "priority", None])),
        system_fingerprint=draw(st.sampled_from(["fp_44709d6fcb", None])),
    )
    return told, asked(**fields)


def chunks(told, request):
    """The chunks of the stream, from their bytes."""
    frames = [frame for frame in CHAT.stream(told, request, SEED) if frame.kind != "done"]
    return [orjson.loads(event_bytes(frame).removeprefix(b"data: ")) for frame in frames]


def body(told, request):
    """The plain body, from its bytes."""
    return orjson.loads(CHAT.body(told, request).write())


def accumulated(found):
    """What the SDK's own accumulator makes of the chunks."""
    state = ChatCompletionStreamState()
    for chunk in found:
        state.handle_chunk(ChatCompletionChunk.construct(**chunk))
    return state.current_completion_snapshot.to_dict()


def comparable(completion):
    """A completion without what differs between the two forms and means nothing: null members, the index of a call, an
    empty list of annotations.
    """
    found = _told(completion)
    for choice in found["choices"]:
        for call in choice["message"].get("tool_calls", ()):
            call.pop("index", None)
        if choice["message"].get("annotations") == []:
            del choice["message"]["annotations"]
    return {key: value for key, value in found.items() if key not in {"usage", "obfuscation"}}


def _told(value):
    match value:
        case dict():
            return {key: _told(item) for key, item in value.items() if item is not None}
        case list():
            return [_told(item) for item in value]
    return value


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_the_stream_folds_to_the_body(conversation):
    found = chunks(*conversation)
    assert comparable(accumulated(found)) == comparable(body(*conversation))
    shown = [chunk["usage"] for chunk in found if chunk.get("usage")]
    assert shown in ([], [body(*conversation)["usage"]])


@given(conversations())
@settings(max_examples=100, deadline=None)
def test_every_chunk_and_every_body_is_what_the_sdk_says(conversation):
    for chunk in chunks(*conversation):
        assert problems(chunk, ChatCompletionChunk, BEYOND_CHUNK) == []
    assert problems(body(*conversation), ChatCompletion, BEYOND_BODY) == []


@given(conversations())
@settings(max_examples=60, deadline=None)
def test_every_chunk_and_every_body_is_what_openai_describes(conversation):
    for chunk in chunks(*conversation):
        assert violations("CreateChatCompletionStreamResponse", chunk, NOT_DESCRIBED_CHUNK) == []
    assert violations("CreateChatCompletionResponse", body(*conversation), NOT_DESCRIBED_BODY) == []


@given(conversations())
@settings(max_examples=50, deadline=None)
def test_without_moderation_the_sdk_finds_the_usage(conversation):
    told, request = conversation
    if request.json.get("moderation") is None and request.json["stream_options"]["include_usage"]:
        assert accumulated(chunks(told, request))["usage"] == body(told, request)["usage"]


def test_a_choice_without_a_finish_reason_folds_too():
    told = turn(said(Text(cut("Hello")), stop=None))
    assert comparable(accumulated(chunks(told, asked()))) == comparable(body(told, asked()))
    assert body(told, asked())["choices"][0]["finish_reason"] is None


def test_the_streams_tokens_are_those_of_the_turn():
    told = turn(said(Text(cut("Hello there 🌞")), ToolCall("call_1", "f", cut('{"a": 1}'))))
    counted = sum(len(piece.raw) for part in told.choices[0].parts for piece in part.pieces)
    assert sum(frame.tokens for frame in CHAT.stream(told, asked(tools=[TOOL]), SEED)) == counted


# The dialect puts the pieces of its folder together.


def test_reading_refuses_what_the_service_refuses():
    with pytest.raises(ApiError, match="you must provide a model parameter"):
        CHAT.read(Call("POST", "/"), {}, strict=False, store=Store())
    with pytest.raises(ApiError, match="could not parse the JSON body"):
        CHAT.read(Call("POST", "/"), [], strict=False, store=Store())


BODY = {"model": "o3", "messages": [{"role": "user", "content": "Hi"}]}


def test_only_a_strict_reading_refuses_unknown_fields_and_what_a_model_cannot_do():
    assert CHAT.read(Call("POST", "/"), {**BODY, "x": 1, "max_tokens": 5}, strict=False, store=Store()).max_tokens == 5
    with pytest.raises(ApiError, match="Unrecognized request argument supplied: x"):
        CHAT.read(Call("POST", "/"), {**BODY, "x": 1}, strict=True, store=Store())
    with pytest.raises(ApiError, match="'max_tokens' is not supported with this model"):
        CHAT.read(Call("POST", "/"), {**BODY, "max_tokens": 5}, strict=True, store=Store())
    assert (
        CHAT.read(
            Call("POST", "/"), {**BODY, "model": "gpt-4o", "max_tokens": 5}, strict=True, store=Store()
        ).max_tokens
        == 5
    )


def test_a_turn_is_kept_if_the_request_says_so():
    (kept,) = CHAT.stored(turn(said()), asked(store=True), "req_1")
    assert isinstance(kept, Stored)
    assert kept.value["request_id"] == "req_1"


def test_the_api_has_its_name_and_its_layout():
    assert (CHAT.api, CHAT.layout.indent, CHAT.layout.newline) == ("chat", 2, True)
