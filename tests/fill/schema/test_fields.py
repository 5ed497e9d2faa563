import re
from datetime import date, datetime
from ipaddress import IPv4Network, IPv6Network, ip_address
from uuid import UUID

import pytest

from mockllm.fill.schema.fields import _FORMATS, _RANGES, _TEXTS, filler, has_texts, range_for, text_for, text_in
from mockllm.seeds import Seed

SEEDS = [Seed.of(seed) for seed in range(12)]


def texts(name):
    return [text_for(name, seed) for seed in SEEDS]


def whole(pattern):
    return re.compile(pattern).fullmatch


SHAPES = {
    "email": whole(r"[a-z0-9._]+@example\.(com|net|org)"),
    "phone": whole(r"\+1-202-555-01\d\d"),
    "zip": whole(r"\d{5}"),
    "country_code": whole("[A-Z]{2}"),
    "date": date.fromisoformat,
    "created_at": datetime.fromisoformat,
    "url": whole(r"https://[a-z]+\.example\.com/[a-z-]+"),
    "image": whole(r"https://[a-z]+\.example\.com/[a-z-]+\.png"),
    "host": whole(r"[a-z]+\.example\.com"),
    "id": whole("[0-9a-f]{12}"),
    "uuid": UUID,
    "token": whole("[0-9a-f]{32}"),
    "sku": whole("[A-Z]{2}-[0-9]{4}"),
    "price": whole(r"\d{1,3}\.\d\d"),
    "currency": whole("[A-Z]{3}"),
    "path": whole(r"/[a-z]+/[a-z-]+\.txt"),
    "version": whole(r"\d\.\d\.\d"),
    "address": whole(r"[^\n]+, [^\n]+"),
    "year": whole("202[0-5]"),
    "time": whole(r"\d\d:\d\d"),
    "": whole("[A-Za-z]+ [A-Za-z]+"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_text_looks_like_what_its_name_says(name):
    assert all(SHAPES[name](text) for text in texts(name))


# Each row: a name, and the entry whose texts it takes.
@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("customerEmail", "email"),
        ("EMAIL", "email"),
        ("contact-email-address", "email"),
        ("emails", "email"),
        ("mailing_addresses", "address"),
        ("shippingCities", "city"),
        ("orderID", "id"),
        ("homepageURL", "url"),
        ("updatedAt", "created_at"),
        ("customer_first_name", "first_name"),
        ("city_name", "city"),
        ("customerName", "name"),
        ("product_name", ""),
        ("status", "tag"),
        ("street2", "street"),
        ("x-ü-1", ""),
    ],
)
def test_names_are_read_by_their_ends_however_they_are_written(name, entry):
    assert texts(name) == texts(entry)


def test_texts_are_a_function_of_the_seed():
    assert text_for("name", Seed.of(1)) == text_for("name", Seed.of(1))
    assert len(set(texts("name"))) > 6


@pytest.mark.parametrize("name", _TEXTS)
def test_every_name_gives_one_line_of_ascii(name):
    assert all(text and text.isascii() and "\n" not in text for text in texts(name))


FORMATS = {
    "date": date.fromisoformat,
    "time": whole(r"([01]\d|2[0-3])(:[0-5]\d){2}Z"),
    "date-time": lambda text: datetime.fromisoformat(text).tzinfo,
    "duration": whole(r"PT\d\d?M"),
    "email": SHAPES["email"],
    "idn-email": SHAPES["email"],
    "hostname": SHAPES["host"],
    "idn-hostname": SHAPES["host"],
    "ipv4": lambda text: ip_address(text) in IPv4Network("203.0.113.0/24"),
    "ipv6": lambda text: ip_address(text) in IPv6Network("2001:db8::/32"),
    "uri": SHAPES["url"],
    "url": SHAPES["url"],
    "iri": SHAPES["url"],
    "uri-reference": whole("/[a-z-]+"),
    "iri-reference": whole("/[a-z-]+"),
    "uri-template": whole(r"https://[a-z]+\.example\.com/\{id\}"),
    "uuid": UUID,
    "json-pointer": whole("/[A-Za-z]+"),
    "relative-json-pointer": whole("0/[A-Za-z]+"),
    "regex": re.compile,
    "phone": SHAPES["phone"],
    "color": whole("#[0-9a-f]{6}"),
}


@pytest.mark.parametrize("form", _FORMATS)
def test_a_text_is_in_its_format(form):
    assert has_texts(form)
    assert all(FORMATS[form](text_in(form, seed)) for seed in SEEDS)


@pytest.mark.parametrize("form", ["int32", "password", "binary", ""])
def test_some_formats_say_nothing_about_the_text(form):
    assert not has_texts(form)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("age", (18, 80)),
        ("minAge", (18, 80)),
        ("unit_prices", (5, 500)),
        ("score", (0, 1)),
        ("departure_day", (1, 28)),
        ("whatever", (3, 4)),
        ("", (3, 4)),
    ],
)
def test_numbers_have_the_range_their_name_says(name, expected):
    assert range_for(name, (3, 4)) == expected


def test_every_range_is_one():
    assert all(low < high for low, high in _RANGES.values())


def test_filler_is_a_dozen_words():
    assert len(filler(Seed.of(1)).split()) >= 12
