"""A request as aiohttp read it becomes a call."""

from dataclasses import dataclass

from aiohttp import HttpVersion, HttpVersion11, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from mockllm.net.incoming import Asked, asked_by, call_of
from mockllm.request import Call, Headers


class Noon:
    """A clock that stands still."""

    def now_us(self):
        return 5

    def wall_s(self):
        return 7


class Third:
    """A connection that has carried calls."""

    number = 3

    def __init__(self, calls):
        self.calls = calls


async def test_a_call_is_what_was_asked_when_and_on_which_connection():
    calls = []

    async def take(request):
        body = await request.read()
        calls.extend(call_of(request, request.rel_url, Third(count), body, Noon()) for count in (1, 2))
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    async with TestClient(TestServer(app)) as client:
        await client.put("/a%20b?c=%64", data=b"body", headers={"x-One": "1"})
    first, second = calls
    assert (first.reused, second.reused) == (False, True)
    assert first.headers.get("X-ONE") == "1"
    plain = Call(first.method, first.path, first.query, type(first.headers)(), first.body, 5, 7, 3)
    assert plain == Call("PUT", "/a b", "c=d", type(first.headers)(), b"body", 5, 7, 3)


@dataclass
class Odd:
    """The head of a request with the name of messages for its method, which not every parser refuses."""

    method: str = "WEBSOCKET"
    version: HttpVersion = HttpVersion11
    raw_headers: tuple = ()


def test_the_name_of_messages_is_nobody_elses_method():
    assert call_of(Odd(), URL("/v1/responses"), Third(1), b"", Noon()).method == "websocket"


def test_the_same_request_is_another_call_at_another_time_and_place():
    class Evening:
        def now_us(self):
            return 6

        def wall_s(self):
            return 8

    headers = Headers((("x-a", "1"),))
    asked = Asked("PUT", "/a", "b=c", headers, b"body")
    assert asked.call(Third(1), Noon()) == Call("PUT", "/a", "b=c", headers, b"body", 5, 7, 3)
    assert asked.call(Third(2), Evening()) == Call("PUT", "/a", "b=c", headers, b"body", 6, 8, 3, reused=True)


def test_what_a_request_says_has_no_time_and_no_place():
    head = Odd("PUT", raw_headers=((b"x-a", b"1"),))
    assert asked_by(head, URL("/a%20b?c=%64"), b"body") == Asked(
        "PUT", "/a b", "c=d", Headers((("x-a", "1"),)), b"body"
    )
