"""What the log says, as lines: JSON objects for programs, columns for people."""

import secrets
from collections.abc import Hashable
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from gateway.caches import Cache
from gateway.masking import mask_credentials
from gateway.observe.records import RequestRecord

Members = dict[str, Any]
"""A line's members in their order; ``time`` is in seconds since the epoch."""

Said = RequestRecord | Members

_PATH_SHOWN: Final = 200  # characters
_NAME_SHOWN: Final = 100  # characters
_OWN: Final = ("time", "request_id", "duration_ms", "statements", "rows")
"""The members that every line has for itself, in their order; none of them needs an escape in JSON."""
_HOLE: Final = secrets.token_hex(16)
"""Stands where such a member comes: nobody outside can write it."""
_FRAMES: Final = 1_000
_FRAMES_BYTES: Final = 4 << 20
_LARGEST_FRAME: Final = 16 << 10
_SAID_IF_KNOWN: Final = ("vendor", "endpoint", "organization_id", "token_id", "code", "fallback", "trace_id")


def level_of(record: RequestRecord) -> str:
    """How much a request matters: our faults are errors, a store or a limit that is in the way is a warning."""
    if record.status is not None and record.status >= 500:
        return "warning" if record.status == 503 else "error"
    if record.limits:
        return "warning"
    return "debug" if record.is_probe else "info"


class JsonLines:
    """Each line is one JSON object."""

    def __init__(self) -> None:
        self._clock = Clock()
        self._frames: Cache[Hashable, _Frame] = Cache(_FRAMES, _FRAMES_BYTES, _LARGEST_FRAME)

    def __call__(self, said: Said) -> bytes:
        if said.__class__ is RequestRecord and not (said.limits or said.error_ids or said.reason):
            return self._framed(said)
        members = said if isinstance(said, dict) else _members(said)
        members["time"] = self._clock.text(members["time"])
        return orjson.dumps(members, option=orjson.OPT_APPEND_NEWLINE, default=str)

    def _framed(self, record: RequestRecord) -> bytes:
        """The line of a request; what it shares with others was written with the first of them."""
        operation = record.operation
        likeness = (
            record.method,
            record.path,
            record.status,
            record.is_probe,
            record.vendor,
            record.endpoint,
            record.organization_id,
            record.token_id,
            record.code,
            record.fallback,
            record.operations,
            operation and (operation.name, operation.type, operation.document_id),
        )
        frame = self._frames.get(likeness)
        if frame is None:
            frame = _Frame(_members(record))
            self._frames.put(likeness, frame, frame.size + 2 * len(repr(likeness)))
        return frame.line(self._clock.text(record.started_at), record)


class _Frame:
    """The line of requests that differ in nothing but their times, ids and counts.

    Args:
        members: of one of them.

    Attributes:
        size: about how many bytes it has.
    """

    __slots__ = ("_parts", "size")

    def __init__(self, members: Members) -> None:
        text = orjson.dumps({**members, **dict.fromkeys(_OWN, _HOLE)}, option=orjson.OPT_APPEND_NEWLINE)
        self._parts = text.decode().split(f'"{_HOLE}"')
        self.size = 1_000 + 2 * len(text)

    def line(self, time: str, record: RequestRecord) -> bytes:
        """The line of one of them, which began at this time."""
        start, id, took, statements, rows, end = self._parts
        return (
            f'{start}"{time}"{id}"{record.id}"{took}{record.seconds * 1000:.3f}'
            f"{statements}{record.statements}{rows}{record.rows}{end}"
        ).encode()


class Columns:
    """Lines for people."""

    def __init__(self) -> None:
        self._clock = Clock()

    def __call__(self, said: Said) -> bytes:
        rest = dict(said) if isinstance(said, dict) else _members(said)
        at, level, event = self._clock.text(rest.pop("time")), rest.pop("level"), rest.pop("event")
        stack = rest.pop("stack", None)
        what = event
        if event == "request":
            status, took = rest.pop("status", "gone"), rest.pop("duration_ms")
            what = f"{status} {rest.pop('method')} {_shown(rest.pop('path'))} {took:.1f} ms"
        shown = " ".join(f"{name}={_shown(value)}" for name, value in rest.items())
        behind = f"\n{stack}" if stack else ""
        return f"{at[11:23]} {level:<7} {what}  {shown}{behind}\n".encode("utf-8", "backslashreplace")


def _members(record: RequestRecord) -> Members:
    members: Members = {
        "time": record.started_at,
        "level": level_of(record),
        "event": "request",
        "request_id": record.id,
        "method": record.method,
        "path": mask_credentials(record.path[:_PATH_SHOWN]),
    }
    if record.status is not None:
        members["status"] = record.status
    members["duration_ms"] = round(record.seconds * 1000, 3)
    if (operation := record.operation) is not None:
        if operation.name is not None:
            members["operation"] = operation.name[:_NAME_SHOWN]
        if operation.type is not None:
            members["operation_type"] = operation.type
        if operation.document_id is not None:
            members["document_id"] = operation.document_id[:_NAME_SHOWN]
        if record.operations > 1:
            members["operations"] = record.operations
    for name in _SAID_IF_KNOWN:
        if (value := getattr(record, name)) is not None:
            members[name] = value
    if record.reason is not None:
        members["reason"] = mask_credentials(record.reason)
    if record.limits:
        members["limits"] = record.limits
    members["statements"] = record.statements
    members["rows"] = record.rows
    if record.error_ids:
        members["error_ids"] = record.error_ids
    return members


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    text = str(value)
    return text if text.isprintable() and " " not in text else repr(text)


class Clock:
    """Writes instants; of those in one second, the date once."""

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def text(self, at: float) -> str:
        """RFC 3339 in UTC, with milliseconds.

        Args:
            at: seconds since the epoch.
        """
        milliseconds = int(at * 1000)
        second = milliseconds // 1000
        if second != self._second:
            self._text = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
            self._second = second
        return f"{self._text}.{milliseconds % 1000:03}Z"
