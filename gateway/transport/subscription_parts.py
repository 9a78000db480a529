"""Results of a subscription as parts of one answer, for Apollo's clients, which need no WebSocket for it.

Protocol: https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol. A result is
the `payload` of a part, an empty object says that the connection lives, and `errors` beside a null `payload` end it.
"""

from typing import Any, Final

from gateway.http.headers import PRIVATE, encoded
from gateway.transport.json_output import dump_json

# Apollo iOS compares the parameter and the type of each part with these very texts.
HEADERS: Final = (
    (b"content-type", b'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx would hold the parts back
    *encoded(PRIVATE),
)

OPENING: Final = b"\r\n--graphql"
_PART: Final = b"\r\ncontent-type: application/json\r\n\r\n%b\r\n--graphql"
HEARTBEAT: Final = _PART % b"{}"
COMPLETE: Final = b"--\r\n"
"""Makes the boundary behind the last part the end; without it Apollo's clients report that the answer was cut off."""


def part(result: bytes) -> bytes:
    """The part of a result, which is JSON, with the boundary by which it is known to be over."""
    return _PART % b'{"payload":%b}' % result


def refused(errors: list[dict[str, Any]]) -> bytes:
    """Says why no result comes any more."""
    return _PART % dump_json({"payload": None, "errors": errors}) + COMPLETE


def only_part(result: bytes) -> bytes:
    """The whole body that has one result."""
    return OPENING + part(result) + COMPLETE
