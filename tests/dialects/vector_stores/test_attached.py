"""Files that are attached to a vector store."""

import pytest
from openai.types.vector_stores import VectorStoreFile, VectorStoreFileDeleted

from tests.calls import error
from tests.openapi_schema import violations
from tests.resources import Api
from tests.strict import problems

STATIC = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def files(api):
    """The path of the files of a new store."""
    return f"/vector_stores/{api.post('/vector_stores', {})['id']}/files"


def attach(api, files, data=b"Hello there", **fields):
    return api.post(files, {"file_id": api.upload(data)["id"], **fields})


def test_a_file_is_in_progress_when_it_is_attached_and_done_when_anybody_looks(api, files):
    file = attach(api, files)
    assert file == {
        "id": file["id"],
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": file["created_at"],
        "vector_store_id": files.split("/")[2],
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
        },
        "attributes": {},
    }
    done = api.get(f"{files}/{file['id']}")
    assert done == {**file, "status": "completed", "usage_bytes": len(b"Hello there")}
    for each in (file, done):
        assert problems(each, VectorStoreFile) == []
        assert violations("VectorStoreFileObject", each) == []


def test_an_empty_file_cannot_be_used(api, files):
    key = attach(api, files, b"")["id"]
    file = api.get(f"{files}/{key}")
    assert (file["status"], file["last_error"]["code"], file["usage_bytes"]) == ("failed", "invalid_file", 0)
    assert problems(file, VectorStoreFile) == []
    assert violations("VectorStoreFileObject", file) == []
    assert api.get(f"{files}/{key}/content")["data"] == []


def test_what_is_said_of_a_file_is_kept_and_can_be_changed(api, files):
    key = attach(api, files, attributes={"year": 2026}, chunking_strategy=STATIC)["id"]
    file = api.get(f"{files}/{key}")
    assert (file["attributes"], file["chunking_strategy"]) == ({"year": 2026}, STATIC)
    assert api.post(f"{files}/{key}", {"attributes": {"new": True}}) == {**file, "attributes": {"new": True}}
    assert api.post(f"{files}/{key}", {"attributes": None})["attributes"] == {}
    assert error(api.ask("POST", f"{files}/{key}", {}))["message"] == "Missing required parameter: 'attributes'."


def test_the_usual_strategy_is_told_in_numbers(api, files):
    file = attach(api, files, chunking_strategy={"type": "auto"})
    assert file["chunking_strategy"]["static"]["max_chunk_size_tokens"] == 800


def test_files_are_listed_newest_first_in_pages_both_ways_and_by_state(api, files):
    ids = [attach(api, files, data)["id"] for data in (b"a", b"b", b"", b"c")]
    assert api.ids(files) == ids[::-1]
    assert api.ids(f"{files}?order=asc&limit=2&after={ids[0]}") == ids[1:3]
    assert api.ids(f"{files}?order=asc&limit=2&before={ids[3]}") == ids[1:3]
    assert api.ids(f"{files}?filter=failed") == [ids[2]]
    assert violations("ListVectorStoreFilesResponse", api.get(files)) == []
    assert error(api.ask("GET", f"{files}?filter=x"))["code"] == "invalid_value"


def test_a_file_can_be_in_two_stores_and_is_detached_from_one(api, files):
    other = f"/vector_stores/{api.post('/vector_stores', {})['id']}/files"
    key = attach(api, files)["id"]
    api.post(other, {"file_id": key})
    receipt = api.delete(f"{files}/{key}")
    assert receipt == {"id": key, "object": "vector_store.file.deleted", "deleted": True}
    assert problems(receipt, VectorStoreFileDeleted) == []
    assert violations("DeleteVectorStoreFileResponse", receipt) == []
    assert (api.ids(files), api.ids(other), api.ids("/files")) == ([], [key], [key])


def test_the_content_is_the_text_in_pieces(api, files):
    text = " ".join(map(str, range(150)))
    key = attach(api, files, text.encode(), chunking_strategy=STATIC)["id"]
    page = api.get(f"{files}/{key}/content")
    assert violations("VectorStoreFileContentResponse", page) == []
    first, second = (part["text"] for part in page["data"])
    assert (first, second) == (" ".join(map(str, range(100))), " ".join(map(str, range(50, 150))))


def test_a_file_that_was_deleted_has_nothing_left_to_search(api, files):
    key = attach(api, files)["id"]
    api.delete(f"/files/{key}")
    assert api.get(f"{files}/{key}/content")["data"] == []


def test_what_is_not_there_is_not_found(api, files):
    store = files.split("/")[2]
    refused = error(api.ask("GET", f"{files}/file-{{x}}"))
    message = f"No file found with id 'file-{{x}}' in vector store '{store}'."
    assert (refused["status"], refused["message"]) == (404, message)
    assert error(api.ask("POST", files, {"file_id": "file-x"}))["message"] == "No such File object: file-x"
    assert error(api.ask("POST", files, {}))["message"] == "Missing required parameter: 'file_id'."
    assert error(api.ask("GET", "/vector_stores/vs_x/files"))["status"] == 404
