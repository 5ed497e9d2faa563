"""The console: a page that shows in a browser what a server does, made of the files beside this one.

Here: the files by name, each with its media type. There is no build step: a browser gets them as they are. `index.html`
is the page, `console.css` its looks, and `main.js` says which module does what. Not here: serving them
(`net/control/page.py`) and what they ask for (`control/`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

HOME = "index.html"
"""The page itself."""

_MEDIA: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the console and what it is."""

    body: bytes
    media: str


def asset(name: str) -> Asset | None:
    """The file of this name; None if the console has none."""
    return _assets().get(name)


@cache
def _assets() -> Mapping[str, Asset]:
    """All files, read once; they are part of the package and do not change."""
    found = (path for path in files(__name__).iterdir() if path.is_file())
    kinds = ((path, _MEDIA.get(path.name[path.name.rfind(".") :])) for path in found)
    return {path.name: Asset(path.read_bytes(), media) for path, media in kinds if media is not None}
