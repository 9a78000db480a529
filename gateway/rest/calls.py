"""Call: one request to a vendor's REST path. Its parts are parsed on demand."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import Scope

from gateway.http.headers import read_header
from gateway.resolvers.errors import Invalid
from gateway.storage.receiving import ReceivedFile

MAX_PARAMETERS = 1000
MAX_BODY = 1 << 20  # bytes; a read has parameters in its body at most


class Call:
    """The parts of a request that a vendor's functions read.

    Attributes:
        method: the method in capitals.
        path: the decoded values of the path's parameters.
        body: the body as received; empty if the endpoint takes none.
        form: the fields of the form, if the endpoint takes one.
        members: the members of the JSON object in the body, after `gateway.rest.bodies` has read it.
    """

    __slots__ = ("_headers", "_query", "_query_string", "body", "form", "members", "method", "path")

    def __init__(self, scope: Scope, body: bytes = b"") -> None:
        self.method: str = scope["method"]
        self.path: Mapping[str, str] = scope.get("path_params") or {}
        self.body = body
        self.form: Mapping[str, str | ReceivedFile] = {}
        self.members: dict[str, Any] | None = None
        self._headers: list[tuple[bytes, bytes]] = scope["headers"]
        self._query_string: bytes = scope["query_string"]
        self._query: list[tuple[str, str]] | None = None

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name, its lines joined as in RFC 9110, section 5.3; None if it is absent."""
        return read_header(self._headers, name)

    @property
    def said(self) -> tuple[object, ...]:
        """All content of the call except its path pattern and its credential. Equal calls ask for the same."""
        return tuple(self.path.items()), self._query_string, self.body

    @property
    def query(self) -> list[tuple[str, str]]:
        """The decoded parameters of the query string in order. Bytes that are not UTF-8 become U+FFFD.

        Raises:
            Invalid: there are more than a thousand.
        """
        if self._query is None:
            try:
                text = self._query_string.decode("latin-1")
                self._query = (
                    parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_PARAMETERS) if text else []
                )
            except ValueError:
                raise Invalid(f"A URL may have at most {MAX_PARAMETERS} parameters.") from None
        return self._query

    def parameter(self, name: str) -> str | None:
        """A query parameter; the last one if it is repeated, None if it is absent."""
        return next((value for each, value in reversed(self.query) if each == name), None)
