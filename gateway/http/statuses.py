"""Which status of HTTP a refusal has, by the stable code of what is wrong (RFC 9110, section 15)."""

from collections.abc import Mapping
from typing import Final

INTERNAL_SERVER_ERROR: Final = 500

STATUSES: Final[Mapping[str, int]] = {
    "BAD_USER_INPUT": 400,
    "CURSOR_TOO_OLD": 400,
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "PERSON_REQUIRED": 403,
    "NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "OPERATION_TOO_COMPLEX": 400,
    "CONFLICT": 409,
    "IDEMPOTENCY_KEY_IN_USE": 409,
    "SHOWN_ONCE": 409,
    "PRECONDITION_FAILED": 412,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "TOO_MANY_REQUESTS": 429,
    "INTERNAL_SERVER_ERROR": INTERNAL_SERVER_ERROR,
    "SERVICE_UNAVAILABLE": 503,
}


def status_of(code: str, own: Mapping[str, int] | None = None) -> int:
    """The status of a code; 500 of one that nobody has placed here, which is nobody's fault but ours.

    Args:
        own: the statuses that an API has otherwise.
    """
    return (own or {}).get(code) or STATUSES.get(code, INTERNAL_SERVER_ERROR)
