"""What a legacy path refuses: faults of the HTTP request itself, and the answer a vendor makes of any fault.

GatewayError (resolvers/errors.py)
├── UnknownPath            NOT_FOUND              under a vendor's prefix, but none of its paths
├── MethodNotAllowed       METHOD_NOT_ALLOWED     the path is the vendor's, the method is not served there
├── UnsupportedMediaType   UNSUPPORTED_MEDIA_TYPE a body that the path does not read
├── BodyTooLarge           BODY_TOO_LARGE
└── InternalServerError    INTERNAL_SERVER_ERROR  ours, not the caller's
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.resolvers.errors import GatewayError


def allowed_methods(served: Iterable[str]) -> tuple[str, ...]:
    """The methods of a path where these are served: HEAD goes with GET (RFC 9110, section 9.3.2)."""
    return tuple(method for each in served for method in ((each, "HEAD") if each == "GET" else (each,)))


class UnknownPath(GatewayError):
    code = "NOT_FOUND"


class MethodNotAllowed(GatewayError):
    """A method that is not served on a path that is.

    Attributes:
        method: that came.
        allowed: the methods of the path, for the field `Allow` (RFC 9110, section 15.5.6).
    """

    code = "METHOD_NOT_ALLOWED"

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"The method {method} is not allowed here.")
        self.method = method
        self.allowed = allowed


class UnsupportedMediaType(GatewayError):
    """A body that is not read.

    Attributes:
        media_type: the body's, as its `Content-Type` has it.
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
    """A vendor's own answer to a fault, exactly as its callers know it.

    Attributes:
        status: of HTTP.
        body: JSON-able.
        headers: beside the content type.
        schema: JSON Schema of every body of its kind; None where they have the form of this one.
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
