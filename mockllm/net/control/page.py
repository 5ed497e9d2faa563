"""The console's page and what belongs to it, over HTTP.

Here: which request is one for it, and the headers that keep the page from doing anything else than it should. Not
here: the page (`mockllm/console/`) and what it asks for (the operations of this API).

The page holds nothing that is secret, so it needs no token: it asks for one, and sends it with its own calls.
"""

from aiohttp import web

from mockllm.console import HOME, asset
from mockllm.control.base import PREFIX

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing from elsewhere, no script and no style in the page itself, and no text that becomes markup (CSP 3)."""


def page_at(request: web.BaseRequest) -> web.Response | None:
    """The answer to a request for the page or a part of it; None for any other."""
    if request.method not in {"GET", "HEAD"}:
        return None
    name = request.rel_url.raw_path.removeprefix(f"{PREFIX}/")
    found = asset(name.removeprefix("console/") if name else HOME) if not name or name.startswith("console/") else None
    if found is None:
        return None
    headers = {
        "Content-Type": found.media,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return web.Response(body=found.body, headers=headers)
