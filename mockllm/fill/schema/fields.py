"""What a property of a given name or format looks like.

Here: tables from names to Faker's data, from formats to texts, from names to ranges of numbers. Nothing made here leads
to a real party: hosts are under example.com (RFC 2606), addresses are reserved for documentation (RFC 5737, RFC 3849),
phone numbers are fictitious. Moments are drawn from fixed years. Not here: lengths, bounds and patterns (`scalars.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeVar

from mockllm.fill.fakery import faker
from mockllm.seeds import Seed

if TYPE_CHECKING:
    from faker import Faker

_Draw = Callable[["Faker"], str]
_Entry = TypeVar("_Entry")

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PLURALS: Final = (("", ""), ("ies", "y"), ("es", ""), ("s", ""))
_FIRST_MOMENT: Final = datetime(2020, 1, 1, tzinfo=UTC)
_SECONDS: Final = 6 * 365 * 24 * 3600
_FILLER_WORDS: Final = 12


def text_for(name: str, seed: Seed) -> str:
    """A text that a property of this name could have; two words where the name says nothing."""
    return _looked_up(_TEXTS, name, _words)(faker(seed))


def has_texts(form: str) -> bool:
    """Whether a `format` says what the text looks like; `int32` and `password` do not."""
    return form in _FORMATS


def text_in(form: str, seed: Seed) -> str:
    """A text in this `format`."""
    return _FORMATS[form](faker(seed))


def range_for(name: str, default: tuple[int, int]) -> tuple[int, int]:
    """The range that numbers of this name usually lie in, both ends included."""
    return _looked_up(_RANGES, name, default)


def filler(seed: Seed) -> str:
    """Words to make a text longer."""
    return " ".join(faker(seed).words(_FILLER_WORDS))


def _looked_up(table: Mapping[str, _Entry], name: str, default: _Entry) -> _Entry:
    """The entry of the longest end of the name: `customerEmails` is an email."""
    return next((table[end] for end in _ends(name) if end in table), default)


def _ends(name: str) -> Iterator[str]:
    """The name and its ends, in the singular too, longest first. A thing's name is that thing, not a person's name."""
    words = [word.lower() for word in _WORDS.findall(name)]
    for first in range(len(words)):
        end = "_".join(words[first:])
        if not first or end != "name":
            yield from (end.removesuffix(plural) + one for plural, one in _PLURALS if end.endswith(plural))
    if words[1:] and words[-1] == "name":
        yield from ("_".join(words[first:-1]) for first in range(len(words) - 1))


def _moment(fake: "Faker") -> datetime:
    return _FIRST_MOMENT + timedelta(seconds=fake.random_int(0, _SECONDS))


def _date(fake: "Faker") -> str:
    return f"{_moment(fake):%Y-%m-%d}"


def _time(fake: "Faker") -> str:
    return f"{_moment(fake):%H:%M:%S}Z"


def _date_time(fake: "Faker") -> str:
    return f"{_moment(fake):%Y-%m-%dT%H:%M:%S}Z"


def _words(fake: "Faker") -> str:
    return " ".join(fake.words(2))


def _title(fake: "Faker") -> str:
    return fake.sentence(4).removesuffix(".")


def _question(fake: "Faker") -> str:
    return " ".join(fake.words(3))


def _slug(fake: "Faker") -> str:
    return "-".join(fake.words(2)).lower()


def _host(fake: "Faker") -> str:
    return f"{fake.word().lower()}.example.com"


def _url(fake: "Faker") -> str:
    return f"https://{_host(fake)}/{_slug(fake)}"


def _image(fake: "Faker") -> str:
    return f"https://{_host(fake)}/{_slug(fake)}.png"


def _path(fake: "Faker") -> str:
    return f"/{fake.word().lower()}/{_slug(fake)}.txt"


def _price(fake: "Faker") -> str:
    return f"{fake.random_int(500, 50_000) / 100:.2f}"


def _number(digits: str) -> _Draw:
    return lambda fake: fake.numerify(digits)


def _hex(digits: int) -> _Draw:
    return lambda fake: fake.hexify("^" * digits)


def _call(method: str) -> _Draw:
    return lambda fake: str(getattr(fake, method)())


def _one_line(method: str) -> _Draw:
    return lambda fake: str(getattr(fake, method)()).replace("\n", ", ")


_IPV4: Final = _number("203.0.113.%#")
_PHONE: Final = _number("+1-202-555-01##")

_FORMATS: Final[Mapping[str, _Draw]] = MappingProxyType(
    {
        "date": _date,
        "time": _time,
        "date-time": _date_time,
        "duration": _number("PT%#M"),
        "email": _call("safe_email"),
        "idn-email": _call("safe_email"),
        "hostname": _host,
        "idn-hostname": _host,
        "ipv4": _IPV4,
        "ipv6": lambda fake: fake.hexify("2001:db8::1^^^:1^^^"),
        "uri": _url,
        "url": _url,
        "iri": _url,
        "uri-reference": lambda fake: f"/{_slug(fake)}",
        "iri-reference": lambda fake: f"/{_slug(fake)}",
        "uri-template": lambda fake: f"https://{_host(fake)}/{{id}}",
        "uuid": _call("uuid4"),
        "json-pointer": lambda fake: f"/{fake.word()}",
        "relative-json-pointer": lambda fake: f"0/{fake.word()}",
        "regex": lambda fake: f"^{fake.word()}$",
        "phone": _PHONE,
        "color": _call("hex_color"),
    }
)

_PEOPLE: Final = (
    "author",
    "client",
    "contact",
    "customer",
    "driver",
    "employee",
    "guest",
    "manager",
    "member",
    "owner",
    "passenger",
    "patient",
    "person",
    "recipient",
    "sender",
    "student",
    "teacher",
)

_TEXTS: Final[Mapping[str, _Draw]] = MappingProxyType(
    {
        **dict.fromkeys(("name", "full_name", *_PEOPLE, *(f"{who}_name" for who in _PEOPLE)), _call("name")),
        **dict.fromkeys(("first_name", "given_name", "firstname"), _call("first_name")),
        **dict.fromkeys(("last_name", "family_name", "surname", "lastname"), _call("last_name")),
        **dict.fromkeys(("user_name", "username", "login", "handle", "nickname"), _call("user_name")),
        **dict.fromkeys(("email", "mail", "email_address", "to", "cc", "bcc"), _call("safe_email")),
        **dict.fromkeys(("phone", "mobile", "tel", "telephone", "fax", "phone_number"), _PHONE),
        **dict.fromkeys(("city", "town", "location", "place", "origin", "destination"), _call("city")),
        **dict.fromkeys(("state", "province", "region"), _call("state")),
        "state_code": _call("state_abbr"),
        "country": _call("country"),
        "country_code": _call("country_code"),
        "nationality": _call("country"),
        **dict.fromkeys(("zip", "zipcode", "zip_code", "postcode", "postal_code"), _call("zipcode")),
        **dict.fromkeys(("address", "full_address"), _one_line("address")),
        **dict.fromkeys(("street", "street_address", "address_line"), _call("street_address")),
        **dict.fromkeys(("latitude", "lat"), _call("latitude")),
        **dict.fromkeys(("longitude", "lng", "lon"), _call("longitude")),
        **dict.fromkeys(("date", "day", "birthday", "birthdate", "dob", "deadline"), _date),
        **dict.fromkeys(("datetime", "date_time", "timestamp", "at", "since", "until"), _date_time),
        "time": lambda fake: f"{_moment(fake):%H:%M}",
        "year": lambda fake: f"{_moment(fake):%Y}",
        "month": lambda fake: f"{_moment(fake):%B}",
        "weekday": lambda fake: f"{_moment(fake):%A}",
        **dict.fromkeys(("timezone", "time_zone", "tz"), _call("timezone")),
        **dict.fromkeys(("url", "uri", "link", "href", "website", "homepage", "endpoint"), _url),
        **dict.fromkeys(("image", "image_url", "avatar", "photo", "thumbnail", "picture"), _image),
        **dict.fromkeys(("host", "hostname", "domain"), _host),
        **dict.fromkeys(("ip", "ip_address", "ipv"), _IPV4),
        **dict.fromkeys(("mac", "mac_address"), _call("mac_address")),
        "id": _hex(12),
        **dict.fromkeys(("uuid", "guid"), _call("uuid4")),
        **dict.fromkeys(("key", "token", "secret", "hash", "checksum", "digest"), _hex(32)),
        **dict.fromkeys(("sha", "commit"), _hex(40)),
        **dict.fromkeys(("code", "sku", "reference"), lambda fake: fake.bothify("??-####").upper()),
        "isbn": _call("isbn13"),
        "iban": _call("iban"),
        "vin": _call("vin"),
        "slug": _slug,
        "version": _number("%.#.#"),
        **dict.fromkeys(("price", "cost", "amount", "total", "fee"), _price),
        **dict.fromkeys(("currency", "currency_code"), _call("currency_code")),
        **dict.fromkeys(("symbol", "ticker"), lambda fake: fake.lexify("????").upper()),
        **dict.fromkeys(("language", "lang", "language_code"), _call("language_code")),
        "locale": _call("locale"),
        **dict.fromkeys(("company", "organization", "organisation", "employer", "vendor", "brand"), _call("company")),
        **dict.fromkeys(("job", "job_title", "occupation", "profession", "position"), _call("job")),
        **dict.fromkeys(("color", "colour"), _call("color_name")),
        **dict.fromkeys(("title", "subject", "headline", "heading"), _title),
        **dict.fromkeys(("query", "search", "question", "q", "topic", "keywords"), _question),
        **dict.fromkeys(
            ("description", "summary", "text", "content", "body", "message", "comment", "note", "reason", "answer"),
            _call("sentence"),
        ),
        **dict.fromkeys(("tag", "keyword", "category", "label", "kind", "type", "status", "unit"), _call("word")),
        **dict.fromkeys(("file", "filename", "file_name", "attachment"), _call("file_name")),
        **dict.fromkeys(("path", "file_path", "filepath", "directory", "folder"), _path),
        **dict.fromkeys(("mime_type", "content_type", "media_type"), _call("mime_type")),
        "user_agent": _call("user_agent"),
        "password": _hex(16),
    }
)

_RANGES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "age": (18, 80),
        "year": (1990, 2025),
        "month": (1, 12),
        "day": (1, 28),
        "hour": (0, 23),
        **dict.fromkeys(("minute", "second"), (0, 59)),
        **dict.fromkeys(("timestamp", "at", "since", "until"), (1_577_836_800, 1_767_225_600)),
        **dict.fromkeys(("quantity", "qty", "guest", "people", "adult", "passenger"), (1, 6)),
        **dict.fromkeys(("limit", "page_size", "per_page", "top_k"), (5, 50)),
        "page": (1, 5),
        **dict.fromkeys(("offset", "index", "position"), (0, 20)),
        "id": (1_000, 99_999),
        "port": (1_024, 65_535),
        **dict.fromkeys(("price", "cost", "amount", "total", "fee", "budget"), (5, 500)),
        **dict.fromkeys(("latitude", "lat"), (-90, 90)),
        **dict.fromkeys(("longitude", "lng", "lon"), (-180, 180)),
        **dict.fromkeys(("temperature", "temp"), (-10, 35)),
        **dict.fromkeys(("rating", "star"), (1, 5)),
        **dict.fromkeys(("score", "confidence", "probability", "likelihood", "ratio", "share"), (0, 1)),
        **dict.fromkeys(("percent", "percentage", "humidity"), (0, 100)),
    }
)
