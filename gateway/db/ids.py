"""New ids and the present instant."""

from datetime import UTC, datetime

import uuid_utils


def new_id() -> str:
    """A UUID version 7 (RFC 9562, section 5.7): ids made later sort later."""
    return str(uuid_utils.uuid7())


def now() -> datetime:
    return datetime.now(UTC)
