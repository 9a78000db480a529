"""Pages of other origins that may call the gateway from a browser (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from gateway.http.methods import SERVED
from gateway.settings import SettingError

LOOPBACK: Final = "loopback"
"""Among allowed origins: every page of the caller's own machine, at any port."""
_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.\-_\[\]:]+")
# As browsers write origins: in lower case, addresses in full
# (https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin). Every name below localhost
# leads to loopback (RFC 6761, section 6.3).
_LOOPBACK_ORIGIN: Final = re.compile(
    r"https?://(?:(?:[a-z0-9_-]+\.)*localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?"
)
_READABLE: Final = (
    "Accept-Query",
    "Accept-Ranges",
    "Allow",
    "Content-Disposition",
    "Content-Range",
    "Deprecation",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Retry-After",
    "Server-Timing",
    "Sunset",
    "WWW-Authenticate",
    "X-Error-Id",
    "X-Request-Id",
)
_PREFLIGHT_SECONDS: Final = 7200  # browsers remember it no longer


def parse_origins(setting: str) -> tuple[str, ...]:
    """The origins of ``GATEWAY_ALLOWED_ORIGINS``, separated by commas.

    ``*`` is every one, and ``loopback`` each of the caller's own machine.

    Raises:
        SettingError: one is neither of them nor an origin, which is a scheme, a host and perhaps a port, in lower case.
    """
    origins = tuple(origin for each in setting.split(",") if (origin := each.strip()))
    for origin in origins:
        if origin not in ("*", LOOPBACK) and not _ORIGIN.fullmatch(origin):
            raise SettingError(
                "GATEWAY_ALLOWED_ORIGINS takes origins like https://app.example.com, loopback and *, separated by "
                f"commas; this is none: {origin!r}."
            )
    return origins


def admit_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Wrap the application so that pages of these origins may call it; returns it unchanged if there are none.

    They may send any header, since the token is one. Browsers are never told to add credentials of their own. Chromium
    asks with its preflight before a page of the internet reaches a private network (https://wicg.github.io/private-network-access/):
    whoever names the page's origin means that it may.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=[each for each in origins if each != LOOPBACK],
        allow_origin_regex=_LOOPBACK_ORIGIN.pattern if LOOPBACK in origins else None,
        allow_methods=SERVED,
        allow_headers=("*",),
        allow_private_network=True,
        expose_headers=_READABLE,
        max_age=_PREFLIGHT_SECONDS,
    )


def may_open_socket(headers: Mapping[str, str], origins: Sequence[str]) -> bool:
    """Whether a WebSocket may be opened: by a program, by a page of this very host, or by one of these origins.

    Browsers let every page open one to anywhere and say whose page it is (RFC 6455, section 10.2); programs say
    nothing.

    Args:
        headers: of the handshake, by lower-case name.
        origins: as `parse_origins` reads them.
    """
    origin = headers.get("origin")
    if origin is None or "*" in origins or origin in origins:
        return True
    if LOOPBACK in origins and _LOOPBACK_ORIGIN.fullmatch(origin):
        return True
    # The scheme says nothing: where a proxy ends TLS, the page's is https and this server's is not.
    return origin.partition("://")[2].lower() == headers.get("host", "").lower()
