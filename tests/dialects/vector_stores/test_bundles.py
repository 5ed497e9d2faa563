"""Files that are attached many at once."""

import pytest
from openai.types.vector_stores import VectorStoreFileBatch

from tests.calls import error
from tests.openapi_schema import violations
from tests.resources import Api
from tests.strict import problems


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def store(api):
    return f"/vector_stores/{api.post('/vector_stores', {})['id']}"


def counted(batch):
    return {state: count for state, count in batch["file_counts"].items() if count}


def check(batch):
    assert problems(batch, VectorStoreFileBatch) == []
    assert violations("VectorStoreFileBatchObject", batch) == []


def test_a_batch_is_in_progress_until_it_is_looked_at(api, store):
    ids = [api.upload(data)["id"] for data in (b"a", b"", b"c")]
    batch = api.post(f"{store}/file_batches", {"file_ids": ids, "attributes": {"team": "x"}})
    assert batch["id"].startswith("vsfb_")
    assert (batch["status"], counted(batch)) == ("in_progress", {"in_progress": 3, "total": 3})
    check(batch)
    done = api.get(f"{store}/file_batches/{batch['id']}")
    assert (done["status"], counted(done)) == ("completed", {"completed": 2, "failed": 1, "total": 3})
    check(done)
    assert api.get(f"{store}/file_batches/{batch['id']}") == done
    assert api.post(f"{store}/file_batches/{batch['id']}/cancel") == done
    assert api.get(f"{store}/files/{ids[0]}")["attributes"] == {"team": "x"}


def test_each_file_can_say_things_of_its_own(api, store):
    files = [{"file_id": api.upload(data)["id"], "attributes": {"n": n}} for n, data in enumerate((b"a", b"b"))]
    api.post(f"{store}/file_batches", {"files": files})
    assert [api.get(f"{store}/files/{file['file_id']}")["attributes"] for file in files] == [{"n": 0}, {"n": 1}]


def test_the_files_of_a_batch_are_a_list_of_their_own(api, store):
    ids = [api.upload(data)["id"] for data in (b"a", b"b", b"c")]
    api.post(f"{store}/files", {"file_id": ids[0]})
    batch = api.post(f"{store}/file_batches", {"file_ids": ids[1:]})["id"]
    assert api.ids(f"{store}/file_batches/{batch}/files") == [ids[2], ids[1]]
    assert api.ids(f"{store}/file_batches/{batch}/files?limit=1&order=asc") == [ids[1]]
    assert api.ids(f"{store}/files") == ids[::-1]


def test_a_batch_that_is_cancelled_in_time_leaves_cancelled_files(api, store):
    key = api.upload(b"a")["id"]
    batch = api.post(f"{store}/file_batches", {"file_ids": [key]})
    cancelled = api.post(f"{store}/file_batches/{batch['id']}/cancel")
    assert (cancelled["status"], counted(cancelled)) == ("cancelled", {"cancelled": 1, "total": 1})
    check(cancelled)
    assert api.get(f"{store}/file_batches/{batch['id']}") == cancelled
    assert api.get(f"{store}/files/{key}")["status"] == "cancelled"
    assert api.post(f"{store}/search", {"query": "a"})["data"] == []


def test_a_batch_has_files_and_is_found_in_its_store_only(api, store):
    assert error(api.ask("POST", f"{store}/file_batches", {}))["message"] == "Missing required parameter: 'file_ids'."
    assert error(api.ask("POST", f"{store}/file_batches", {"file_ids": []}))["code"] == "empty_array"
    batch = api.post(f"{store}/file_batches", {"file_ids": [api.upload()["id"]]})["id"]
    other = f"/vector_stores/{api.post('/vector_stores', {})['id']}"
    for key in (batch, "vsfb_x"):
        refused = error(api.ask("GET", f"{other}/file_batches/{key}"))
        assert refused["status"] == 404
        assert f"No file batch found with id '{key}'" in refused["message"]
