"""Files that come in parts."""

import hashlib

import pytest
from openai.types import Upload
from openai.types.uploads import UploadPart

from tests.calls import error
from tests.openapi_schema import violations
from tests.resources import Api, good
from tests.strict import problems

NEW = {"purpose": "batch", "filename": "a.jsonl", "bytes": 6, "mime_type": "application/jsonl"}
NULL = {"file.status_details": "§6, null", "file.expires_at": "§6, null"}


@pytest.fixture
def api():
    return Api()


def begun(api, **fields):
    return api.post("/uploads", {**NEW, **fields})


def part(api, upload, data):
    return good(api.send(f"/uploads/{upload['id']}/parts", {}, data=("part", data)))


def test_an_upload_is_pending_until_its_parts_are_joined_in_the_order_that_is_told(api):
    upload = begun(api)
    assert (upload["status"], upload["expires_at"] - upload["created_at"]) == ("pending", 3600)
    assert problems(upload, Upload) == []
    assert violations("Upload", upload) == []
    parts = [part(api, upload, data) for data in (b"CD", b"AB", b"EF")]
    assert problems(parts[0], UploadPart) == []
    assert violations("UploadPart", parts[0]) == []
    ids = [parts[place]["id"] for place in (1, 0, 2)]
    digest = hashlib.md5(b"ABCDEF").hexdigest()
    done = api.post(f"/uploads/{upload['id']}/complete", {"part_ids": ids, "md5": digest})
    assert done == {**upload, "status": "completed", "file": done["file"]}
    assert (done["file"]["filename"], done["file"]["bytes"]) == ("a.jsonl", 6)
    assert problems(done, Upload) == []
    assert violations("Upload", done, NULL) == []
    assert api.content(done["file"]["id"]) == b"ABCDEF"
    assert api.ids("/files") == [done["file"]["id"]]


def test_the_file_lives_as_long_as_the_upload_said(api):
    upload = begun(api, bytes=1, expires_after={"anchor": "created_at", "seconds": 7200})
    ids = [part(api, upload, b"x")["id"]]
    file = api.post(f"/uploads/{upload['id']}/complete", {"part_ids": ids})["file"]
    assert file["expires_at"] == file["created_at"] + 7200


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({}, "Missing required parameter: 'part_ids'."),
        ({"part_ids": []}, "Invalid 'part_ids': empty array."),
        ({"part_ids": ["part_x"]}, "No part with id 'part_x' found in upload"),
        ({"part_ids": ["OWN"]}, "announced with 6 bytes, but its parts have 3."),
        ({"part_ids": ["OTHER"]}, "found in upload"),
        ({"part_ids": ["OWN", "OWN"], "md5": "00"}, "checksum"),
    ],
)
def test_what_does_not_fit_is_refused_and_can_be_tried_again(api, sent, message):
    upload, other = begun(api), begun(api)
    ids = {"OWN": part(api, upload, b"abc")["id"], "OTHER": part(api, other, b"abcdef")["id"]}
    told = {**sent, "part_ids": [ids.get(key, key) for key in sent["part_ids"]]} if "part_ids" in sent else sent
    refused = error(api.ask("POST", f"/uploads/{upload['id']}/complete", told))
    assert refused["status"] == 400
    assert message in refused["message"]
    part_ids = [ids["OWN"], ids["OWN"]]
    assert api.post(f"/uploads/{upload['id']}/complete", {"part_ids": part_ids})["status"] == "completed"


def test_a_cancelled_upload_takes_no_more(api):
    upload, other = begun(api), begun(api)
    key, kept = part(api, upload, b"abcdef")["id"], part(api, other, b"abcdef")["id"]
    assert api.post(f"/uploads/{upload['id']}/cancel") == {**upload, "status": "cancelled"}
    for path, body in (("complete", {"part_ids": [key]}), ("cancel", None)):
        refused = error(api.ask("POST", f"/uploads/{upload['id']}/{path}", body))
        assert (refused["status"], refused["message"]) == (
            400,
            f"Upload '{upload['id']}' is cancelled: only a pending one can be changed.",
        )
    assert error(api.send(f"/uploads/{upload['id']}/parts", {}, data=("part", b"x")))["status"] == 400
    assert api.post(f"/uploads/{other['id']}/complete", {"part_ids": [kept]})["status"] == "completed"


def test_a_part_is_bytes_and_not_too_many(api, monkeypatch):
    upload = begun(api)
    path = f"/uploads/{upload['id']}/parts"
    assert error(api.send(path, {"data": "text"}))["message"] == "Missing required parameter: 'data'."
    monkeypatch.setattr("mockllm.dialects.uploads.MOST_PART_BYTES", 3)
    assert "at most 3 bytes, but got 4" in error(api.send(path, {}, data=("part", b"abcd")))["message"]


def test_an_unknown_upload_is_not_found(api):
    refused = error(api.ask("POST", "/uploads/upload_x/cancel"))
    assert (refused["status"], refused["message"]) == (404, "No such Upload object: upload_x")


@pytest.mark.parametrize("field", ["purpose", "filename", "bytes", "mime_type"])
def test_a_new_upload_says_what_comes(api, field):
    refused = error(api.ask("POST", "/uploads", {name: value for name, value in NEW.items() if name != field}))
    assert refused["message"] == f"Missing required parameter: '{field}'."
