"""What the operations of every subject have in common: the request of a client is what the server reads."""

import pytest

from mockllm.control.reading import ask, message
from mockllm.control.table import find


@pytest.fixture
def arrived():
    """What a server reads of the request that asks this of an operation."""

    def read(operation, asked):
        sent = message(operation, asked)
        path, _, query = sent.target.partition("?")
        found = find(sent.method, path)
        assert found.operation is operation
        return ask(found, query, sent.body, sent.media)

    return read
