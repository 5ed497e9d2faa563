import asyncio
import socket

import pytest

from mockllm.net.clock import RealClock
from mockllm.net.upstream import Upstream, UpstreamError, ask
from mockllm.request import Call, Headers


@pytest.mark.parametrize(
    ("url", "upstream", "authority"),
    [
        ("http://127.0.0.1:80/v1/", Upstream("127.0.0.1", 80, path="/v1"), "127.0.0.1"),
        ("https://api.example.com/v1", Upstream("api.example.com", 443, True, "/v1"), "api.example.com"),
        ("https://api.example.com:80", Upstream("api.example.com", 80, True), "api.example.com:80"),
        ("http://[::1]:8000", Upstream("::1", 8000), "[::1]:8000"),
    ],
)
def test_a_base_url_is_read(url, upstream, authority):
    assert Upstream.of(url) == upstream
    assert upstream.authority == authority


@pytest.mark.parametrize(
    "url", ["", "api.example.com", "ftp://x", "http://", "http://x:99999", "http://u:pw@x", "http://x?key=pw"]
)
def test_what_is_no_base_url_is_refused_without_its_secrets(url):
    with pytest.raises(UpstreamError, match="is not the base URL") as error:
        Upstream.of(url)
    assert "pw" not in str(error.value)


def test_the_base_of_the_endpoint_takes_the_place_of_v1():
    assert Upstream.of("http://x/api/v2").target("/v1/models?a=b") == "/api/v2/models?a=b"
    assert Upstream.of("http://x").target("/v1/models") == "/v1/models"
    assert Upstream.of("http://x/api").target("/other") == "/api/other"


def test_a_request_has_the_headers_of_the_client_but_those_of_its_connection():
    headers = Headers(
        (
            ("Host", "me"),
            ("Accept-Encoding", "gzip"),
            ("Connection", "keep-alive"),
            ("Authorization", "Bearer a"),
            ("X-A", "b"),
        )
    )
    call = Call("POST", "/v1/x", headers=headers, body=b"{}")
    assert Upstream.of("http://x:81/v1").request(call, "/v1/x") == (
        b"POST /v1/x HTTP/1.1\r\nhost: x:81\r\nconnection: close\r\naccept-encoding: identity\r\ncontent-length: 2\r\n"
        b"Authorization: Bearer a\r\nX-A: b\r\n\r\n{}"
    )
    sent = Upstream.of("http://x", "real").request(Call("GET", "/", headers=headers), "/")
    assert b"Bearer a" not in sent
    assert b"authorization: Bearer real\r\n" in sent
    assert b"content-length" not in sent


async def arrivals(url, begun=None):
    """All that arrives; `begun` is set by the first of it."""
    clock = RealClock(asyncio.get_running_loop())
    arrived = []
    async for _, what in ask(Upstream.of(url), Call("GET", "/"), "/", clock):
        arrived.append(what)  # the first of it is told meanwhile
        if begun is not None:
            begun.set()
    return arrived


@pytest.mark.parametrize("end", ["end", "reset"])
async def test_what_arrives_and_how_it_ended(end):
    begun = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"hello")
        await writer.drain()
        if end == "reset":
            await begun.wait()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        assert await arrivals(f"http://{host}:{port}", begun) == [b"hello", end]


async def test_an_endpoint_that_is_not_there_is_told():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(UpstreamError, match=r"no connection to 127.0.0.1:\d+ .*check the upstream's URL"):
            await arrivals(f"http://127.0.0.1:{unused.getsockname()[1]}")


async def test_tls_is_checked():
    async def serve(reader, writer):
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        _, port = server.sockets[0].getsockname()
        with pytest.raises(UpstreamError, match="no connection"):
            await arrivals(f"https://127.0.0.1:{port}")
