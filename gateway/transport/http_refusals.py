"""What a connection refuses in the place of the application: heads that the parser takes, and HTTP does not."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway.http.heads import Field

MAX_URL: Final = 32 * 1024  # bytes of the request's target (RFC 9112, section 3)
MAX_HEAD: Final = 32 * 1024  # bytes of all its header fields

_REQUEST_LINE: Final = re.compile(rb"[\r\n]*[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.[0-9]\r\n")
_AUTHORITY: Final = re.compile(
    rb"(?:\[(?:[0-9A-Fa-f:.]+|v[0-9A-Fa-f]+\.[0-9A-Za-z._~!$&'()*+,;=:-]+)\]"
    rb"|(?:[0-9A-Za-z._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?"
)


class LastAnswer(NamedTuple):
    """An answer behind which its connection ends.

    Attributes:
        status: of the answer.
        message: its body.
        fields: of it, beside those of every such answer.
    """

    status: int
    message: str
    fields: tuple[Field, ...] = ()

    @property
    def headers(self) -> list[Field]:
        return [
            *self.fields,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(self.message)).encode()),
            (b"connection", b"close"),
        ]

    def written(self, defaults: Sequence[Field], is_head: bool) -> bytes:
        """The answer as it goes over the wire.

        Args:
            defaults: fields of every answer.
            is_head: whether HEAD asked, whose answer has no body.
        """
        lines = [b"%b: %b\r\n" % field for field in (*defaults, *self.headers)]
        body = b"" if is_head else self.message.encode()
        return b"".join([STATUS_LINE[self.status], *lines, b"\r\n", body])

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose turn has come, as an ASGI application does."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.message.encode()})


LONG_URL: Final = LastAnswer(414, f"The URL must not be longer than {MAX_URL} bytes.")
LONG_HEAD: Final = LastAnswer(431, f"The header must not be longer than {MAX_HEAD} bytes.")
BROKEN: Final = LastAnswer(400, "Invalid HTTP request received.")
NO_TARGET: Final = LastAnswer(400, "The request's target must be a path, or a URL of http or https.")
_NO_HOST: Final = LastAnswer(400, "The header must have one field Host, with a name or an address.")
_NOT_CHUNKED: Final = LastAnswer(400, "The last transfer coding must be chunked, and no other may be.")
_CODING: Final = LastAnswer(501, "Of the transfer codings, only chunked is understood.")
_FRAMING: Final = LastAnswer(400, "HTTP/1.0 has no Transfer-Encoding.")
_VERSION: Final = LastAnswer(505, "HTTP is spoken here in the versions 1.1 and 1.0.")
_METHOD: Final = LastAnswer(501, "This method is not implemented here.")
_EXPECTATION: Final = LastAnswer(417, "Of the expectations, only 100-continue can be met.")
_SOCKET_VERSION: Final = LastAnswer(
    426,
    "WebSockets are spoken here in the version 13.",
    ((b"upgrade", b"websocket"), (b"connection", b"upgrade"), (b"sec-websocket-version", b"13")),
)


def refusal_of_length(url: bytes, fields: Sequence[Field]) -> LastAnswer | None:
    """Why a head is refused, if it is too long."""
    if len(url) > MAX_URL:
        return LONG_URL
    size = sum(len(name) + len(value) + len(": \r\n") for name, value in fields)
    return LONG_HEAD if size > MAX_HEAD else None


def refusal_of_line(packet: bytes) -> LastAnswer:
    """Why a request is refused whose method the parser does not know (RFC 9110, section 9.1).

    Args:
        packet: which begins with the request.
    """
    return _METHOD if _REQUEST_LINE.match(packet) else BROKEN


def refusal_of_head(method: bytes, version: str, fields: Sequence[Field]) -> LastAnswer | None:
    """Why a head is refused that was parsed, if it is.

    Args:
        version: such as `1.1`.
        fields: by names in lower case.
    """
    if not version.startswith("1."):
        return _VERSION
    if method == b"CONNECT":
        return _METHOD
    is_first = version == "1.0"
    names = [name for name, _ in fields]
    number = names.count(b"host")
    # RFC 9112, section 3.2; who speaks HTTP/1.0 need not name one.
    if number != 1 and (number or not is_first):
        return _NO_HOST
    if number and not is_authority(fields[names.index(b"host")][1].strip(b" \t")):
        return _NO_HOST
    if b"transfer-encoding" in names:
        refusal = _FRAMING if is_first else _refusal_of_codings(list_of(fields, b"transfer-encoding"))
        if refusal is not None:
            return refusal
    if b"expect" in names and not is_first and set(list_of(fields, b"expect")) - {b"100-continue"}:
        return _EXPECTATION
    return None


def _refusal_of_codings(codings: list[bytes]) -> LastAnswer | None:
    """Why the transfer codings of a body are refused, if they are (RFC 9112, sections 6.1 and 6.3)."""
    if codings[-1:] != [b"chunked"] or codings.count(b"chunked") > 1:
        return _NOT_CHUNKED
    return None if len(codings) == 1 else _CODING


def refusal_of_socket(fields: Sequence[Field]) -> LastAnswer | None:
    """Why a WebSocket is refused that is asked for, if its version is another one (RFC 6455, section 4.4)."""
    return None if list_of(fields, b"sec-websocket-version") == [b"13"] else _SOCKET_VERSION


def is_authority(text: bytes) -> bool:
    """Whether it is a host and perhaps a port, both of which may be empty (RFC 3986, section 3.2)."""
    return _AUTHORITY.fullmatch(text) is not None


def list_of(fields: Sequence[Field], name: bytes) -> list[bytes]:
    """The members of a list that a field has on all its lines, in lower case (RFC 9110, section 5.6.1)."""
    values = b",".join(value for each, value in fields if each == name)
    return [each for part in values.lower().split(b",") if (each := part.strip(b" \t"))]
