"""The log: one line a request, and one for each fault of ours.

Its members are named in docs/operating.md. Nothing secret is in them: no variables, values, tokens or query strings.
"""

import atexit
import logging
import os
import sys
from collections.abc import Callable
from time import time
from typing import Any, Final, Literal

from gateway.observe.deliveries import DeliveryRecord
from gateway.observe.lines import WHOLE_IN_A_PIPE, LineWriter
from gateway.observe.records import FailureRecord, OperationRecord, RequestRecord
from gateway.observe.rendering import Columns, JsonLines, Said, level_of

LogFormat = Literal["auto", "json", "console"]
LogLevel = Literal["debug", "info", "warning", "error", "off"]

LEVELS: Final[dict[str, int]] = {"debug": 10, "info": 20, "warning": 30, "error": 40, "off": 100}
_OF_DELIVERIES: Final = [
    "organization_id",
    "endpoint_id",
    "webhook_id",
    "type",
    "number",
    "outcome",
    "status",
    "error",
]
_NAMES: Final = {10: "debug", 20: "info", 30: "warning", 40: "error"}


class Log:
    """An observer that says what it is told.

    Requests are ``info``, those that failed by our fault ``error``, those turned away for the store's or a limit's
    sake ``warning``. Answered probes of health, fallbacks, reruns and statements are ``debug``.

    Args:
        write: takes what is to be said; it is not changed any more.
    """

    def __init__(self, level: LogLevel, write: Callable[[Said], None]) -> None:
        self.level = LEVELS[level]
        self._write = write

    def say(self, level: int, event: str, at: float, **members: Any) -> None:
        """Say something, where its level is to be seen.

        Args:
            level: of Python's `logging`.
            at: seconds since the epoch.
            members: those that are None are left out.
        """
        if level >= self.level:
            known = {name: value for name, value in members.items() if value is not None}
            self._write({"time": at, "level": _NAMES[level], "event": event, **known})

    def request(self, record: RequestRecord) -> None:
        if LEVELS[level_of(record)] >= self.level:
            self._write(record)

    def operation(self, record: OperationRecord) -> None:
        """Said with its request."""

    def statement(self, sql: str, rows: int, seconds: float) -> None:
        if self.level <= 10:
            self.say(10, "statement", time(), sql=sql, rows=rows, duration_ms=round(seconds * 1000, 3))

    def fallback(self, reason: str) -> None:
        self.say(10, "fallback", time(), reason=reason)

    def rerun(self, reason: str) -> None:
        self.say(10, "rerun", time(), reason=reason)

    def refusal(self, code: str) -> None:
        """Said with its request."""

    def limit(self, name: str, price: float, cap: float, mode: str) -> None:
        """Said with its request."""

    def delivery(self, record: DeliveryRecord) -> None:
        self.say(
            LEVELS["info" if record.outcome == "delivered" else "warning"],
            "delivery",
            time(),
            **{name: getattr(record, name) for name in _OF_DELIVERIES},
            duration_ms=round(record.seconds * 1000, 3),
        )

    def failure(self, record: FailureRecord) -> None:
        """Said by the logger of the place that met it, as libraries say theirs."""


class Handler(logging.Handler):
    """Takes what Python's loggers say: ours say faults, the server's and libraries' say theirs."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        level = min(record.levelno // 10 * 10, 40)
        said: dict[str, Any] = getattr(record, "members", {})
        message = record.getMessage()
        if "stack" in said:
            message = message.partition("\n")[0]  # the stack is a member of its own
        error = record.exc_info[0].__qualname__ if record.exc_info and record.exc_info[0] else None
        members = {"logger": record.name, "message": message, "error": error, **said}
        self._log.say(level, "message", record.created, **members)


def open_log(level: LogLevel, format: LogFormat, *, is_shared: bool = False) -> Log:
    """The log of this process, on its standard error; Python's loggers say what they say through it from now on.

    Args:
        is_shared: whether other processes write to the same stream.
    """
    is_json = format == "json" or (format == "auto" and not sys.stderr.isatty())
    render = JsonLines() if is_json else Columns()

    def dropped(number: int) -> bytes:
        message = f"{number} lines were dropped: nobody read them fast enough, or they could not be written."
        return render({"time": time(), "level": "warning", "event": "message", "message": message})

    stream = os.fdopen(os.dup(2), "wb", buffering=0)
    writer = LineWriter[Said](stream, render, dropped, whole=WHOLE_IN_A_PIPE if is_shared else None)
    log = Log(level, writer.write)
    root = logging.getLogger()
    root.handlers = [Handler(log)]
    root.setLevel(max(log.level, logging.WARNING))
    atexit.register(writer.close)
    return log
