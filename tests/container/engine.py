"""As much of a container engine's API as one client needs, on a socket, over containers that `running.py` starts.

What is asked of it is kept, so that a test sees what an engine would have been told to run. The API is Docker's, 1.41:
https://docs.docker.com/reference/api/engine/version/v1.41/
"""

import json
import re
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from urllib.parse import urlsplit

from tests.container.image import Image
from tests.container.running import Container


class Engine(ThreadingMixIn, UnixStreamServer):
    """An engine that has one image, whatever it is called. `created` are the bodies of what was asked for."""

    daemon_threads = True

    def __init__(self, place: Path, image: Image) -> None:
        super().__init__(str(place), Handler)
        self.image = image
        self.names: list[str] = []
        self.created: list[dict[str, Any]] = []
        self.containers: list[Container | None] = []
        threading.Thread(target=self.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}).start()

    def get_request(self) -> tuple[Any, Any]:
        """A socket of this kind has no address of the other side, which the handler would print."""
        request, _ = super().get_request()
        return request, ("client", 0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error; anything else is printed, and its call has no answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def create(self, body: dict[str, Any]) -> str:
        self.created.append(body)
        env = dict(line.split("=", 1) for line in body.get("Env") or ())
        volumes = {}
        for bind in body["HostConfig"].get("Binds") or ():
            source, target, mode = bind.split(":")
            assert mode == "ro"
            volumes[Path(source)] = target
        args = body.get("Cmd")
        self.containers.append(Container(self.image, env, volumes, args))
        return self.name(len(self.containers) - 1)

    @staticmethod
    def name(number: int) -> str:
        return f"{number:064x}"

    def of(self, name: str) -> Container:
        found = self.containers[int(name, 16)]
        assert found is not None, "it was removed"
        return found

    def remove(self, name: str) -> None:
        self.of(name).__exit__()
        self.containers[int(name, 16)] = None

    def state(self, name: str) -> dict[str, Any]:
        container = self.of(name)
        if not container.is_started:
            return {"Id": name, "State": {"Status": "created", "ExitCode": 0}, "Config": {"Tty": False}}
        code = container.process.poll()
        host_port = [{"HostIp": "0.0.0.0", "HostPort": str(container.port)}]
        return {
            "Id": name,
            "State": {"Status": "running" if code is None else "exited", "ExitCode": code or 0},
            "NetworkSettings": {"Ports": {f"{port}/tcp": host_port for port in self.image.ports}},
            "Config": {"Tty": False},
        }

    def close(self) -> None:
        self.shutdown()
        self.server_close()
        for container in self.containers:
            if container is not None:
                container.__exit__()


class Handler(BaseHTTPRequestHandler):
    """Calls of the API; an unknown one fails the test that makes it."""

    protocol_version = "HTTP/1.1"
    server: Engine

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def _answer(self, status: int, body: bytes = b"", kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _tell(self, value: object, status: int = 200) -> None:
        self._answer(status, json.dumps(value).encode())

    def do_GET(self) -> None:
        path = re.sub(r"^/v[\d.]+", "", urlsplit(self.path).path)
        match path.strip("/").split("/"):
            case ["version"]:
                self._tell({"ApiVersion": "1.41", "MinAPIVersion": "1.24", "Version": "20.10"})
            case ["images", *name, "json"]:
                self.server.names.append("/".join(name))
                self._tell({"Id": "sha256:0", "RepoTags": ["/".join(name)]})
            case ["containers", name, "json"]:
                self._tell(self.server.state(name))
            case ["containers", name, "logs"]:
                wanted = urlsplit(self.path).query
                text = self.server.of(name).errors.encode() if "stderr=1" in wanted else b""
                frame = struct.pack(">BxxxL", 2, len(text)) + text if text else b""
                self._answer(200, frame, "application/vnd.docker.raw-stream")
            case _:
                self._tell({"message": f"this engine does not know {self.path}"}, 500)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = re.sub(r"^/v[\d.]+", "", urlsplit(self.path).path)
        match path.strip("/").split("/"):
            case ["containers", "create"]:
                self._tell({"Id": self.server.create(json.loads(body)), "Warnings": []}, 201)
            case ["containers", name, "start"]:
                self.server.of(name).__enter__()
                self._answer(204)
            case _:
                self._tell({"message": f"this engine does not know {self.path}"}, 500)

    def do_DELETE(self) -> None:
        _, name = re.sub(r"^/v[\d.]+", "", urlsplit(self.path).path).strip("/").split("/")
        self.server.remove(name)
        self._answer(204)
