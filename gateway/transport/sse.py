"""Server-sent events: results as they come, each an event of a stream.

Protocol: graphql-sse, distinct connections mode (https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md), on
the format of https://html.spec.whatwg.org/multipage/server-sent-events.html. Lines end in LF alone, since urql reads no
others.
"""

from typing import Any, Final

from gateway.http.headers import PRIVATE, encoded
from gateway.transport.json_output import dump_json
from gateway.transport.negotiation import EVENT_STREAM

HEADERS: Final = (
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"vary", b"Accept"),
    (b"x-accel-buffering", b"no"),  # nginx would hold the events back
    *encoded(PRIVATE),
)

COMPLETE: Final = b"event: complete\ndata:\n\n"
"""Says that no result comes any more; with `data`, or EventSource would pass it over."""

HEARTBEAT: Final = b":\n\n"
"""A comment, by which both ends see that the other is there."""


def next_event(result: bytes, id: str | None = None) -> bytes:
    """The event of a result.

    Args:
        result: JSON without line ends.
        id: that the caller can send as `Last-Event-ID` to go on behind it; ASCII without control characters.
    """
    return b"event: next\n%bdata: %b\n\n" % (b"" if id is None else b"id: %b\n" % id.encode(), result)


def refused(errors: list[dict[str, Any]]) -> bytes:
    """Says why no result comes any more, so that nobody comes back for it."""
    return next_event(dump_json({"errors": errors})) + COMPLETE
