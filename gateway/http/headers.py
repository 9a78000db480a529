"""Header fields of requests, and those that answers have whatever they say."""

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.types import Scope

SECURITY: Final[Mapping[str, str]] = {"x-content-type-options": "nosniff"}
"""Of every answer: browsers take it for what its `Content-Type` says, and nothing else."""

PRIVATE: Final[Mapping[str, str]] = {"cache-control": "private, no-cache", **SECURITY}
"""Of an answer that depends on who asks."""

PAGE: Final[Mapping[str, str]] = {"referrer-policy": "no-referrer", **SECURITY}
"""Of what a browser shows or runs, beside the `Content-Security-Policy` that it needs."""


RETRY_LATER: Final[Mapping[str, str]] = {"retry-after": "5"}
"""Of an answer that the same request may have better a few seconds later (RFC 9110, section 10.2.3)."""


def encoded(fields: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Header fields as ASGI has them."""
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.items())


def read_headers(scope: Scope) -> dict[str, str]:
    """Header fields by lower-case name; the lines of a field that comes repeatedly are joined by commas.

    A value may have whitespace at its ends still, which is no part of it (RFC 9112, section 5.1).
    """
    fields = scope["headers"]
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}
    if len(headers) < len(fields):
        lines: dict[str, list[str]] = {}
        for name, value in fields:
            lines.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        headers = {name: ", ".join(values) for name, values in lines.items()}
    return headers


def read_header(fields: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """One field by its lower-case name, its lines joined as RFC 9110, section 5.3, has it; None if absent."""
    values = [value.strip(b" \t") for each, value in fields if each == name]
    return b", ".join(values).decode("latin-1") if values else None
