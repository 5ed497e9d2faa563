"""The endpoints of files."""

import pytest
from openai.types import FileDeleted

from tests.calls import error, header, sent
from tests.openapi_schema import violations
from tests.resources import Api, good
from tests.strict import problems

NULL = {"data[].expires_at": "§6, null", "data[].status_details": "§6, null"}


@pytest.fixture
def api():
    return Api()


def test_the_content_is_what_was_sent(api):
    data = bytes(range(256)) * 3 + b"\r\n--EdG"
    file = api.upload(data)
    answer = api.ask("GET", f"/files/{file['id']}/content")
    assert sent(answer) == data
    assert header(answer, "content-type") == "application/octet-stream"
    assert api.get(f"/files/{file['id']}") == file
    assert api.content(api.upload(b"")["id"]) == b""


def test_equal_uploads_are_files_of_their_own_with_the_same_ids_in_every_run():
    def ids():
        api = Api()
        return [api.upload()["id"] for _ in range(3)]

    assert len(set(ids())) == 3
    assert ids() == ids()


def test_what_is_uploaded_in_between_changes_no_id(api):
    first, second = api.upload()["id"], api.upload()["id"]
    other = Api()
    assert other.upload()["id"] == first
    other.upload(b"something else")
    assert other.upload()["id"] == second


def test_a_list_is_newest_first_and_can_be_narrowed(api):
    files = [api.upload(purpose=purpose)["id"] for purpose in ("vision", "user_data", "vision")]
    assert api.ids("/files") == files[::-1]
    assert api.ids("/files?order=asc&purpose=vision") == [files[0], files[2]]
    page = api.get(f"/files?limit=1&after={files[2]}")
    assert ([each["id"] for each in page["data"]], page["has_more"]) == ([files[1]], True)
    assert violations("ListFilesResponse", page, NULL) == []


def test_a_page_has_ten_thousand_files_at_most(api):
    assert error(api.ask("GET", "/files?limit=10001"))["code"] == "integer_above_max_value"
    assert api.get("/files?limit=10000")["data"] == []


def test_a_deleted_file_is_gone(api):
    key = api.upload()["id"]
    receipt = api.delete(f"/files/{key}")
    assert receipt == {"id": key, "object": "file", "deleted": True}
    assert problems(receipt, FileDeleted) == []
    assert violations("DeleteFileResponse", receipt) == []
    assert api.ids("/files") == []
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/content")):
        refused = error(api.ask(method, f"/files/{key}{path}"))
        assert (refused["status"], refused["message"]) == (404, f"No such File object: {key}")


def test_files_for_assistants_cannot_be_read(api):
    key = api.upload(purpose="assistants")["id"]
    refused = error(api.ask("GET", f"/files/{key}/content"))
    assert (refused["status"], refused["message"]) == (400, "Not allowed to download files of purpose: assistants")


def test_a_file_can_expire(api):
    life = {"purpose": "vision", "expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    file = good(api.send("/files", life, file=("a", b"x")))
    assert file["expires_at"] == file["created_at"] + 3600


@pytest.mark.parametrize(
    ("fields", "files", "message"),
    [
        ({}, {"file": ("a", b"x")}, "Missing required parameter: 'purpose'."),
        ({"purpose": "fun"}, {"file": ("a", b"x")}, "Invalid value: 'fun'."),
        ({"purpose": "batch"}, {}, "Missing required parameter: 'file'."),
        ({"purpose": "batch"}, {"other": ("a", b"x")}, "Missing required parameter: 'file'."),
        ({"purpose": "batch", "expires_after[seconds]": "60"}, {"file": ("a", b"x")}, "between 3600 and 2592000"),
        ({"purpose": "batch", "expires_after[seconds]": "soon"}, {"file": ("a", b"x")}, "does not match pattern"),
    ],
)
def test_what_is_refused(api, fields, files, message):
    refused = error(api.send("/files", fields, **files))
    assert refused["status"] == 400
    assert message in refused["message"]


def test_a_file_must_come_in_a_form(api):
    assert error(api.ask("POST", "/files", {"purpose": "batch"}))["status"] == 415
