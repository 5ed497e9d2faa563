"""The official Python client, unmodified, over WebSockets: `responses.connect()` and `realtime.connect()`.

Expected values are the scenarios' own words and the types of the client.
"""

import base64
from contextlib import asynccontextmanager

import pytest
from openai import OpenAI
from openai.lib.responses_websocket import ResponsesWebSocketLimits, ResponsesWebSocketSession
from openai.types.responses.responses_server_event import ResponsesServerEvent
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.strict import problems
from tests.wire_exceptions import BEYOND_EVENT

GREETING = "Hello from the mock."
WEATHER = {"type": "function", "name": "get_weather", "parameters": {"type": "object", "properties": {}}}
ENDS = {"response.completed", "response.incomplete", "response.failed", "response.done", "error"}


class Talk:
    """A connection behind coroutines, sync and async alike."""

    def __init__(self, ask, connection):
        self.ask = ask
        self.connection = connection

    async def do(self, result):
        return await self.ask.done(result)

    async def heard(self):
        """All events up to the one that ends an answer."""
        events = [await self.do(self.connection.recv())]
        while events[-1].type not in ENDS:
            events.append(await self.do(self.connection.recv()))
        return events


@asynccontextmanager
async def talking(ask, manager):
    if hasattr(manager, "__aenter__"):
        async with manager as connection:
            yield Talk(ask, connection)
    else:
        with manager as connection:
            yield Talk(ask, connection)


def text_of(events):
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


# --- Responses -----------------------------------------------------------------------------------------------------


async def test_several_responses_on_one_connection(ask, mockllm):
    mockllm.load(
        {
            "name": "talk",
            "rules": [{"when": {"turn": 1}, "replies": [{"text": "Again."}]}, {"replies": [{"text": GREETING}]}],
        }
    )
    async with talking(ask, ask.client.responses.connect()) as talk:
        await talk.do(talk.connection.response.create(model="gpt-5.1", input="Hi"))
        first = await talk.heard()
        assert text_of(first) == first[-1].response.output_text == GREETING
        key = first[-1].response.id
        create = talk.connection.response.create(model="gpt-5.1", input="And?", previous_response_id=key)
        await talk.do(create)
        second = await talk.heard()
        assert second[-1].response.output_text == "Again."
        assert second[-1].response.previous_response_id == key


async def test_every_event_is_what_the_types_say(ask, mockllm):
    call = {"name": "get_weather", "arguments": {"city": "Paris"}}
    mockllm.load(
        {"name": "talk", "rules": [{"replies": [{"reasoning": "Hm.", "text": "Look.", "tool_calls": [call]}]}]}
    )
    async with talking(ask, ask.client.responses.connect()) as talk:
        create = {"type": "response.create", "model": "gpt-5.1", "input": "Hi", "tools": [WEATHER], "stream_id": "a"}
        await talk.do(talk.connection.send(create))
        for event in await talk.heard():
            assert problems(event.to_dict(mode="json"), ResponsesServerEvent, BEYOND_EVENT) == [], event.type
            assert event.stream_id == "a"


async def test_a_tool_and_its_output(ask, mockllm):
    rules = [
        {"when": {"last": {"role": "tool"}}, "replies": [{"text": "It is sunny."}]},
        {"when": {"tools": "get_weather"}, "replies": [{"tool_calls": [{"name": "get_weather", "arguments": {}}]}]},
    ]
    mockllm.load({"name": "talk", "rules": rules})
    async with talking(ask, ask.client.responses.connect()) as talk:
        await talk.do(talk.connection.response.create(model="gpt-5.1", input="Hi", tools=[WEATHER], store=False))
        done = (await talk.heard())[-1].response
        (call,) = done.output
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        following = {"model": "gpt-5.1", "input": [output], "previous_response_id": done.id, "store": False}
        await talk.do(talk.connection.response.create(**following))
        assert (await talk.heard())[-1].response.output_text == "It is sunny."


async def test_an_error_is_an_event_and_the_connection_goes_on(ask, mockllm):
    rules = [
        {"when": {"last": {"contains": "quota"}}, "replies": [{"error": "insufficient_quota"}]},
        {"replies": [{"text": GREETING}]},
    ]
    mockllm.load({"name": "talk", "rules": rules})
    async with talking(ask, ask.client.responses.connect()) as talk:
        await talk.do(talk.connection.response.create(model="gpt-5.1", input="My quota?"))
        (error,) = await talk.heard()
        assert (error.status, error.error.code) == (429, "insufficient_quota")
        await talk.do(talk.connection.response.create(model="gpt-5.1", input="Hi"))
        assert text_of(await talk.heard()) == GREETING


def test_the_sessions_of_the_client_have_lanes(mockllm):
    mockllm.load({"name": "talk", "rules": [{"replies": [{"text": "{{ user }}!"}]}]})
    mockllm.env()
    sizes = {"max_lanes": 8, "max_events_per_lane": 128, "max_events": 512}
    limits = ResponsesWebSocketLimits(**sizes, max_bytes_per_lane=2**20, max_bytes=2**22)
    with (
        OpenAI(api_key="sk-test") as client,
        client.responses.connect() as connection,
        ResponsesWebSocketSession(connection, limits=limits) as session,
    ):
        lanes = {name: session.lane(name) for name in ("one", "two")}
        for name, lane in lanes.items():
            lane.send({"type": "response.create", "model": "gpt-5.1", "input": name})
        found = {name: lane.get_final_response().output_text for name, lane in lanes.items()}
    assert found == {"one": "one!", "two": "two!"}


async def test_a_connection_can_be_refused_and_be_cut(ask, mockllm):
    busy = {
        "when": {"api": "responses.connect"},
        "replies": [{"error": {"status": 429, "code": "busy"}}, {"auto": True}],
    }
    cut = {"replies": [{"text": GREETING, "faults": [{"close": {"at": {"frame": 2}, "code": 1011}}]}]}
    mockllm.load({"name": "talk", "rules": [busy, cut]})
    with pytest.raises(InvalidStatus) as refused:
        async with talking(ask, ask.client.responses.connect()):
            pass
    assert refused.value.response.status_code == 429
    async with talking(ask, ask.client.responses.connect()) as talk:
        await talk.do(talk.connection.response.create(model="gpt-5.1", input="Hi"))
        assert [(await talk.do(talk.connection.recv())).type for _ in range(2)] == [
            "response.created",
            "response.in_progress",
        ]
        with pytest.raises(ConnectionClosed) as closed:
            await talk.do(talk.connection.recv())
        assert closed.value.rcvd.code == 1011


# --- Realtime ------------------------------------------------------------------------------------------------------


async def test_a_realtime_session_with_a_tool(ask, mockllm):
    rules = [
        {"when": {"last": {"role": "tool"}}, "replies": [{"text": "It is sunny."}]},
        {"when": {"tools": "get_weather"}, "replies": [{"tool_calls": [{"name": "get_weather", "arguments": {}}]}]},
    ]
    mockllm.load({"name": "talk", "rules": rules})
    async with talking(ask, ask.client.realtime.connect(model="gpt-realtime")) as talk:
        connection = talk.connection
        created = await talk.do(connection.recv())
        assert (created.type, created.session.model) == ("session.created", "gpt-realtime")
        session = {"type": "realtime", "output_modalities": ["text"], "tools": [WEATHER]}
        await talk.do(connection.session.update(session=session))
        updated = await talk.do(connection.recv())
        assert updated.session.tools[0].name == "get_weather"
        content = [{"type": "input_text", "text": "How is the weather?"}]
        item = {"type": "message", "role": "user", "content": content}
        await talk.do(connection.conversation.item.create(item=item))
        kinds = [(await talk.do(connection.recv())).type for _ in range(2)]
        assert kinds == ["conversation.item.added", "conversation.item.done"]
        await talk.do(connection.response.create())
        (call,) = (await talk.heard())[-1].response.output
        output = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
        await talk.do(connection.conversation.item.create(item=output))
        kinds = [(await talk.do(connection.recv())).type for _ in range(2)]
        await talk.do(connection.response.create())
        heard = await talk.heard()
        assert text_of(heard) == "It is sunny."
        assert heard[-1].response.status == "completed"


async def test_a_spoken_answer_and_sound_of_the_client(ask, mockllm):
    mockllm.load({"name": "talk", "rules": [{"replies": [{"text": "Yes, I can."}]}]})
    async with talking(ask, ask.client.realtime.connect(model="gpt-realtime")) as talk:
        connection = talk.connection
        await talk.do(connection.recv())
        await talk.do(connection.input_audio_buffer.append(audio=base64.b64encode(bytes(9_600)).decode()))
        await talk.do(connection.input_audio_buffer.commit())
        kinds = [(await talk.do(connection.recv())).type for _ in range(3)]
        assert kinds[0] == "input_audio_buffer.committed"
        await talk.do(connection.response.create())
        heard = await talk.heard()
        spoken = "".join(it.delta for it in heard if it.type == "response.output_audio_transcript.delta")
        sound = b"".join(base64.b64decode(it.delta) for it in heard if it.type == "response.output_audio.delta")
        assert spoken == heard[-1].response.output[0].content[0].transcript == "Yes, I can."
        assert sound == bytes(len(sound)) != b""


async def test_a_realtime_answer_can_be_cancelled(ask, mockllm):
    reply = {"text": ["One", " two"], "faults": [{"stall": {"at": {"token": 1}}}]}
    mockllm.load({"name": "talk", "rules": [{"replies": [reply]}]})
    async with talking(ask, ask.client.realtime.connect(model="gpt-realtime")) as talk:
        await talk.do(talk.connection.recv())
        await talk.do(talk.connection.response.create(response={"output_modalities": ["text"]}))
        while (await talk.do(talk.connection.recv())).type != "response.output_text.delta":
            pass
        await talk.do(talk.connection.response.cancel())
        done = (await talk.heard())[-1].response
        assert (done.status, done.status_details.reason) == ("cancelled", "client_cancelled")
        assert done.output[0].content[0].text == "One"


async def test_what_realtime_does_not_know_is_an_error_that_names_the_event(ask, mockllm):
    mockllm.load({"name": "talk", "rules": [{"replies": [{"text": GREETING}]}]})
    async with talking(ask, ask.client.realtime.connect(model="gpt-realtime")) as talk:
        await talk.do(talk.connection.recv())
        await talk.do(talk.connection.conversation.item.delete(item_id="nothing", event_id="mine"))
        (error,) = await talk.heard()
        assert (error.error.code, error.error.event_id) == ("item_delete_invalid_item_id", "mine")
