"""Opal's cursors: where a page ended, as base64 of ``{"created_at":…,"value":…}``.

The form is that of the documented example; ``value`` is the id, which breaks ties. Filters have to be sent again.
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
    """A row's place in the list: its keyset."""

    created_at: datetime
    id: str


def cursor_of(row: Any) -> str:
    """The cursor behind a row: at full precision, or pages would lose rows of one millisecond."""
    at = row.created_at.astimezone(UTC).isoformat()
    text = orjson.dumps({"created_at": at.replace("+00:00", "Z"), "value": row.id})
    return base64.b64encode(text).decode()


def place_of(name: str, cursor: str) -> Place:
    """The place that a cursor says.

    Args:
        name: of the parameter that it came in.

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
