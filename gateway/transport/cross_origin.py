"""Pages of other origins that may call the gateway from a browser (https://fetch.spec.whatwg.org/#http-cors-protocol)."""

import re
from collections.abc import Sequence
from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from gateway.settings import SettingError

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.\-_\[\]:]+")
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_READABLE: Final = (
    "Allow",
    "Deprecation",
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Retry-After",
    "Sunset",
    "WWW-Authenticate",
    "X-Error-Id",
    "X-Request-Id",
)
_PREFLIGHT_SECONDS: Final = 7200  # browsers remember it no longer


def parse_origins(setting: str) -> tuple[str, ...]:
    """The origins of ``GATEWAY_ALLOWED_ORIGINS``, separated by commas; ``*`` is every one.

    Raises:
        SettingError: one is no origin, which is a scheme, a host and perhaps a port, in lower case and nothing more.
    """
    origins = tuple(origin for each in setting.split(",") if (origin := each.strip()))
    for origin in origins:
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise SettingError(
                "GATEWAY_ALLOWED_ORIGINS takes origins like https://app.example.com, separated by commas, or *; "
                f"this is none: {origin!r}."
            )
    return origins


def admit_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """The application for pages of these origins too; itself if there are none.

    They may send any header, since the token is one. Browsers are never told to add credentials of their own.
    """
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=_METHODS,
        allow_headers=("*",),
        expose_headers=_READABLE,
        max_age=_PREFLIGHT_SECONDS,
    )
