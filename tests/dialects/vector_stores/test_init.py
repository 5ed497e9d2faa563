"""The vector stores themselves, and the search."""

from dataclasses import replace

import pytest
from openai.types import VectorStore, VectorStoreDeleted, VectorStoreSearchResponse

from tests.calls import body, call, error, sent
from tests.openapi_schema import violations
from tests.resources import Api
from tests.strict import problems

BEYOND = {"description": "§6, recorded"}
NULL = {"expires_after": "§6, null"}


@pytest.fixture
def api():
    return Api()


def check(store):
    assert problems(store, VectorStore, BEYOND) == []
    assert violations("VectorStoreObject", store, NULL) == []


def test_a_store_has_the_keys_of_the_wire(api):
    exchange = api.ask("POST", "/vector_stores", {"name": "Facts", "description": "True ones", "metadata": {"a": "b"}})
    assert not sent(exchange).endswith(b"\n"), "wire-contract §3.2"
    store = api.get(f"/vector_stores/{api.ids('/vector_stores')[0]}")
    assert store == {
        "id": store["id"],
        "object": "vector_store",
        "created_at": store["created_at"],
        "name": "Facts",
        "description": "True ones",
        "usage_bytes": 0,
        "file_counts": {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0},
        "status": "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": store["created_at"],
        "metadata": {"a": "b"},
    }
    assert len(store["id"]) == len("vs_") + 32
    check(store)


def test_a_store_begins_with_files_that_are_worked_on_then(api):
    ids = [api.upload(data)["id"] for data in (b"abc", b"", b"de")]
    store = api.post("/vector_stores", {"file_ids": [*ids, ids[0]]})
    assert (store["status"], store["usage_bytes"]) == ("in_progress", 0)
    assert store["file_counts"]["in_progress"] == store["file_counts"]["total"] == 3
    check(store)
    done = api.get(f"/vector_stores/{store['id']}")
    assert (done["status"], done["usage_bytes"]) == ("completed", 5)
    assert done["file_counts"] == {"in_progress": 0, "completed": 2, "failed": 1, "cancelled": 0, "total": 3}
    check(done)


def test_a_store_with_an_unknown_file_is_not_made(api):
    refused = error(api.ask("POST", "/vector_stores", {"file_ids": ["file-x"]}))
    assert (refused["status"], refused["message"]) == (404, "No such File object: file-x")
    assert api.ids("/vector_stores") == []


def test_stores_are_listed_newest_first_in_pages_both_ways(api):
    ids = [api.post("/vector_stores", {})["id"] for _ in range(4)]
    assert len(set(ids)) == 4
    assert api.ids("/vector_stores") == ids[::-1]
    page = api.get(f"/vector_stores?limit=2&before={ids[0]}")
    assert ([each["id"] for each in page["data"]], page["has_more"]) == ([ids[2], ids[1]], True)
    first = api.get(f"/vector_stores?limit=2&before={ids[1]}")
    assert ([each["id"] for each in first["data"]], first["has_more"]) == ([ids[3], ids[2]], False)
    allowed = {f"data[].{name}": why for name, why in NULL.items()}
    assert violations("ListVectorStoresResponse", page, allowed) == []


def test_a_store_can_be_changed_and_what_is_null_is_the_usual_again(api):
    store = api.post("/vector_stores", {"name": "a", "metadata": {"a": "b"}})
    path = f"/vector_stores/{store['id']}"
    expiry = {"anchor": "last_active_at", "days": 2}
    changed = api.post(path, {"name": "b", "expires_after": expiry})
    day = 24 * 3600
    assert changed == {**store, "name": "b", "expires_after": expiry, "expires_at": store["created_at"] + 2 * day}
    check(changed)
    assert api.post(path, {"expires_after": None, "metadata": None}) == {**store, "name": "b", "metadata": {}}


def test_a_store_that_nobody_used_for_long_has_expired():
    api = Api("{name: keeper, created: now, rules: []}")
    expiry = {"anchor": "last_active_at", "days": 1}
    path = f"/vector_stores/{api.post('/vector_stores', {'expires_after': expiry})['id']}"
    asked = call("GET", f"/v1{path}")
    for wall_s, status in ((24 * 3600 - 1, "completed"), (24 * 3600, "expired")):
        assert body(api.engine.handle(replace(asked, wall_s=wall_s)))["status"] == status


def test_a_deleted_store_lets_its_files_go(api):
    key = api.upload()["id"]
    store = api.post("/vector_stores", {"file_ids": [key]})["id"]
    receipt = api.delete(f"/vector_stores/{store}")
    assert receipt == {"id": store, "object": "vector_store.deleted", "deleted": True}
    assert problems(receipt, VectorStoreDeleted) == []
    assert violations("DeleteVectorStoreResponse", receipt) == []
    assert (api.ids("/vector_stores"), api.ids("/files")) == ([], [key])
    refused = error(api.ask("GET", f"/vector_stores/{store}"))
    assert (refused["status"], refused["message"]) == (404, f"Vector store with id '{store}' not found.")


TEXTS = {"cats.txt": b"Cats purr and sleep.", "tax.txt": b"Taxes are due in April.", "dogs.txt": b"Dogs bark."}


@pytest.fixture
def search(api):
    """The search in a store of three files."""
    store = api.post("/vector_stores", {})["id"]
    for year, (name, text) in enumerate(TEXTS.items(), 2024):
        said = {"file_id": api.upload(text, name)["id"], "attributes": {"year": year}}
        api.post(f"/vector_stores/{store}/files", said)
    return lambda query, **fields: api.post(f"/vector_stores/{store}/search", {"query": query, **fields})


def test_a_search_gives_the_nearest_pieces_first(search):
    page = search("When are taxes due?")
    assert page["search_query"] == ["When are taxes due?"]
    assert (page["object"], page["has_more"], page["next_page"]) == ("vector_store.search_results.page", False, None)
    first = page["data"][0]
    assert (first["filename"], first["attributes"]) == ("tax.txt", {"year": 2025})
    assert first["content"] == [{"type": "text", "text": "Taxes are due in April."}]
    scores = [each["score"] for each in page["data"]]
    assert scores == sorted(scores, reverse=True)
    assert violations("VectorStoreSearchResultsPage", page) == []
    for each in page["data"]:
        assert problems(each, VectorStoreSearchResponse) == []


def test_a_search_can_be_narrowed(search):
    def names(query, **fields):
        return {each["filename"] for each in search(query, **fields)["data"]}

    assert names("x", filters={"type": "gte", "key": "year", "value": 2025}) == {"tax.txt", "dogs.txt"}
    assert names("bark", ranking_options={"score_threshold": 0.15}) == {"dogs.txt"}
    assert names(["purr", "bark"], ranking_options={"score_threshold": 0.15}) == {"cats.txt", "dogs.txt"}
    page = search("bark", max_num_results=1)
    assert ([each["filename"] for each in page["data"]], page["has_more"]) == (["dogs.txt"], True)


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "missing_required_parameter", "query"),
        ({"query": []}, "empty_array", "query"),
        ({"query": "x", "max_num_results": 51}, "integer_above_max_value", "max_num_results"),
        ({"query": "x", "filters": {"type": "x"}}, "invalid_value", "filters.type"),
    ],
)
def test_what_is_no_search_is_refused(api, body, code, param):
    store = api.post("/vector_stores", {})["id"]
    refused = error(api.ask("POST", f"/vector_stores/{store}/search", body))
    assert (refused["status"], refused["code"], refused["param"]) == (400, code, param)


@pytest.mark.parametrize(
    "body",
    [{"name": 1}, {"file_ids": "x"}, {"expires_after": {"anchor": "created_at", "days": 1}}, {"metadata": {"a": 1}}],
)
def test_what_is_no_store_is_refused(api, body):
    assert error(api.ask("POST", "/vector_stores", body))["status"] == 400
