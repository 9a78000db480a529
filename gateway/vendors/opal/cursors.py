"""Opal's cursors: the end of a page, as base64 of ``{"created_at":…,"value":…}``.

The form is that of the documented example. ``value`` is the id, which breaks ties. Filters must be sent again.
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from gateway.db.filters import is_text
from gateway.resolvers.errors import Invalid

_URL_SAFE = str.maketrans("-_ ", "+/+")  # a `+` that was not percent-encoded arrives as a space


class Place(NamedTuple):
    """The position of a row in the list: its keyset."""

    created_at: datetime
    id: str


def cursor_of(row: Any) -> str:
    """The cursor after a row, at full precision: otherwise, pages would lose rows of the same millisecond."""
    at = row.created_at.astimezone(UTC).isoformat()
    text = orjson.dumps({"created_at": at.replace("+00:00", "Z"), "value": row.id})
    return base64.b64encode(text).decode()


def place_of(name: str, cursor: str) -> Place:
    """The position that a cursor names.

    Args:
        name: the parameter of the cursor, for messages.

    Raises:
        Invalid: it is not a cursor.
    """
    try:
        padded = cursor.translate(_URL_SAFE).rstrip("=")
        data = orjson.loads(base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True))
        at, value = datetime.fromisoformat(data["created_at"]), data["value"]
        if len(data) != 2 or at.tzinfo is None or not isinstance(value, str) or not is_text(value):
            raise ValueError
        return Place(at.astimezone(UTC), value)
    except (binascii.Error, ValueError, TypeError, KeyError, OverflowError):
        raise Invalid(f"{name} is not a cursor that this endpoint returned.") from None
