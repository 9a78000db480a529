"""Errors of REST paths: faults of the HTTP request itself, and the vendor's responses.

GatewayError (resolvers/errors.py) ├── UnknownPath            NOT_FOUND              under a vendor's prefix, but none
of its paths ├── MethodNotAllowed       METHOD_NOT_ALLOWED     the path is the vendor's, the method is not served there
├── UnsupportedMediaType   UNSUPPORTED_MEDIA_TYPE a body that the path does not read ├── BodyTooLarge
BODY_TOO_LARGE └── InternalServerError    INTERNAL_SERVER_ERROR  ours, not the caller's
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.resolvers.errors import GatewayError


def allowed_methods(served: Iterable[str]) -> tuple[str, ...]:
    """The methods of a path at which these are served. HEAD is served together with GET (RFC 9110, section 9.3.2)."""
    return tuple(method for each in served for method in ((each, "HEAD") if each == "GET" else (each,)))


class UnknownPath(GatewayError):
    code = "NOT_FOUND"


class MethodNotAllowed(GatewayError):
    """A method that an existing path does not serve.

    Attributes:
        method: the method of the request.
        allowed: the methods of the path, for the header `Allow` (RFC 9110, section 15.5.6).
    """

    code = "METHOD_NOT_ALLOWED"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"The method {method} is not allowed here.")
        self.method = method
        self.allowed = allowed


class UnsupportedMediaType(GatewayError):
    """A body whose media type is not accepted.

    Attributes:
        media_type: the `Content-Type` of the body.
    """

    code = "UNSUPPORTED_MEDIA_TYPE"

    def __init__(self, media_type: str) -> None:
        super().__init__(f"A body of the media type {media_type} is not read here.")
        self.media_type = media_type


class BodyTooLarge(GatewayError):
    code = "BODY_TOO_LARGE"


class InternalServerError(GatewayError):
    code = "INTERNAL_SERVER_ERROR"

    def __init__(self) -> None:
        super().__init__("The gateway failed to answer; its log says why.")


class Refusal(Exception):
    """A vendor's own response to an error, exactly as its callers know it.

    Attributes:
        status: the HTTP status code.
        body: the JSON-able body.
        headers: headers beside the content type.
        schema: JSON Schema of all bodies of this kind; None if they have the form of this one.
    """

    def __init__(
        self,
        status: int,
        body: Any,
        headers: Mapping[str, str] | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status)
        self.schema = schema
        self.status = status
        self.body = body
        self.headers = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
