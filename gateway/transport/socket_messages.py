"""Messages of the WebSocket subprotocol graphql-transport-ws, and of graphql-ws before it, read and written.

Specification: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md; close codes and the words beside them
are those of its own server, which clients quote. The older one is that of subscriptions-transport-ws
(https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md), as its own server speaks it: the
same messages under other names.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final, NamedTuple

from gateway.observe.records import current
from gateway.transport.errors import Defect, RequestError, refusal
from gateway.transport.json_input import is_suspicious, load_json
from gateway.transport.json_output import dump_json
from gateway.transport.requests import GraphQLRequest, parse_request

_REASON_BYTES: Final = 123  # that a close frame has room for (RFC 6455, section 5.5)


class CloseCode(IntEnum):
    """Why a socket is closed."""

    NORMAL = 1000
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429
    INTERNAL_ERROR = 4500


class Closed(Exception):
    """What came ends the socket.

    Args:
        code: that its caller is told.
        reason: a few words beside it.
    """

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        # Cut between characters: the frame has to be UTF-8.
        self.reason = reason.encode()[:_REASON_BYTES].decode(errors="ignore")


def closing(error: Exception) -> Closed:
    """Why a socket ends whose caller is not admitted.

    Clients come back behind 4403, perhaps with a new token, and behind 1013; not behind 4500.
    """
    refused = refusal(error)
    current().refused(refused.code, refused.reason)
    if refused.status == 500:
        return Closed(CloseCode.INTERNAL_ERROR, str(refused))
    if refused.status in (429, 503):
        return Closed(CloseCode.TRY_AGAIN_LATER, str(refused))
    return Closed(CloseCode.FORBIDDEN, "Forbidden")


class SocketMessage(NamedTuple):
    """A message of a client.

    Attributes:
        type: one of those of graphql-transport-ws, or `terminate`.
        id: of the operation; empty where the message is of none.
        payload: as it came; None for none.
        is_suspicious: whether the values of its payload have to be looked at.
    """

    type: str
    id: str
    payload: Any
    is_suspicious: bool = False

    def request(self) -> GraphQLRequest:
        """The operation that a ``subscribe`` asks for.

        Raises:
            Closed: 4400, it is no GraphQL request.
            RequestError: BAD_USER_INPUT for values that no store takes.
        """
        try:
            return parse_request(self.payload, self.is_suspicious)
        except RequestError as error:
            if error.status is Defect.UNFIT:
                raise
            raise Closed(CloseCode.BAD_REQUEST, str(error)) from None


class Dialect(NamedTuple):
    """A subprotocol, by what sets it apart from the others.

    Attributes:
        protocol: its name in the handshake.
        kinds: what its clients' messages are called here, by what they are called there.
        result: the kind of message that has a result.
        is_older: whether errors come as a result, what ends has a payload of null, and a caller who is not admitted is
            told so by a message.
    """

    protocol: str
    kinds: Mapping[str, str]
    result: str
    is_older: bool


OF_OPERATIONS: Final = frozenset({"subscribe", "complete"})
_KINDS: Final = OF_OPERATIONS | {"connection_init", "ping", "pong"}
_OLDER: Final = {
    "connection_init": "connection_init",
    "start": "subscribe",
    "stop": "complete",
    "connection_terminate": "terminate",
}

DIALECTS: Final = (
    Dialect("graphql-transport-ws", {each: each for each in _KINDS}, "next", is_older=False),
    Dialect("graphql-ws", _OLDER, "data", is_older=True),
)
"""The best first: the older one is spoken with clients that know no other."""


def read_message(frame: str | bytes, dialect: Dialect) -> SocketMessage:
    """The message of a frame, checked in its shape.

    Raises:
        Closed: 4400, it is none that a client may send.
    """
    text = frame.encode() if isinstance(frame, str) else frame
    try:
        value = load_json(text, "The message")
    except RequestError:
        raise _invalid() from None
    if not isinstance(value, dict):
        raise _invalid()
    named, id, payload = value.get("type"), value.get("id", ""), value.get("payload")
    kind = dialect.kinds.get(named) if isinstance(named, str) else None
    if kind is None:
        raise _invalid()
    if kind in OF_OPERATIONS and (not isinstance(id, str) or not id):
        raise _invalid()
    if not isinstance(payload, dict) and (kind == "subscribe" or payload is not None):
        raise _invalid()
    return SocketMessage(kind, id, payload, is_suspicious(text))


def write_message(kind: str, id: str | None = None, payload: Any = None) -> str:
    """The frame of a message; without a payload it has no such member."""
    message = {"type": kind} if id is None else {"id": id, "type": kind}
    if payload is not None:
        message["payload"] = payload
    return dump_json(message).decode()


def write_end(dialect: Dialect, id: str) -> str:
    """The frame behind which nothing comes for an operation."""
    if dialect.is_older:  # whose clients look for the member
        return f'{{"id":{dump_json(id).decode()},"type":"complete","payload":null}}'
    return write_message("complete", id)


def write_errors(dialect: Dialect, id: str, errors: list[dict[str, Any]]) -> list[str]:
    """The frames for an operation that was not executed."""
    if dialect.is_older:
        return [write_message(dialect.result, id, {"errors": errors}), write_end(dialect, id)]
    return [write_message("error", id, errors)]


def _invalid() -> Closed:
    return Closed(CloseCode.BAD_REQUEST, "Invalid message received")
