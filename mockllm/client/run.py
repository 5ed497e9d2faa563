"""A run on a server elsewhere, as far as it is known here.

Here: what the forms with coroutines and without keep of it (`aremote.py`, `remote.py`). Not here: the calls that it
takes (`session.py`), and making them.
"""

from mockllm.client.base import Place
from mockllm.client.session import Session
from mockllm.net.environment import Environments, Setter
from mockllm.scenario.document import Scenario
from mockllm.scenario.library import Library
from mockllm.scenario.source import Source


class Run:
    """Where the run is and what it is called, the scenario that it begins with and the one that it serves, where names
    of scenarios are looked up, and the variables that were set for it.
    """

    def __init__(
        self, place: Place | str, run: str, scenario: Source | None, *, library: Library | None, environ: Setter | None
    ) -> None:
        self._session = Session(Place.of(place) if isinstance(place, str) else place, run)
        self._first = scenario
        self._loaded: Scenario | None = None
        self._library = library if library is not None else Library.gallery()
        self._environments = Environments(environ)
