"""Faker as a pure function of a seed.

Here: one Faker for en_US, reseeded for every draw, and which of its methods are reproducible. Not here: how its dates
lose the clock (`dates.py`), what templates see of it (`prose.py`) and which property gets which data
(`schema/fields.py`). Faker takes a tenth of a second to import, so that happens on first use.

The one instance is shared: use what `faker` returns before calling it again, and from one thread at a time. The engine
never waits, so on its event loop both hold by themselves.
"""

from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from mockllm.seeds import Seed

if TYPE_CHECKING:
    from faker import Faker

_NO_CLOCK: Final = (
    "depends on today's date; use date_between(start_date='-1y') or date_time_between(start_date='-1y'), which count "
    "from a fixed day, or give both ends as dates"
)
_NO_SEED: Final = "takes its draw from outside the seed; use passport_number() or random_element(['M', 'F', 'X'])"
_NO_ORDER: Final = "has an order that differs from process to process; use pylist() or pytuple()"

REFUSED: Final = MappingProxyType(
    {
        "date_this_century": _NO_CLOCK,
        "date_this_decade": _NO_CLOCK,
        "date_this_year": _NO_CLOCK,
        "date_this_month": _NO_CLOCK,
        "date_time_this_century": _NO_CLOCK,
        "date_time_this_decade": _NO_CLOCK,
        "date_time_this_year": _NO_CLOCK,
        "date_time_this_month": _NO_CLOCK,
        "passport_dates": _NO_CLOCK,
        "passport_full": _NO_SEED,
        "passport_gender": _NO_SEED,
        "pyset": _NO_ORDER,
        "pyiterable": _NO_ORDER,
        "zip": "writes the time of day into the archive; use tar()",
    }
)
"""The methods whose result is no function of the seed, with what to use instead."""


def faker(seed: Seed) -> "Faker":
    """The shared Faker, about to make the draws of this seed."""
    shared = _shared()
    shared.seed_instance(int.from_bytes(seed.key, "big"))
    return shared


@cache
def methods() -> frozenset[str]:
    """The public methods of Faker's providers for en_US, without the refused ones."""
    providers = [provider for factory in _shared().factories for provider in factory.providers]
    names = {name for provider in providers for name in dir(provider) if callable(getattr(provider, name))}
    return frozenset(name for name in names if not name.startswith("_")) - REFUSED.keys()


@cache
def _shared() -> "Faker":
    from faker import Faker  # noqa: PLC0415 - slow, see the module's docstring

    from mockllm.fill.dates import PinnedDates  # noqa: PLC0415 - imports Faker

    shared = Faker("en_US")
    shared.add_provider(PinnedDates)
    return shared
