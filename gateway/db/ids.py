"""New ids and the present instant."""

import secrets
import time
from datetime import UTC, datetime
from typing import Final

import uuid_utils

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_id() -> str:
    """A UUID version 7 (RFC 9562, section 5.7): ids made later sort later."""
    return str(uuid_utils.uuid7())


def new_ulid() -> str:
    """A ULID (https://github.com/ulid/spec): 26 characters, of which those made in a later millisecond sort later."""
    number = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5))


def now() -> datetime:
    return datetime.now(UTC)
