"""What an operation took, for callers who ask: the field `Server-Timing` (https://www.w3.org/TR/server-timing/).

Browsers show it among a request's timings. It is asked for as other answers' fields are, by a `Want-` field (RFC 9530
has such ones), since nobody else has a use for it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.observe.records import RequestRecord

WANTED: Final = "want-server-timing"
"""The request's field in lower case; its value is true as a Structured Field has it (RFC 9651, section 3.3.6)."""


def server_timing(headers: Mapping[str, str], record: RequestRecord) -> Sequence[tuple[bytes, bytes]]:
    """The field about a request's last operation; nothing where nobody asks, or none was run.

    Args:
        headers: of the request, by lower-case name.
    """
    operation = record.operation
    if operation is None or headers.get(WANTED) != "?1":
        return ()
    timing = f'operation;dur={operation.seconds * 1000:.3f}, price;desc="{operation.price:.0f}"'
    return ((b"server-timing", timing.encode()),)
