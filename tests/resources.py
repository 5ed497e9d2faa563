"""What the tests of stored objects have in common: a client in a few words, and forms."""

from collections.abc import Mapping
from typing import Any

from mockllm.exchange import Exchange
from tests.calls import JSON_HEADERS, body, call, engine, sent

SAYS = "{name: keeper, rules: [{replies: [{text: [Hel, lo]}]}]}"

FORM_HEADERS = (("content-type", "multipart/form-data; boundary=EdGe"), *JSON_HEADERS[1:])


def form(fields: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]) -> bytes:
    """A form by hand, after RFC 7578."""
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    parts += [f'name="{name}"; filename="{file}"\r\n\r\n'.encode() + data for name, (file, data) in files.items()]
    return b"".join(b"--EdGe\r\nContent-Disposition: form-data; %b\r\n" % part for part in parts) + b"--EdGe--\r\n"


class Api:
    """A client of one engine, in one namespace."""

    def __init__(self, text: str = SAYS, *, served=None, base: str = "/v1") -> None:
        self.engine = served or engine(text)
        self.base = base

    def run(self, name: str) -> "Api":
        """A client of the same engine in another namespace."""
        return Api(served=self.engine, base=f"/keeper@{name}/v1")

    def ask(self, method: str, path: str, data: object = None) -> Exchange:
        return self.engine.handle(call(method, self.base + path, data))

    def send(self, path: str, fields: Mapping[str, str], **files: tuple[str, bytes]) -> Exchange:
        return self.engine.handle(call("POST", self.base + path, form(fields, files), FORM_HEADERS))

    def get(self, path: str) -> Any:
        return good(self.ask("GET", path))

    def post(self, path: str, data: object = None) -> Any:
        return good(self.ask("POST", path, data))

    def delete(self, path: str) -> Any:
        return good(self.ask("DELETE", path))

    def content(self, file_id: str) -> bytes:
        return sent(self.ask("GET", f"/files/{file_id}/content"))

    def upload(self, data: bytes = b"Hello", name: str = "a.txt", purpose: str = "user_data") -> Any:
        return good(self.send("/files", {"purpose": purpose}, file=(name, data)))

    def ids(self, path: str) -> list[str]:
        return [each["id"] for each in self.get(path)["data"]]


def good(exchange: Exchange) -> Any:
    """The body of an answer that is no refusal."""
    assert exchange.status == 200, sent(exchange)
    return body(exchange)
