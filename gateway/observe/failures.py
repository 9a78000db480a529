"""Faults of ours: each told once, with an id that the answer has too."""

import logging
import traceback

from gateway.db.ids import new_id
from gateway.observe.records import current

logger = logging.getLogger("gateway")

_MOST_CAUSES = 10


def report(place: str, error: BaseException) -> str:
    """Tell a fault, without the exception's message: drivers and validators quote the values they met in theirs.

    Args:
        place: where it was met, a few words.

    Returns:
        The error's id, for the answer.
    """
    record = current()
    error_id, name, stack = new_id(), type(error).__qualname__, stack_of(error)
    said = {"error_id": error_id, "request_id": record.id or None, "error": name, "stack": stack}
    said["trace_id"] = record.trace_id
    logger.error("%s failed with %s\n%s", place, name, stack, extra={"members": said})
    record.failed(error_id, place, name, stack)
    return error_id


def stack_of(error: BaseException | None) -> str:
    """The frames that led to an exception and to its causes, with the names of their types."""
    parts: list[str] = []
    while error is not None and len(parts) < _MOST_CAUSES:
        name = f"{type(error).__module__}.{type(error).__qualname__}"
        parts.append("".join(traceback.format_tb(error.__traceback__)) + name)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\ncaused by\n".join(parts)
