"""Call: one request to a legacy path, its parts read when they are asked for."""

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
    """What a vendor's functions see of a request.

    Attributes:
        method: in capitals.
        path: the values of the path's parameters, decoded.
        body: as it came; empty where the endpoint takes none.
        form: the fields of the form that the body is, where the endpoint takes one.
        members: of the JSON object that the body is, once it was read (`gateway.rest.bodies`).
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
        """A field by its lower-case name, its lines joined as RFC 9110, section 5.3, has it; None if absent."""
        return read_header(self._headers, name)

    @property
    def said(self) -> tuple[object, ...]:
        """Everything that it says, apart from its path's pattern and its credential: equal calls ask for the same."""
        return tuple(self.path.items()), self._query_string, self.body

    @property
    def query(self) -> list[tuple[str, str]]:
        """The query string's parameters in their order, decoded; what is not UTF-8 becomes U+FFFD.

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
        """A query parameter, the last where it is repeated; None if absent."""
        return next((value for each, value in reversed(self.query) if each == name), None)
