"""Files in the store."""

import pytest
from openai.types import FileObject

from mockllm.dialects.base import Surroundings
from mockllm.dialects.filed import add_file, find_file
from mockllm.errors import ApiError
from mockllm.seeds import Seed
from mockllm.store import Store
from tests.openapi_schema import violations
from tests.strict import problems

AT = 1_700_000_000


@pytest.fixture
def around():
    return Surroundings((), AT, Store(), lambda _request: 0, Seed.of("request"))


def test_a_file_is_what_the_api_shows(around):
    file = add_file(around, "a.txt", "user_data", b"Hello")
    assert {**file, "id": ""} == {
        "id": "",
        "object": "file",
        "bytes": 5,
        "created_at": AT,
        "expires_at": None,
        "filename": "a.txt",
        "purpose": "user_data",
        "status": "processed",
        "status_details": None,
    }
    assert file["id"].startswith("file-")
    assert len(file["id"]) == len("file-") + 22, "wire-contract §7.2"
    assert problems(file, FileObject) == []
    assert violations("OpenAIFile", file, {"expires_at": "§6, null", "status_details": "§6, null"}) == []


def test_what_is_kept_is_its_bytes(around):
    file = add_file(around, "a.txt", "user_data", b"Hello")
    assert find_file(around.store, file["id"]).content == b"Hello"


def test_only_files_of_batches_expire_by_themselves(around):
    assert add_file(around, "a", "batch", b"")["expires_at"] == AT + 30 * 24 * 3600
    assert add_file(around, "a", "batch", b"", life_s=3600)["expires_at"] == AT + 3600
    assert add_file(around, "a", "vision", b"", life_s=3600)["expires_at"] == AT + 3600


def test_an_unknown_file_is_refused_as_the_service_does(around):
    with pytest.raises(ApiError, match="No such File object: file-x") as caught:
        find_file(around.store, "file-x")
    assert (caught.value.status, caught.value.param) == (404, "id")
