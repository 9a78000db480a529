"""The files that pages load: those that are plain, and those that `npm run build` in `ui/` has bundled."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gateway.http.encodings import choose_encoding
from gateway.http.entity_tags import entity_tag, is_named
from gateway.http.headers import PAGE, read_header
from gateway.pages.policy import content_security_policy

BUNDLE = Path(__file__).parent / "static"
"""What `npm run build` in `ui/` leaves."""
PLAIN = Path(__file__).parent / "plain"
ASSETS_URL: Final = "/assets"

# Named here, not asked of the machine: `mimetypes` reads the system's tables, which differ.
_MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".woff2": "font/woff2",
}
_ENDINGS: Final = {"br": ".br", "gzip": ".gz"}  # the best first


def bundled(page: str) -> Mapping[str, str] | None:
    """The names of a bundled page's files: its ``script`` and its ``style``; None where it is not built."""
    try:
        manifest: dict[str, dict[str, str]] = json.loads((BUNDLE / "manifest.json").read_bytes())
    except FileNotFoundError:
        return None
    return MappingProxyType(manifest[page])


def bundle_status() -> str | None:
    """What the operator should know at start about the pages: None when they are built, else one line."""
    if (BUNDLE / "manifest.json").is_file():
        return None
    return (
        "GraphiQL and the REST reference are not built, so browsers get plain pages. "
        "With Node.js 18 or newer installed, `make pages` builds them."
    )


def asset_routes() -> list[Route]:
    """The routes of the pages' files, `GET /assets/{name}`; open to anybody.

    Only the files that are there now are served, by name: no part of a request's path reaches the file system.
    Names in the bundle carry a hash of the content, so those answers may be cached for ever.
    """
    immutable = {path.name: path for path in BUNDLE.glob("*") if path.suffix in _MEDIA_TYPES}
    plain = {path.name: path for path in PLAIN.glob("*") if path.suffix in _MEDIA_TYPES}

    async def asset(request: Request) -> Response:
        name: str = request.path_params["name"]
        if (path := immutable.get(name)) is not None:
            return _immutable(path, read_header(request.headers.raw, b"accept-encoding"))
        if (path := plain.get(name)) is not None:
            return _plain(path, read_header(request.headers.raw, b"if-none-match"))
        raise HTTPException(404)

    return [Route(f"{ASSETS_URL}/{{name}}", asset, name="asset")]


# A worker has the policy that comes with its own script, not the page's.
_HEADERS: Final = {"Content-Security-Policy": content_security_policy(), **PAGE}


def _immutable(path: Path, accepted: str | None) -> Response:
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding", **_HEADERS}
    compressed = {
        coding: file
        for coding, ending in _ENDINGS.items()
        if (file := path.with_name(path.name + ending)).is_file()
    }
    coding = choose_encoding(accepted, compressed)
    if coding is not None:
        headers["Content-Encoding"] = coding
    elif not path.is_file():  # a bundle built anew has other names
        raise HTTPException(404)
    return FileResponse(
        compressed[coding] if coding else path, headers=headers, media_type=_MEDIA_TYPES[path.suffix]
    )


def _plain(path: Path, known: str | None) -> Response:
    content = path.read_bytes()
    tag = entity_tag(content)
    headers = {"Cache-Control": "no-cache", "ETag": tag, **_HEADERS}
    if known is not None and is_named(known, tag, weakly=True):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=_MEDIA_TYPES[path.suffix])
