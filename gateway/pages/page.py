"""What every page is made of: its markup, its files, its configuration, and who gets a demonstration's tokens."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from gateway.http.headers import PAGE
from gateway.http.hosts import host_of, is_loopback
from gateway.pages.assets import ASSETS_URL
from gateway.pages.policy import content_security_policy

Tokens = Mapping[str, str]
"""A demonstration's bearer tokens, each with what it shows: the first is the one that pages begin with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPage:
    """One page, the same for everybody.

    Attributes:
        title: text of the browser's title bar.
        script: name of the module that it runs.
        style: name of its own style sheet.
        name: what the bar calls it.
        body: markup below the bar.
        inline_styles: whether style elements and attributes are allowed.
    """

    title: str
    script: str
    style: str
    name: str
    body: str
    inline_styles: bool = False


class PageApplication:
    """The page, as an ASGI application that answers every request with it; who gets it is the caller's decision.

    Args:
        configure: makes of the root path, under which the application is mounted, what the page's script reads.
        tokens: given to it besides, for demonstrations: whoever opens the page at a loopback host can read them. Any
            site may have its name lead to 127.0.0.1, and would read the page as one of its own otherwise.
    """

    def __init__(
        self, page: WebPage, configure: Callable[[str], Mapping[str, Any]], tokens: Tokens | None = None
    ) -> None:
        self._page = page
        self._configure = configure
        self._tokens = [{"token": token, "shows": shows} for token, shows in (tokens or {}).items()]
        self._headers = {
            "Content-Security-Policy": content_security_policy(inline_styles=page.inline_styles),
            **PAGE,
            "Cache-Control": "no-cache",
            "Vary": "Accept",  # other clients get JSON at the same address
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        prefix: str = scope.get("root_path", "")
        tokens = self._tokens if _is_asked_at_loopback(scope) else []
        configuration = {**self._configure(prefix), "tokens": tokens}
        # A response of its own per request: middleware edits the header list in place.
        response = HTMLResponse(_document(self._page, prefix, configuration), headers=self._headers)
        await response(scope, receive, send)


_BAR = """\
<header class="bar">
  <nav aria-label="Pages">
    {links}
  </nav>
  <form id="token-form" class="token" autocomplete="off">
    <label for="access-token">Access token</label>
    <input id="access-token" type="password" autocomplete="off" spellcheck="false" placeholder="paste a token">
    <button>Use</button>
  </form>
</header>
<div id="banner" class="banner" role="alert" hidden></div>"""

HOME_URL: Final = "/"
GRAPHIQL_URL: Final = "/graphql"
REFERENCE_URL: Final = "/docs"
_LINKS: Final = (("Gateway", HOME_URL), ("GraphiQL", GRAPHIQL_URL), ("REST reference", REFERENCE_URL))


def _bar(page: WebPage, prefix: str) -> str:
    """The pages by name, and the access token, which they share within a tab of the browser."""
    links = []
    for name, path in _LINKS:
        icon = f'<img src="{escape(prefix + ASSETS_URL)}/favicon.svg" alt=""> ' if path == HOME_URL else ""
        own = (' class="home"' if path == HOME_URL else "") + (
            ' aria-current="page"' if name == page.name else ""
        )
        links.append(f'<a href="{escape(prefix + path)}"{own}>{icon}{name}</a>')
    return _BAR.format(links="\n    ".join(links))


def _document(page: WebPage, prefix: str, configuration: Mapping[str, Any]) -> str:
    assets = escape(prefix + ASSETS_URL)
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(page.title)}</title>
<link rel="icon" type="image/svg+xml" href="{assets}/favicon.svg">
<link rel="stylesheet" href="{assets}/site.css">
<link rel="stylesheet" href="{assets}/{page.style}">
<script type="application/json" id="configuration">{_embedded_json(configuration)}</script>
<script type="module" src="{assets}/{page.script}"></script>
</head>
<body>
{_bar(page, prefix)}
{page.body}
</body>
</html>
"""


def _embedded_json(value: object) -> str:
    """JSON without `<`, which could end the script element that holds it (HTML Living Standard, 4.12.1.3)."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c").replace("&", "\\u0026")


def _is_asked_at_loopback(scope: Scope) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return bool(hosts) and all(is_loopback(host_of(each)) for each in hosts)
