"""What is asked of one exchange, and of a request that is to be explained."""

import pytest
from pydantic import ValidationError

from mockllm.control import exchanges
from mockllm.control.exchanges import AskExchange, AskExplain


def test_an_exchange_has_a_number(arrived):
    asked = AskExchange(number=7)
    assert arrived(exchanges.GET, asked) == asked
    with pytest.raises(ValidationError):
        AskExchange(number=0)


def test_a_request_is_asked_about_as_it_is_sent(arrived):
    asked = AskExplain(method="GET", path="/v1/models", query="a=b", headers=(("X-A", "é"),), body="x")
    assert arrived(exchanges.EXPLAIN, asked) == asked
    assert AskExplain(path="/v1").method == "POST"
