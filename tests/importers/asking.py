"""What an imported scenario answers."""

import json

from mockllm.engine import Engine
from mockllm.plan import Head, Send
from mockllm.recording.text import yaml_text
from mockllm.request import Call, Headers
from mockllm.scenario.library import Library
from mockllm.scenario.load import load_text


class Served:
    """An imported scenario, written as YAML and loaded again."""

    def __init__(self, imported):
        self.engine = Engine(Library(scenarios=[load_text(yaml_text(imported.document))]))

    def plan(self, body, path="/v1/chat/completions", method="POST"):
        headers = Headers((("content-type", "application/json"),))
        data = json.dumps(body).encode() if method == "POST" else b""
        return self.engine.handle(Call(method, path, headers=headers, body=data)).plan

    def ask(self, body, path="/v1/chat/completions", method="POST"):
        """The status and the body."""
        plan = self.plan(body, path, method)
        data = b"".join(step.data for step in plan if isinstance(step, Send))
        head = next(step for step in plan if isinstance(step, Head))
        try:
            return head.status, json.loads(data)
        except ValueError:
            return head.status, data.decode()

    def message(self, *said, **fields):
        """The message of a chat completion; texts are the user's, mappings are messages."""
        messages = [{"role": "user", "content": it} if isinstance(it, str) else it for it in said]
        status, body = self.ask({"model": "gpt-4", "messages": messages, **fields})
        assert status == 200, body
        return body["choices"][0]["message"] | {"finish_reason": body["choices"][0]["finish_reason"]}
