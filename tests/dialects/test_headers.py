import re

from mockllm.dialects.headers import EDGE_TYPE, JSON_TYPE, STREAM_TYPE, api_headers, edge_headers, merged, request_id
from mockllm.seeds import Seed


def test_a_request_id_is_req_and_32_hexadecimal_digits_of_the_seed():
    one, other = request_id(Seed.of(1)), request_id(Seed.of(2))
    assert re.fullmatch(r"req_[0-9a-f]{32}", one)
    assert one == request_id(Seed.of(1)) != other


def test_the_api_layer_tells_its_version_its_time_and_the_request():
    headers = dict(api_headers("req_1", 584))
    assert headers["x-request-id"] == "req_1"
    assert headers["openai-processing-ms"] == "584"
    assert headers["openai-version"] == "2020-10-01"
    assert headers["access-control-expose-headers"] == "X-Request-ID"
    assert {"openai-organization", "openai-project", "x-content-type-options"} <= headers.keys()


def test_the_edge_knows_nothing_of_the_api_layer():
    headers = dict(edge_headers("req_1"))
    assert headers["x-request-id"] == "req_1"
    assert headers["vary"] == "Origin"
    assert not any(name.startswith("openai-") for name in headers)


def test_no_header_of_ours_depends_on_the_time_of_day():
    names = {name for name, _ in (*api_headers("req_1", 0), *edge_headers("req_1"))}
    assert names.isdisjoint({"date", "expires", "age", "last-modified"})


def test_content_types_are_those_of_the_wire():
    assert JSON_TYPE == "application/json"
    assert EDGE_TYPE == "application/json; charset=utf-8"
    assert STREAM_TYPE == "text/event-stream; charset=utf-8"


def test_merging_replaces_in_place_whatever_the_case_and_adds_at_the_end():
    assert merged((("a", "1"), ("B", "2"), ("c", "3")), (("b", "9"), ("D", "4"))) == (
        ("a", "1"),
        ("b", "9"),
        ("c", "3"),
        ("D", "4"),
    )
    assert merged((("a", "1"),), ()) == (("a", "1"),)


def test_of_two_changes_of_one_header_the_later_counts():
    assert merged((("a", "1"),), (("A", "2"), ("a", "3"))) == (("a", "3"),)
