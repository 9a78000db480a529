"""The log: one line a request, and one for each fault of ours; JSON for programs, columns for people.

JSON's members are named in README. Nothing secret is in them: no variables, no values, no tokens, no query strings.
"""

import atexit
import logging
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from time import time
from typing import Any, Final, Literal

import orjson

from gateway.observe.lines import LineWriter
from gateway.observe.records import FailureRecord, OperationRecord, RequestRecord
from gateway.resolvers.secrets import mask_credentials

LogFormat = Literal["auto", "json", "console"]
LogLevel = Literal["debug", "info", "warning", "error", "off"]

LEVELS: Final[dict[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40, "off": 100}
_NAMES: Final = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "error"}
_PATH_SHOWN: Final = 200  # characters

Line = dict[str, Any]
Render = Callable[[Line], bytes]


class Log:
    """An observer that writes lines.

    Requests are ``info``, those that failed by our fault ``error``, those turned away for the store's or a limit's
    sake ``warning``. Answered probes of health, fallbacks, reruns and statements are ``debug``.
    """

    def __init__(self, level: LogLevel, write: Callable[[bytes], None], render: Render) -> None:
        self.level = LEVELS[level]
        self._write = write
        self._render = render

    def line(self, level: int, event: str, at: float, members: Line) -> None:
        """Write a line, where the level is to be seen.

        Args:
            at: seconds since the epoch.
            members: those that are None are left out.
        """
        if level < self.level:
            return
        said = {name: value for name, value in members.items() if value is not None}
        self._write(self._render({"time": _instant(at), "level": _NAMES[level], "event": event, **said}))

    def request(self, record: RequestRecord) -> None:
        level = _level(record)
        if level < self.level:
            return
        operation = record.operation
        self.line(
            level,
            "request",
            record.started_at,
            {
                "request_id": record.id,
                "method": record.method,
                "path": mask_credentials(record.path[:_PATH_SHOWN]),
                "status": record.status,
                "duration_ms": round(record.seconds * 1000, 3),
                "operation": operation and operation.name,
                "operation_type": operation and operation.type,
                "operations": record.operations if record.operations > 1 else None,
                "document_id": operation and operation.document_id,
                "vendor": record.vendor,
                "endpoint": record.endpoint,
                "organization_id": record.organization_id,
                "token_id": record.token_id,
                "statements": record.statements,
                "rows": record.rows,
                "code": record.code,
                "fallback": record.fallback,
                "error_ids": record.error_ids or None,
            },
        )

    def operation(self, record: OperationRecord) -> None:
        """Said with its request."""

    def statement(self, sql: str, rows: int, seconds: float) -> None:
        if self.level <= 10:
            self.line(
                10, "statement", time(), {"sql": sql, "rows": rows, "duration_ms": round(seconds * 1000, 3)}
            )

    def fallback(self, reason: str) -> None:
        self.line(10, "fallback", time(), {"reason": reason})

    def rerun(self, reason: str) -> None:
        self.line(10, "rerun", time(), {"reason": reason})

    def refusal(self, code: str) -> None:
        """Said with its request."""

    def failure(self, record: FailureRecord) -> None:
        """Said by the logger of the place that met it, as libraries say theirs."""


def _level(record: RequestRecord) -> int:
    if record.status is not None and record.status >= 500:
        return 30 if record.status == 503 else 40
    return 10 if record.is_probe else 20


def as_json(line: Line) -> bytes:
    """A line as one JSON object."""
    return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE, default=str)


def as_columns(line: Line) -> bytes:
    """A line for people."""
    rest = dict(line)
    at, level, event = rest.pop("time")[11:23], rest.pop("level"), rest.pop("event")
    stack = rest.pop("stack", None)
    said = event
    if event == "request":
        status, took = rest.pop("status", "gone"), rest.pop("duration_ms")
        said = f"{status} {rest.pop('method')} {_shown(rest.pop('path'))} {took:.1f} ms"
    shown = " ".join(f"{name}={_shown(value)}" for name, value in rest.items())
    behind = f"\n{stack}" if stack else ""
    return f"{at} {level:<7} {said}  {shown}{behind}\n".encode("utf-8", "backslashreplace")


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value))
    text = str(value)
    return text if text.isprintable() and " " not in text else repr(text)


def _instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class Handler(logging.Handler):
    """Takes what Python's loggers say: ours say faults, the server's and libraries' say theirs."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level = min(record.levelno // 10 * 10, 40)
        said = getattr(record, "members", {})
        message = record.getMessage()
        if "stack" in said:
            message = message.partition("\n")[0]  # the stack is a member of its own
        members = {"logger": record.name, "message": message, **said}
        if record.exc_info and record.exc_info[0] is not None:
            members["error"] = record.exc_info[0].__qualname__
        self._log.line(level, "message", record.created, members)


def open_log(level: LogLevel, format: LogFormat) -> Log:
    """The log of this process, on its standard error; Python's loggers say what they say through it from now on."""
    is_json = format == "json" or (format == "auto" and not sys.stderr.isatty())
    render = as_json if is_json else as_columns
    stream = os.fdopen(os.dup(2), "wb", buffering=0)
    log: Log

    def dropped(number: int) -> bytes:
        message = f"{number} lines were dropped, since nobody read them fast enough."
        return render({"time": _instant(time()), "level": "warning", "event": "message", "message": message})

    writer = LineWriter(stream, dropped)
    log = Log(level, writer.write, render)
    root = logging.getLogger()
    root.handlers = [Handler(log)]
    root.setLevel(max(log.level, logging.WARNING))
    atexit.register(writer.close)
    return log
