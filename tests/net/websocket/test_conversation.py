"""Conversations over real sockets: what is said, what is recorded, and how it ends."""

import asyncio
import json

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
from wsproto.frame_protocol import FrameProtocol

from mockllm.dialects.realtime.dialogue import RealtimeDialogue
from mockllm.dialects.responses.dialogue import ResponsesDialogue
from mockllm.engine import Engine
from mockllm.exchange import Ending
from mockllm.net.clock import RealClock
from mockllm.net.stage import Stage
from mockllm.net.websocket import Host
from mockllm.net.websocket import conversation as conversation_module
from mockllm.net.websocket.conversation import Conversation, events
from mockllm.plan import Frame, Messages, Send, Wait
from mockllm.request import Call
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_value

HELLO = {"replies": [{"text": ["Hello", " there", " friend"]}]}
# created, in_progress, item added, part added, three deltas, text done, part done, item done, completed
HELLO_EVENTS = 11
CREATE = {"type": "response.create", "model": "gpt-5.1", "input": "Hi"}
ENDS = ("response.completed", "error")
TYPED = {"type": "session.update", "session": {"type": "realtime", "output_modalities": ["text"]}}
REALTIME = "/v1/realtime?model=gpt-realtime"


def messages(llm):
    """What was recorded of messages: status and how it ended."""
    return [
        (exchange.status, exchange.outcome.ending)
        for exchange in llm.journal.all()
        if exchange.call.method == "WEBSOCKET"
    ]


def delta_texts(heard):
    return [event["delta"] for event in heard if event["type"].endswith("output_text.delta")]


# --- one answer after the other ------------------------------------------------------------------------------------


def test_the_events_are_those_of_the_stream_and_every_answer_is_an_exchange(serving, talk):
    llm = serving(HELLO)
    client = talk(llm)
    for _ in range(2):
        client.say(**CREATE)
        heard = client.until(*ENDS)
        assert len(heard) == HELLO_EVENTS
        assert [event["sequence_number"] for event in heard] == list(range(HELLO_EVENTS))
        assert delta_texts(heard) == ["Hello", " there", " friend"]
    assert [(exchange.call.method, exchange.status) for exchange in llm.journal.all()] == [
        ("GET", 101),
        ("WEBSOCKET", 200),
        ("WEBSOCKET", 200),
    ]
    assert [exchange.request.api for exchange in llm.journal.all()[1:]] == ["responses"] * 2
    assert [exchange.rule for exchange in llm.journal.all()[1:]] == ["rules[0]"] * 2


def test_the_same_answer_has_the_same_bytes_each_time(serving, bare):
    def said():
        client = bare(serving(HELLO))
        client.head()
        client.send(1, json.dumps(CREATE).encode())
        return [client.frame() for _ in range(HELLO_EVENTS)]

    assert said() == said()


def test_an_answer_continues_the_one_before_stored_or_not(serving, talk):
    rule = {"when": {"turn": 1}, "replies": [{"text": "Again"}]}
    client = talk(serving(rule, HELLO))
    for store in (True, False):
        client.say(**CREATE, store=store)
        key = client.until(*ENDS)[-1]["response"]["id"]
        client.say(**CREATE, previous_response_id=key)
        assert delta_texts(client.until(*ENDS)) == ["Again"]
    client.say(**CREATE, previous_response_id="resp_unknown")
    (error,) = client.until(*ENDS)
    assert (error["status"], error["error"]["code"]) == (400, "previous_response_not_found")


@pytest.mark.parametrize("store", [True, False])
def test_a_response_that_says_nothing_takes_no_reply_and_can_be_continued(serving, talk, store):
    llm = serving({"replies": [{"text": "First"}, {"text": "Second"}]})
    client = talk(llm)
    client.say(**CREATE, generate=False, store=store, stream_id="a")
    heard = client.until(*ENDS)
    done = heard[-1]["response"]
    assert (done["status"], done["output"], heard[-1]["stream_id"]) == ("completed", [], "a")
    client.say(**{**CREATE, "input": "And?"}, previous_response_id=done["id"], generate=True)
    assert delta_texts(client.until(*ENDS)) == ["First"]
    assert [message.text for message in llm.journal.all()[-1].request.messages] == ["Hi", "And?"]


def test_namespaces_are_chosen_by_the_url_the_key_and_the_model(serving, talk):
    llm = serving(HELLO)
    by_url = talk(llm, "/talk@a/v1/responses")
    by_url.say(**CREATE)
    by_key = talk(llm, additional_headers={"authorization": "Bearer sk-mock-@b"})
    by_key.say(**CREATE)
    by_model = talk(llm)
    by_model.say(**{**CREATE, "model": "mockllm/talk@c"})
    for client in (by_url, by_key, by_model):
        client.until(*ENDS)
    names = {exchange.namespace for exchange in llm.journal.all() if exchange.call.method == "WEBSOCKET"}
    assert names == {"talk@a", "talk@b", "talk@c"}


# --- lanes ---------------------------------------------------------------------------------------------------------


def test_lanes_go_side_by_side_and_each_in_its_order(serving, talk):
    gated = {"when": {"last": {"contains": "Hi"}}, "replies": [{"text": "Hello", "faults": [{"gate": "door"}]}]}
    llm = serving(gated, {"replies": [{"text": "Yes"}]})
    client = talk(llm)
    client.say(**CREATE, stream_id="a")
    client.say(**{**CREATE, "input": "More"}, stream_id="a")
    client.say(**{**CREATE, "input": "Quick"}, stream_id="b")
    assert {event["stream_id"] for event in client.until(*ENDS)} == {"b"}
    llm.open("door")
    assert delta_texts(client.until(*ENDS)) == ["Hello"]
    assert delta_texts(client.until(*ENDS)) == ["Yes"]


def test_so_many_answers_are_made_at_a_time_and_wait_at_most(serving, talk, monkeypatch):
    monkeypatch.setattr(conversation_module, "MOST_ACTIVE", 1)
    monkeypatch.setattr(conversation_module, "MOST_WAITING", 1)
    gated = {"when": {"last": {"contains": "Hi"}}, "replies": [{"text": "Hello", "faults": [{"gate": "door"}]}]}
    llm = serving(gated, {"replies": [{"text": "Yes"}]})
    client = talk(llm)
    client.say(**CREATE)
    client.say(**{**CREATE, "input": "Wait"}, stream_id="b")
    client.say(**{**CREATE, "input": "Too many"}, stream_id="c")
    error = client.hear()
    assert (error["status"], error["error"]["code"], error["stream_id"]) == (429, "too_many_waiting", "c")
    llm.open("door")
    client.until(*ENDS)
    assert delta_texts(client.until(*ENDS)) == ["Yes"]


def test_what_was_steered_is_answered_next(serving, talk):
    steered = {"when": {"last": {"contains": "Shorter"}}, "replies": [{"text": "Hi"}]}
    gated = {"replies": [{"text": "Hello", "faults": [{"gate": {"name": "door", "at": {"token": 0}}}]}]}
    llm = serving(steered, gated)
    client = talk(llm)
    client.say(**CREATE)
    key = client.until("response.content_part.added")[0]["response"]["id"]
    client.say(type="response.steer", previous_response_id=key, input="Shorter")
    assert client.hear()["type"] == "response.steer.accepted"
    llm.open("door")
    assert delta_texts(client.until(*ENDS)) == ["Hello"]
    follower = client.until(*ENDS)
    assert follower[0]["response"]["previous_response_id"] == key
    assert delta_texts(follower) == ["Hi"]


# --- errors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "code"),
    [("{", "invalid_json"), ("[]", "invalid_event"), ('"Hi"', "invalid_event"), ('{"type": "hello"}', "invalid_value")],
)
def test_what_is_no_event_is_refused_and_recorded_and_the_conversation_goes_on(serving, talk, message, code):
    llm = serving(HELLO)
    client = talk(llm)
    client.connection.send(message)
    error = client.hear()
    assert error == {"type": "error", "error": {**error["error"], "code": code}, "status": 400}
    client.say(**CREATE)
    client.until(*ENDS)
    assert messages(llm) == [(400, Ending.COMPLETE), (200, Ending.COMPLETE)]


def test_errors_of_every_kind_are_events(serving, talk):
    llm = serving(
        {"when": {"last": {"contains": "quota"}}, "replies": [{"error": "insufficient_quota"}]},
        {
            "when": {"last": {"contains": "limit"}},
            "replies": [{"error": {"code": "rate_limit_exceeded", "retry_after": "2s"}}],
        },
        {"when": {"last": {"contains": "raw"}}, "replies": [{"raw": {"status": 200, "body": "x"}}]},
    )
    client = talk(llm)
    found = []
    for text in ("quota", "limit", "raw", "unmatched"):
        client.say(**{**CREATE, "input": text}, stream_id="a")
        (error,) = client.until(*ENDS)
        assert error["stream_id"] == "a"
        found.append((error["status"], error["error"]["code"]))
    assert found == [
        (429, "insufficient_quota"),
        (429, "rate_limit_exceeded"),
        (500, "reply_failed"),
        (400, "no_rule_matched"),
    ]
    client.say(**{**CREATE, "input": "limit"})
    assert client.hear()["error"]["headers"] == {"retry-after": "2"}


def test_limits_count_answers_and_not_connections(serving, talk):
    llm = serving(HELLO, limits={"requests": "1/min"})
    for _ in range(2):
        client = talk(llm)
    client.say(**CREATE)
    assert client.until(*ENDS)[-1]["type"] == "response.completed"
    client.say(**CREATE)
    (error,) = client.until(*ENDS)
    assert (error["status"], error["error"]["code"]) == (429, "rate_limit_exceeded")
    assert error["error"]["headers"]["x-ratelimit-limit-requests"] == "1"


# --- faults --------------------------------------------------------------------------------------------------------


def faulty(*faults, **more):
    return {"replies": [{"text": ["Hello", " there", " friend"], "faults": list(faults), **more}]}


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("count", [0, 1, 5, 10, 11])
def test_a_cut_after_so_many_events_delivers_just_these(serving, bare, kind, count):
    llm = serving(faulty({kind: {"at": {"frame": count}}}))
    client = bare(llm)
    client.head()
    client.send(1, json.dumps(CREATE).encode())
    for _ in range(count):
        assert client.frame()[0] == 1
    assert client.read_to_end() == (b"", {"reset": "RST", "close": "FIN"}[kind])
    llm.wait_idle()
    assert messages(llm) == [(200, Ending.CUT)]


def test_a_close_may_have_a_code_and_a_reason(serving, talk):
    client = talk(serving(faulty({"close": {"at": {"frame": 3}, "code": 1013, "reason": "try again"}})))
    client.say(**CREATE)
    assert [client.hear()["sequence_number"] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ConnectionClosedError) as closed:
        client.hear()
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1013, "try again")


def test_an_answer_that_is_truncated_ends_and_the_conversation_does_not(serving, talk):
    llm = serving({"when": {"last": {"contains": "Hi"}}, **faulty({"truncate": {"at": {"frame": 3}}})}, HELLO)
    client = talk(llm)
    client.say(**CREATE)
    assert [client.hear()["type"] for _ in range(3)][-1] == "response.output_item.added"
    client.say(**{**CREATE, "input": "More"})
    assert client.hear()["sequence_number"] == 0
    client.until(*ENDS)
    assert messages(llm) == [(200, Ending.CUT), (200, Ending.COMPLETE)]


def test_bytes_in_pieces_are_the_same_message(serving, talk):
    client = talk(serving(faulty({"split": {"bytes": 7}})))
    client.say(**CREATE)
    assert len(client.until(*ENDS)) == HELLO_EVENTS


def test_events_can_be_changed_like_any_frames(serving, talk):
    faults = (
        {"patch": {"frames": "finish", "set": {"response.status": "odd"}}},
        {"drop": {"frames": 1}},
        {"duplicate": {"frames": 4}},
        {"corrupt": {"frames": 5, "how": "cut_json"}},
    )
    client = talk(serving(faulty(*faults)))
    client.say(**CREATE)
    texts = [client.connection.recv(timeout=20) for _ in range(HELLO_EVENTS)]
    assert json.loads(texts[-1])["response"]["status"] == "odd"
    kinds = [json.loads(text)["type"] for text in texts[:4]]
    assert "response.in_progress" not in kinds
    assert texts[3] == texts[4]
    with pytest.raises(json.JSONDecodeError):
        json.loads(texts[5])


def test_text_that_is_no_utf8_ends_the_conversation_at_the_client(serving, talk):
    client = talk(serving(faulty({"corrupt": {"frames": 1, "how": "invalid_utf8"}})))
    client.say(**CREATE)
    client.hear()
    with pytest.raises(ConnectionClosedError) as closed:
        client.hear()
    assert closed.value.sent.code == 1007


def test_silence_is_filled_with_pings(serving, bare):
    llm = serving(faulty({"stall": {"at": {"frame": 1}, "for": "60ms", "heartbeat": "20ms"}}))
    client = bare(llm)
    client.head()
    client.send(1, json.dumps(CREATE).encode())
    frames = [client.frame() for _ in range(5)]
    assert [opcode for opcode, _ in frames] == [1, 9, 9, 9, 1]
    assert frames[1][1] == b": keep-alive"


def test_faults_of_sse_and_of_http_have_nothing_to_act_on_and_are_reported(serving, talk):
    kinds = ({"line_ending": "crlf"}, {"bom": {}}, {"done": "omit"}, {"event_names": "x"}, {"status": 503})
    llm = serving(faulty(*kinds, {"stall": {"at": "headers"}}, {"reset": {"at": "headers"}}))
    client = talk(llm)
    client.say(**CREATE)
    assert len(client.until(*ENDS)) == HELLO_EVENTS
    unfired = llm.journal.all()[-1].unfired
    assert sorted(unfired) == sorted(["line_ending", "bom", "done", "event_names", "status", "stall", "reset"])


def test_an_error_may_come_in_the_middle(serving, talk):
    client = talk(serving(faulty({"error_event": {"at": {"token": 1}, "error": "server_error"}})))
    client.say(**CREATE)
    heard = client.until("response.failed")
    assert [event["type"] for event in heard[-2:]] == ["error", "response.failed"]


def test_chaos_strikes_answers(serving, talk):
    llm = serving(HELLO, chaos=[{"chance": "100%", "faults": [{"reset": {"at": {"frame": 2}}}]}])
    client = talk(llm)
    client.say(**CREATE)
    with pytest.raises(ConnectionClosedError):
        client.until(*ENDS)
    llm.wait_idle()
    assert llm.journal.all()[-1].struck == ("chaos[0]: reset",)


# --- how it ends ---------------------------------------------------------------------------------------------------


def test_a_farewell_is_answered_with_its_code_and_the_connection_ends(serving, bare):
    client = bare(serving(HELLO))
    client.head()
    client.send(8, b"\x03\xe8bye")
    assert client.frame() == (8, b"\x03\xe8")
    assert client.read_to_end() == (b"", "FIN")


def test_who_leaves_in_the_middle_has_left(serving, bare, talk):
    llm = serving(faulty({"stall": {"at": {"frame": 2}}}))
    for leave in (lambda it: it.send(8, b""), lambda it: it.socket.close()):
        client = bare(llm)
        client.head()
        client.send(1, json.dumps(CREATE).encode())
        assert [client.frame()[0] for _ in range(2)] == [1, 1]
        leave(client)
        client.reader.close()
        llm.wait_idle()
    assert messages(llm) == [(200, Ending.LEFT)] * 2


def test_what_else_was_on_the_way_ends_with_the_connection(serving, talk):
    stalled = {"when": {"last": {"contains": "Hi"}}, **faulty({"stall": {"at": {"frame": 2}}})}
    llm = serving(stalled, faulty({"reset": {"at": {"frame": 3}}}))
    client = talk(llm)
    client.say(**CREATE, stream_id="a")
    client.hear(), client.hear()
    client.say(**{**CREATE, "input": "More"}, stream_id="b")
    with pytest.raises(ConnectionClosedError):
        client.until(*ENDS)
    llm.wait_idle()
    assert messages(llm) == [(200, Ending.CUT)] * 2


def test_a_ping_is_answered_with_its_data(serving, bare):
    client = bare(serving(HELLO))
    client.head()
    client.send(9, b"are you there")
    assert client.frame() == (10, b"are you there")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"opcode": 2, "payload": b"{}"}, 1003),
        ({"opcode": 1, "payload": b"\xff\xfe"}, 1007),
        ({"opcode": 1, "payload": b"{}", "masked": False}, 1002),
        ({"opcode": 3, "payload": b""}, 1002),
    ],
)
def test_who_breaks_the_protocol_is_told_and_cut_off(serving, bare, frame, code):
    client = bare(serving(HELLO))
    client.head()
    client.send(**frame)
    found, data = client.frame()
    assert (found, int.from_bytes(data[:2], "big")) == (8, code)
    assert client.read_to_end() == (b"", "FIN")


def test_nothing_is_heard_after_the_end(serving, bare):
    llm = serving(HELLO)
    client = bare(llm)
    client.head()
    client.send(8, b"")
    client.send(1, json.dumps(CREATE).encode())
    client.read_to_end()
    assert messages(llm) == []


def test_a_server_that_stops_ends_its_conversations(serving, talk):
    llm = serving(faulty({"stall": {"at": {"frame": 2}}}))
    client = talk(llm)
    client.say(**CREATE)
    client.hear(), client.hear()
    llm.close()
    with pytest.raises((ConnectionClosedError, ConnectionClosedOK)):
        client.hear()
    assert messages(llm) == [(200, Ending.STOPPED)]


# --- realtime ------------------------------------------------------------------------------------------------------


def test_a_session_with_a_tool(serving, talk):
    llm = serving(
        {"when": {"api": "realtime", "last": {"role": "tool"}}, "replies": [{"text": "It is sunny."}]},
        {"when": {"tools": "f"}, "replies": [{"tool_calls": [{"name": "f", "arguments": {"a": 1}}]}]},
    )
    client = talk(llm, REALTIME)
    assert client.hear()["type"] == "session.created"
    tool = {"type": "function", "name": "f", "parameters": {"type": "object"}}
    client.say(type="session.update", session={**TYPED["session"], "tools": [tool]})
    assert client.hear()["session"]["tools"] == [tool]
    client.say(type="response.create")
    call = client.until("response.done")[-1]["response"]["output"][0]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}
    client.say(type="conversation.item.create", item=output)
    client.until("conversation.item.done")
    client.say(type="response.create")
    assert "".join(delta_texts(client.until("response.done"))) == "It is sunny."
    assert [exchange.request.api for exchange in llm.journal.all()] == ["realtime.connect", "realtime", "realtime"]


@pytest.mark.parametrize("faults", [[], [{"split": {"bytes": 9, "every": "1ms"}}]])
def test_a_cancelled_answer_ends_after_what_was_said(serving, talk, faults):
    stall = {"gate": {"name": "never", "at": {"token": 1}}}
    llm = serving({"replies": [{"text": ["Hello", " there"], "faults": [stall, *faults]}]})
    client = talk(llm, REALTIME)
    client.hear()
    client.say(**TYPED)
    client.hear()
    client.say(type="response.create")
    client.until("response.output_text.delta")
    client.say(type="response.cancel")
    client.say(type="response.cancel")
    heard = client.until("response.done")
    assert heard[-1]["response"]["status"] == "cancelled"
    assert heard[-1]["response"]["output"][0]["content"] == [{"type": "output_text", "text": "Hello"}]
    client.say(type="response.cancel", event_id="mine")
    error = client.until("error")[-1]["error"]
    assert error["code"] == "response_cancel_not_active"
    llm.wait_idle()
    assert messages(llm)[0] == (200, Ending.CANCELLED)


def test_a_cancel_that_comes_at_once_finds_the_answer_begun(serving, bare):
    llm = serving(faulty({"stall": {"at": {"frame": 2}}}))
    client = bare(llm, REALTIME)
    client.head()
    client.frame()
    client.send(1, b'{"type": "response.create"}')
    client.send(1, b'{"type": "response.cancel"}')
    heard = [json.loads(client.frame()[1])["type"] for _ in range(2)]
    assert heard == ["response.created", "response.output_item.added"]
    while json.loads(client.frame()[1])["type"] != "response.done":
        pass
    llm.wait_idle()
    assert messages(llm) == [(200, Ending.CANCELLED)]


def test_a_frame_that_has_begun_is_sent_to_its_end_when_its_answer_is_cancelled(serving, bare):
    llm = serving(faulty({"gate": {"name": "never", "at": {"byte": 30}}}))
    client = bare(llm, REALTIME)
    client.head()
    client.frame()
    client.send(1, b'{"type": "response.create"}')
    client.send(1, b'{"type": "response.cancel"}')
    heard = [json.loads(client.frame()[1]) for _ in range(2)]
    assert [event["type"] for event in heard] == ["response.created", "response.done"]
    assert heard[1]["response"]["output"] == []


def test_what_is_said_at_once_does_not_cut_a_frame_that_comes_in_pieces(serving, talk):
    llm = serving(faulty({"split": {"bytes": 40, "every": "1ms"}}))
    client = talk(llm, REALTIME)
    client.hear()
    client.say(type="response.create", response={"output_modalities": ["text"]})
    client.hear()
    for _ in range(5):
        client.say(**TYPED)
    kinds = [event["type"] for event in client.until("response.done")]
    assert kinds.count("session.updated") == 5
    assert kinds.count("response.output_text.delta") == 3


def test_limits_are_told_in_an_event_and_a_refusal_is_a_failed_response(serving, talk):
    client = talk(serving(HELLO, limits={"requests": "1/min"}), REALTIME)
    client.hear()
    client.say(type="response.create")
    heard = client.until("response.done")
    assert heard[1]["type"] == "rate_limits.updated"
    limits = [(limit["name"], limit["limit"], limit["remaining"]) for limit in heard[1]["rate_limits"]]
    assert limits == [("requests", 1, 0)]
    client.say(type="response.create")
    heard = client.until("response.done")
    details = heard[-1]["response"]["status_details"]
    assert (details["type"], details["error"]["code"]) == ("failed", "rate_limit_exceeded")


def test_the_conversation_is_matched_and_recorded_as_the_model_sees_it(serving, talk):
    llm = serving(
        {"when": {"user": {"contains": "Paris"}, "system": {"contains": "kind"}}, "replies": [{"text": "Oui"}]}
    )
    client = talk(llm, REALTIME)
    client.hear()
    client.say(type="session.update", session={**TYPED["session"], "instructions": "Be kind."})
    content = [{"type": "input_text", "text": "Paris?"}]
    client.say(type="conversation.item.create", item={"type": "message", "role": "user", "content": content})
    client.say(type="response.create", event_id="mine")
    assert delta_texts(client.until("response.done")) == ["Oui"]
    request = llm.journal.all()[-1].request
    assert request.model == "gpt-realtime"
    assert [(message.role, message.text) for message in request.messages] == [
        ("system", "Be kind."),
        ("user", "Paris?"),
    ]


# --- by itself -----------------------------------------------------------------------------------------------------


def test_the_events_of_a_plan_are_those_whose_last_piece_is_in_it():
    one, two = Frame({"type": "one"}), Frame({"type": "two"})
    ping, raw = Frame(": ping", "comment"), Frame("{", "raw")
    plan = (Messages(), Send(b"1", one), Wait(1), Send(b"1", one), Send(b"p", ping), Send(b"r", raw), Send(b"2", two))
    assert events(plan) == ({"type": "one"}, {"type": "two"})
    assert events(plan, 3) == ()
    assert events(plan, 4) == ({"type": "one"},)


class Deciding:
    """An engine behind another that takes its time, or fails."""

    def __init__(self, engine, *, fails=False):
        self.engine = engine
        self.fails = fails
        self.gates = engine.gates

    def handle(self, call):
        if self.fails:
            raise RuntimeError("broken on purpose")
        return self._later(self.engine.handle(call))

    def refuse(self, call, error):
        return self._later(self.engine.refuse(call, error))

    async def _later(self, exchange):
        await asyncio.sleep(0)
        return exchange

    def __getattr__(self, name):
        return getattr(self.engine, name)


class Pipe:
    """A connection that keeps what is written, and may be full."""

    number = 1

    def __init__(self):
        self.sent = b""
        self.did = []
        self.full = False
        self.left = self.dead = False
        self.drained = asyncio.Event()

    def write(self, data):
        self.sent += bytes(data)

    async def drain(self):
        await self.drained.wait()
        self.full = False

    async def flush(self):
        self.did.append("flush")

    def close(self):
        self.did.append("close")
        self.dead = True

    def pause_reading(self):
        self.did.append("pause")

    def resume_reading(self):
        self.did.append("resume")


@pytest.fixture
def converse():
    """A conversation without a socket, and its connection."""

    def begin(*rules, path="/v1/responses", **options):
        scenario = load_value({"name": "talk", "rules": list(rules)})
        engine = Deciding(Engine(Library(scenarios=[scenario])), **options)
        clock = RealClock(asyncio.get_running_loop())
        connection = Pipe()
        host = Host(engine, Stage(engine), clock, 1_000)
        dialogue = ResponsesDialogue() if path == "/v1/responses" else RealtimeDialogue.opened([])
        return Conversation(Call("GET", path), dialogue, connection, host), connection, engine

    return begin


def feed(conversation, *messages):
    client = FrameProtocol(client=True, extensions=[])
    data = b"".join(bytes(client.send_data(json.dumps(message))) for message in messages)
    assert conversation.feed_data(data) == (False, b"")


def heard(connection):
    client = FrameProtocol(client=True, extensions=[])
    client.receive_bytes(connection.sent)
    return [frame.payload for frame in client.received_frames()]


async def turns(count=50):
    for _ in range(count):
        await asyncio.sleep(0)


async def test_an_engine_may_take_its_time(converse):
    conversation, connection, engine = converse(HELLO)
    running = asyncio.ensure_future(conversation.run())
    feed(conversation, CREATE, {"type": "hello"})
    await turns()
    kinds = sorted(json.loads(text)["type"] for text in heard(connection))
    assert len(kinds) == HELLO_EVENTS + 1
    assert "error" in kinds
    assert all(exchange.outcome.ending is Ending.COMPLETE for exchange in engine.journal.all())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_answer_that_is_cancelled_before_it_has_begun_begins_and_ends(converse):
    conversation, connection, engine = converse(
        faulty({"gate": {"name": "x", "at": {"frame": 2}}}), path="/v1/realtime"
    )
    feed(conversation, {"type": "response.create"}, {"type": "response.cancel"})
    await turns()
    kinds = [json.loads(text)["type"] for text in heard(connection)]
    assert (kinds[0], kinds[-1]) == ("response.created", "response.done")
    assert [exchange.outcome.ending for exchange in engine.journal.all()] == [Ending.CANCELLED]


async def test_a_bug_ends_the_conversation_and_not_the_server(converse, caplog):
    conversation, connection, _ = converse(HELLO, fails=True)
    feed(conversation, CREATE)
    await conversation.run()
    assert heard(connection)[-1][0] == 1011
    assert connection.did == ["flush", "close"]
    assert "The WebSocket of connection 1 failed." in caplog.text
    feed(conversation, CREATE)
    assert len(heard(connection)) == 1


async def test_a_bug_in_an_answer_does_too(converse, caplog, monkeypatch):
    conversation, connection, engine = converse(HELLO)
    monkeypatch.setattr(engine, "_later", None)
    engine.handle = lambda call: broken()
    feed(conversation, CREATE)
    await conversation.run()
    assert heard(connection)[-1][0] == 1011


async def broken():
    raise RuntimeError("broken on purpose")


async def test_a_conversation_ends_once(converse):
    conversation, connection, _ = converse(HELLO)
    client = FrameProtocol(client=True, extensions=[])
    conversation.feed_data(bytes(client.close(1000)))
    conversation._end(Ending.CUT, 1011)
    assert heard(connection) == [(1000, "")]


async def test_who_reads_nothing_is_not_heard_until_it_does(converse):
    conversation, connection, _ = converse(HELLO)
    connection.full = True
    feed(conversation, {"type": "hello"})
    await turns()
    assert connection.did == ["pause"]
    connection.drained.set()
    await turns()
    assert connection.did == ["pause", "resume"]
    conversation.feed_eof()


async def test_a_message_has_so_many_bytes_at_most(converse):
    conversation, connection, _ = converse(HELLO)
    feed(conversation, {**CREATE, "input": "x" * 1_000})
    await conversation.run()
    assert heard(connection) == [(1009, "A message has at most 1000 bytes.")]
