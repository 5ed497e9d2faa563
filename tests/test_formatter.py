import ast
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice
from pathlib import Path

import openai
import pytest
from aiohttp import web

import mockllm.formatter
from mockllm.errors import ApiError
from mockllm.formatter import (
    COMPLETION_ID,
    CREATED,
    ArgumentsDelta,
    Finish,
    Piece,
    ReasoningDelta,
    ToolCallStart,
    openai_stream,
)
from mockllm.scenario.document import Scenario
from mockllm.turn import Usage

# Chunks as wire-contract §5.2 and §5.3 have them, in key order; the envelope is the same in all of a stream.
HEAD = (
    '{"id":"chatcmpl-00000000000000000000000000000","object":"chat.completion.chunk","created":1767225600,'
    '"model":"mockllm","system_fingerprint":null,"choices":['
)
ROLE = '{"role":"assistant","content":"","refusal":null}'
DONE = "data: [DONE]\n\n"


def chunk(delta: str, finish: str = "null", tail: str = "") -> str:
    return f'data: {HEAD}{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]{tail}}}\n\n'


async def later(items: Iterable[Piece]) -> AsyncIterator[Piece]:
    for item in items:
        yield item


def payloads(events: Iterable[str]) -> list[dict]:
    """The JSON of each event but the last, which is the end marker."""
    *chunks, done = events
    assert done == DONE
    return [json.loads(event.removeprefix("data: ")) for event in chunks]


def deltas(events: Iterable[str]) -> list[dict]:
    return [payload["choices"][0]["delta"] for payload in payloads(events)]


def test_strings_become_role_content_finish_and_the_end():
    assert list(openai_stream(["It's", " 🌞"])) == [
        chunk(ROLE),
        chunk('{"content":"It\'s"}'),
        chunk('{"content":" 🌞"}'),
        chunk("{}", '"stop"'),
        DONE,
    ]


async def test_an_async_source_gives_the_same_events_asynchronously():
    pieces = ["It's", ReasoningDelta("hm"), ToolCallStart("f", "call_1"), Usage(1, 2)]
    events = [event async for event in openai_stream(later(pieces), include_usage=True)]
    assert events == list(openai_stream(pieces, include_usage=True))


def test_no_piece_at_all_is_an_empty_answer():
    assert list(openai_stream([])) == [chunk(ROLE), chunk("{}", '"stop"'), DONE]


def test_the_envelope_is_what_the_caller_says():
    events = openai_stream(["a"], model="gpt-4o", id="chatcmpl-x", created=5, system_fingerprint="fp_1")
    for payload in payloads(events):
        assert list(payload.items())[:5] == [
            ("id", "chatcmpl-x"),
            ("object", "chat.completion.chunk"),
            ("created", 5),
            ("model", "gpt-4o"),
            ("system_fingerprint", "fp_1"),
        ]


def test_the_defaults_are_fixed_so_the_same_tokens_give_the_same_text():
    assert list(openai_stream(["a"])) == list(openai_stream(["a"]))
    assert len(COMPLETION_ID) == len("chatcmpl-") + 29
    assert Scenario().created == CREATED


def test_reasoning_goes_into_the_field_it_is_given():
    assert deltas(openai_stream([ReasoningDelta("hm"), ReasoningDelta("so", field="reasoning")]))[1:3] == [
        {"reasoning_content": "hm"},
        {"reasoning": "so"},
    ]


def test_a_tool_call_is_a_header_and_fragments_and_finishes_with_tool_calls():
    pieces = [ToolCallStart("get_weather", "call_1"), ArgumentsDelta('{"city":'), ArgumentsDelta('"Paris"}')]
    assert list(openai_stream(pieces)) == [
        chunk(ROLE),
        chunk(
            '{"tool_calls":[{"index":0,"id":"call_1","type":"function",'
            '"function":{"name":"get_weather","arguments":""}}]}'
        ),
        chunk('{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\":"}}]}'),
        chunk('{"tool_calls":[{"index":0,"function":{"arguments":"\\"Paris\\"}"}}]}'),
        chunk("{}", '"tool_calls"'),
        DONE,
    ]


def test_calls_are_numbered_and_fragments_go_to_the_last_call_or_to_the_one_they_name():
    pieces = [
        ToolCallStart("f", "call_1", index=0),
        ToolCallStart("g", "call_2"),
        ArgumentsDelta("{}"),
        ArgumentsDelta("[]", index=0),
    ]
    calls = [delta["tool_calls"][0] for delta in deltas(openai_stream(pieces))[1:-1]]
    assert [(call["index"], call["function"]["arguments"]) for call in calls] == [
        (0, ""),
        (1, ""),
        (1, "{}"),
        (0, "[]"),
    ]


def test_a_finish_is_sent_when_it_comes_and_only_once():
    events = openai_stream(["a", Finish("length")])
    assert [payload["choices"][0]["finish_reason"] for payload in payloads(events)] == [None, None, "length"]


def test_usage_is_sent_last_and_null_before_if_it_was_asked_for():
    usage = Usage(input_tokens=10, output_tokens=5, reasoning_tokens=2, cached_tokens=4)
    events = list(openai_stream([usage, "a", Finish()], include_usage=True))
    assert events[:3] == [
        chunk(ROLE, tail=',"usage":null'),
        chunk('{"content":"a"}', tail=',"usage":null'),
        chunk("{}", '"stop"', tail=',"usage":null'),
    ]
    assert events[3] == (
        f'data: {HEAD}],"usage":{{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,'
        '"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":2,'
        '"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}\n\n'
    )
    assert events[4] == DONE


def test_usage_may_follow_the_finish():
    last = payloads(openai_stream(["a", Finish(), Usage(3, 4)], include_usage=True))[-1]
    assert last["usage"]["total_tokens"] == 7


def test_without_a_usage_each_piece_of_text_counts_as_a_token():
    pieces = ["a", "b", ReasoningDelta("c"), ToolCallStart("f", "call_1"), ArgumentsDelta("{}")]
    usage = payloads(openai_stream(pieces, include_usage=True))[-1]["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (0, 4)


def test_usage_that_was_not_asked_for_is_not_shown():
    assert all("usage" not in payload for payload in payloads(openai_stream(["a", Usage(1, 1)])))


def counted(taken: list[str]) -> Iterator[Piece]:
    for token in ("a", "b"):
        taken.append(token)
        yield token


def test_nothing_is_read_before_it_is_asked_for_and_each_token_goes_out_as_it_comes():
    taken: list[str] = []
    events = openai_stream(counted(taken))
    assert taken == []
    assert next(events) == chunk(ROLE)
    assert next(events) == chunk('{"content":"a"}')
    assert taken == ["a"]
    assert next(events) == chunk('{"content":"b"}')
    assert taken == ["a", "b"]


async def test_an_async_source_is_read_as_lazily():
    taken: list[str] = []

    async def source() -> AsyncIterator[Piece]:
        for token in counted(taken):
            yield token

    events = openai_stream(source())
    assert taken == []
    assert [await anext(events), await anext(events)] == [chunk(ROLE), chunk('{"content":"a"}')]
    assert taken == ["a"]


def failing(error: Exception, closed: list[bool]) -> Iterator[Piece]:
    try:
        yield "a"
        raise error
    finally:
        closed.append(True)


async def failing_later(error: Exception, closed: list[bool]) -> AsyncIterator[Piece]:
    try:
        yield "a"
        raise error
    finally:
        closed.append(True)


# wire-contract §4.3: one frame with the error object, no finish, no end marker.
GENERIC = (
    'data: {"error":{"message":"The server had an error while processing your request.",'
    '"type":"server_error","param":null,"code":null}}\n\n'
)


def test_a_source_that_raises_ends_the_stream_with_an_error_and_raises_it_then():
    events = openai_stream(failing(RuntimeError("secret"), []))
    assert [next(events) for _ in range(3)] == [chunk(ROLE), chunk('{"content":"a"}'), GENERIC]
    with pytest.raises(RuntimeError, match="secret"):
        next(events)
    assert list(events) == []


async def test_an_async_source_that_raises_does_the_same():
    events = openai_stream(failing_later(RuntimeError("secret"), []))
    assert [await anext(events) for _ in range(3)] == [chunk(ROLE), chunk('{"content":"a"}'), GENERIC]
    with pytest.raises(RuntimeError, match="secret"):
        await anext(events)


def test_an_api_error_is_shown_in_its_own_words():
    error = ApiError(429, "Slow down.", type_="requests", code="rate_limit_exceeded", param="model")
    events = openai_stream(failing(error, []))
    assert [next(events) for _ in range(3)][2] == (
        'data: {"error":{"message":"Slow down.","type":"requests","param":"model","code":"rate_limit_exceeded"}}\n\n'
    )


@pytest.mark.parametrize(
    ("pieces", "error", "said"),
    [
        (["a", 7], TypeError, "7 is no piece of a stream: yield one of str, ReasoningDelta, ToolCallStart, "),
        ([b"a"], TypeError, "b'a' is no piece of a stream"),
        ([ArgumentsDelta("{}")], ValueError, r"ArgumentsDelta\(.*\) belongs to no call: yield its ToolCallStart first"),
        ([ToolCallStart("f", "c"), ArgumentsDelta("{}", index=1)], ValueError, "belongs to no call"),
        ([ToolCallStart("f", "c"), ArgumentsDelta("{}", index=-1)], ValueError, "belongs to no call"),
        ([ToolCallStart("f", "c", index=1)], ValueError, "should have the index 0: calls are numbered in order"),
        ([Finish(), "a"], ValueError, "'a' comes after the finish: only Usage may follow it"),
        ([Finish(), Finish("length")], ValueError, "comes after the finish"),
    ],
)
def test_a_piece_out_of_place_is_an_error_of_the_source(pieces, error, said):
    shown: list[str] = []
    with pytest.raises(error, match=said):
        note(openai_stream(pieces), shown)
    assert shown[-1] == GENERIC
    assert DONE not in shown


def note(events: Iterable[str], shown: list[str]) -> None:
    """Each event goes to `shown` as it comes, so that it is there if a later one raises."""
    for event in events:
        shown.append(event)  # noqa: PERF402


@pytest.mark.parametrize("read", [1, 2, 3])
def test_the_source_is_closed_wherever_the_reader_stops(read):
    closed: list[bool] = []
    events = openai_stream(failing(RuntimeError("late"), closed))
    for _ in range(read):
        next(events)
    events.close()
    assert closed == [True]


async def test_an_async_source_is_closed_when_the_reader_stops():
    closed: list[bool] = []
    events = openai_stream(failing_later(RuntimeError("late"), closed))
    await anext(events)
    await events.aclose()
    assert closed == [True]


class Endless:
    """An async iterator that is no generator: it has nothing to close."""

    def __aiter__(self) -> "Endless":
        return self

    async def __anext__(self) -> str:
        return "a"


async def test_a_source_without_a_close_needs_none():
    events = openai_stream(Endless())
    assert await anext(events) == chunk(ROLE)
    await events.aclose()


def test_the_formatter_waits_for_nothing_and_reads_no_clock():
    tree = ast.parse(Path(mockllm.formatter.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not imported & {"asyncio", "time", "datetime", "random", "uuid"}


PIECES = [
    ReasoningDelta("I need "),
    ReasoningDelta("tools."),
    "Let me",
    " look.",
    ToolCallStart("get_weather", "call_1"),
    ArgumentsDelta('{"city":'),
    ArgumentsDelta('"Paris"}'),
    ToolCallStart("get_time", "call_2"),
    ArgumentsDelta("{}"),
    Usage(7, 9),
]


def application(*, asynchronous: bool, pieces: Iterable[Piece] = PIECES) -> web.Application:
    """What somebody who needs an endpoint of their own would write."""

    async def complete(request: web.Request) -> web.StreamResponse:
        body = await request.json()
        asked = body.get("stream_options", {}).get("include_usage", False)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        if asynchronous:
            async for event in openai_stream(later(pieces), model=body["model"], include_usage=asked):
                await response.write(event.encode())
        else:
            for event in openai_stream(pieces, model=body["model"], include_usage=asked):
                await response.write(event.encode())
        return response

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    return app


@pytest.mark.parametrize("asynchronous", [False, True])
async def test_the_official_client_accumulates_the_answer(asynchronous, aiohttp_server):
    server = await aiohttp_server(application(asynchronous=asynchronous))
    async with openai.AsyncOpenAI(base_url=str(server.make_url("/v1")), api_key="any", max_retries=0) as client:
        answer = client.chat.completions.stream(
            model="gpt-4o", messages=[{"role": "user", "content": "Hi"}], stream_options={"include_usage": True}
        )
        async with answer as stream:
            completion = await stream.get_final_completion()
    choice = completion.choices[0]
    assert completion.model == "gpt-4o"
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content == "Let me look."
    assert choice.message.reasoning_content == "I need tools."
    assert [(call.id, call.function.name, call.function.arguments) for call in choice.message.tool_calls] == [
        ("call_1", "get_weather", '{"city":"Paris"}'),
        ("call_2", "get_time", "{}"),
    ]
    assert completion.usage.total_tokens == 16


async def test_the_official_client_raises_the_error_of_a_broken_answer(aiohttp_server):
    async def complete(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for event in islice(openai_stream(failing(ApiError(503, "Too busy.", code="busy"), [])), 3):
            await response.write(event.encode())
        return response

    app = web.Application()
    app.router.add_post("/v1/chat/completions", complete)
    server = await aiohttp_server(app)
    async with openai.AsyncOpenAI(base_url=str(server.make_url("/v1")), api_key="any", max_retries=0) as client:
        stream = await client.chat.completions.create(model="m", messages=[], stream=True)
        with pytest.raises(openai.APIError, match="Too busy") as failure:
            [chunk async for chunk in stream]
    assert failure.value.code == "busy"
