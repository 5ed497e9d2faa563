"""The image, built once for all processes of a test run, and an engine that runs it."""

import fcntl
import pickle
import tempfile
from pathlib import Path

import pytest
from testcontainers.core import docker_client
from testcontainers.core.config import testcontainers_config

from tests.container.engine import Engine
from tests.container.image import Image, build


@pytest.fixture(scope="session")
def image(tmp_path_factory, worker_id):
    """The image that the Dockerfile describes."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    note, folder = shared / "image.pickle", shared / "image"
    with (shared / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            folder.mkdir()
            note.write_bytes(pickle.dumps(build(folder)))
    found: Image = pickle.loads(note.read_bytes())
    return found


@pytest.fixture
def engine(image, monkeypatch):
    """An engine at a place that a socket's name may have; that is short."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "engine.sock"
        engine = Engine(place, image)
        monkeypatch.setenv("DOCKER_HOST", f"unix://{place}")
        monkeypatch.setattr(testcontainers_config, "_ryuk_disabled", True)
        monkeypatch.setattr(docker_client.utils, "inside_container", lambda: False)
        yield engine
        engine.close()
