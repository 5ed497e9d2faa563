"""litellm's proxy: the program `litellm` between the openai client and the server, with a configuration file.

A model of its configuration has one base URL, so there is one for each exercise. The retries are the
proxy's: the client has none.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

from common import EXERCISES, KEY, MODEL, address, drive
from openai import OpenAI
from openai_loops import Chat, Responses

START_S = 120


def names():
    """The model for each base URL."""
    _, _, variants, pattern = sys.argv
    bases = [address(pattern, variant, exercise) for variant in variants.split(",") for exercise in EXERCISES]
    return {base: f"model-{number}" for number, base in enumerate(bases)}


def configuration():
    settings = {"model": f"openai/{MODEL}", "api_key": KEY}
    models = [{"model_name": name, "litellm_params": {**settings, "api_base": base}} for base, name in names().items()]
    return {
        "model_list": models,
        "general_settings": {"master_key": KEY},
        "router_settings": {"num_retries": 2},
        "litellm_settings": {"telemetry": False},
    }


@cache
def proxy():
    """The running proxy and its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = Path(tempfile.mkdtemp()) / "config.yaml"
    config.write_text(json.dumps(configuration()))  # JSON is YAML
    program = Path(sys.executable).with_name("litellm")
    command = [program, "--config", config, "--host", "127.0.0.1", "--port", str(port)]
    process = subprocess.Popen(command, stdout=2)
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/health/readiness").close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return process, url
    process.kill()
    raise RuntimeError("the proxy did not start")


def make(variant, base_url):
    client = OpenAI(base_url=f"{proxy()[1]}/v1", api_key=KEY, max_retries=0)
    return (Chat if variant.startswith("chat") else Responses)(client, names()[base_url])


def finish():
    process = proxy()[0]
    process.terminate()
    process.wait()


drive(make, finish)
