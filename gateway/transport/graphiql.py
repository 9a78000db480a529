"""The page that a browser gets at the GraphQL endpoint (GraphiQL, or a plain one without its bundle) and its assets."""

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.http.headers import PAGE
from gateway.http.hosts import host_of, is_loopback

BUNDLE = Path(__file__).parent / "static" / "graphiql"  # what `npm run build` in ui/ leaves
PLAIN = Path(__file__).parent / "plain_ide"
ASSETS_URL = "/graphiql"

FIRST_QUERY = """\
# Ctrl-Enter, or the button, runs this query.

query ConnectionRequests {
  connectionRequests(first: 10, filter: {kind: {eq: TRADING_PARTNER}}) {
    totalCount
    nodes {
      orgName
      status
      requestedAt
      approvedBy {
        person { firstName lastName }
      }
      integrations(first: 5) {
        nodes {
          type
          schedule {
            raw
            description
            nextRuns(first: 2)
          }
        }
      }
      uploadedFiles(first: 5) {
        nodes { name }
      }
    }
  }
}
"""

# Named here, not asked of the machine: `mimetypes` reads the system's tables, which differ.
_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class _Variant:
    """One way of the page: which files it loads, its markup and its Content-Security-Policy."""

    script: str
    style: str
    body: str
    content_security_policy: str


def _content_security_policy(style: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src {style}",
            "connect-src 'self'",
            "worker-src 'self'",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


_PLAIN_BODY = """\
<form id="operation" autocomplete="off">
  <h1>GraphQL</h1>
  <div class="run">
    <label>Access token <input id="token" type="password" autocomplete="off" spellcheck="false"></label>
    <button title="Ctrl-Enter">Run</button>
  </div>
  <label>Query <textarea id="query" rows="22" spellcheck="false"></textarea></label>
  <label>Variables (JSON) <textarea id="variables" rows="4" spellcheck="false"></textarea></label>
</form>
<section aria-label="Answer">
  <p id="hint" role="alert" hidden></p>
  <pre id="answer" aria-live="polite"></pre>
</section>
<noscript>This page needs JavaScript. The endpoint answers any GraphQL client all the same.</noscript>"""


def _plain() -> _Variant:
    return _Variant("ide.js", "ide.css", _PLAIN_BODY, _content_security_policy("'self'"))


def _bundled() -> _Variant | None:
    try:
        manifest: dict[str, Any] = json.loads((BUNDLE / "manifest.json").read_bytes())
    except FileNotFoundError:
        return None
    # GraphiQL's editor (monaco) places its lines by style attributes in markup and adds style elements at run
    # time; no nonce reaches them (microsoft/monaco-editor issue 271). Scripts stay limited to our own files.
    policy = _content_security_policy("'self' 'unsafe-inline'")
    body = '<main id="page"></main>\n<noscript>GraphiQL needs JavaScript.</noscript>'
    return _Variant(manifest["script"], manifest["style"], body, policy)


def bundle_status() -> str | None:
    """What the operator should know at start about the page: None when GraphiQL is there, else one line."""
    if (BUNDLE / "manifest.json").is_file():
        return None
    return (
        "GraphiQL is not built, so browsers get a plain query page. "
        "With Node.js 18 or newer installed, `make graphiql` builds it."
    )


def _embedded_json(value: object) -> str:
    """JSON without `<`, which could end the script element that holds it (HTML Living Standard, 4.12.1.3)."""
    return json.dumps(value, ensure_ascii=True).replace("<", "\\u003c").replace("&", "\\u0026")


def _document(variant: _Variant, title: str, prefix: str, configuration: dict[str, str | None]) -> str:
    assets = escape(prefix + ASSETS_URL)
    return f"""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" type="image/svg+xml" href="{assets}/favicon.svg">
<link rel="stylesheet" href="{assets}/{variant.style}">
<script type="application/json" id="configuration">{_embedded_json(configuration)}</script>
<script type="module" src="{assets}/{variant.script}"></script>
</head>
<body>
{variant.body}
</body>
</html>
"""


def graphiql_page(
    *,
    endpoint: str,
    token: str | None = None,
    query: str = FIRST_QUERY,
    title: str = "GraphQL gateway",
    plain: bool = False,
) -> ASGIApp:
    """The page, as an ASGI application that answers every request with it; who gets it is the caller's decision.

    The bundle is looked up once, here. The page's address may carry an operation, which fills a tab:
    `#query=…&variables=…&operationName=…`, or the same after `?` where the endpoint serves the page for it.

    Args:
        endpoint: path of the GraphQL endpoint, without the root path under which the application is mounted.
        token: bearer token to prefill, for demonstrations: whoever opens the page at a loopback host can read it.
            Any site may have its name lead to 127.0.0.1, and would read the page as one of its own otherwise.
        query: GraphQL document of the first tab.
        title: text of the browser's title bar.
        plain: serve the plain page even where the bundle was built.
    """
    variant = (None if plain else _bundled()) or _plain()
    headers = {
        "Content-Security-Policy": variant.content_security_policy,
        **PAGE,
        "Cache-Control": "no-cache",
        "Vary": "Accept",  # other clients get JSON at the same address
    }

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        prefix: str = scope.get("root_path", "")
        shown = token if _is_asked_at_loopback(scope) else None
        configuration = {"endpoint": prefix + endpoint, "token": shown, "query": query}
        # A response of its own per request: middleware edits the header list in place.
        response = HTMLResponse(_document(variant, title, prefix, configuration), headers=headers)
        await response(scope, receive, send)

    return page


def _is_asked_at_loopback(scope: Scope) -> bool:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    return bool(hosts) and all(is_loopback(host_of(each)) for each in hosts)


def graphiql_routes() -> list[Route]:
    """The routes of the page's assets, `GET /graphiql/{name}`; open to anybody.

    Only the files that are there now are served, by name: no part of a request's path reaches the file system.
    Names in the bundle carry a hash of the content, so those answers may be cached for ever.
    """
    immutable = {path.name: path for path in BUNDLE.glob("*") if path.suffix in _MEDIA_TYPES}
    plain = {path.name: path for path in PLAIN.glob("*") if path.suffix in _MEDIA_TYPES}

    async def asset(request: Request) -> Response:
        name: str = request.path_params["name"]
        path = immutable.get(name) or plain.get(name)
        if path is None or not path.is_file():  # a bundle built anew has other names
            raise HTTPException(404)
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if name in immutable else "no-cache",
            # A worker has the policy that comes with its own script, not the page's.
            "Content-Security-Policy": _content_security_policy("'self'"),
            **PAGE,
        }
        return FileResponse(path, headers=headers, media_type=_MEDIA_TYPES[path.suffix])

    return [Route(f"{ASSETS_URL}/{{name}}", asset, name="graphiql-asset")]
