import re

import pytest

from mockllm.dialects.responses.shown import ENCRYPTED, FILES, encrypted, includes
from mockllm.request import Call, Request
from mockllm.seeds import Seed


@pytest.mark.parametrize(
    ("include", "shown"),
    [([ENCRYPTED], True), ([FILES, ENCRYPTED], True), ([FILES], False), ([], False), (None, False)],
)
def test_what_is_included_is_named(include, shown):
    request = Request("responses", Call("POST", "/"), {} if include is None else {"include": include})
    assert includes(request, ENCRYPTED) is shown


def test_secrets_look_alike_and_differ():
    one, other = encrypted(Seed.of("a")), encrypted(Seed.of("b"))
    assert one != other
    assert re.fullmatch("gAAAAA[0-9A-Za-z]{120}", one)
