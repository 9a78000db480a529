"""The observer that counts what it is told, and reports its counts once a second."""

import asyncio
import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from gateway.limits import Limit, Limits, Mode
from gateway.metrics import families
from gateway.metrics.tally import Key, Report, Tally
from gateway.observe.deliveries import DeliveryRecord
from gateway.observe.records import FailureRecord, OperationRecord, RequestRecord

SECONDS: Final = 1.0  # between two tellings

OTHER: Final = "other"
_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "SUBSCRIBE", "EVENT"}
)
_STREAMS: Final = frozenset({"subscription"})
_UPGRADED: Final = 101
_PAGE: Final = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096

Gauges = Callable[[], Mapping[Key, float]]
"""What is so now, by series."""

Tell = Callable[[Report], bool]
"""Takes what a process tells; false where it cannot be taken now, and is to be told later."""


class Metrics:
    """Counts for one process.

    Args:
        tell: takes what this process tells.
        limits: whose series are there from the first, as those of every counter whose labels are known before.
    """

    def __init__(self, tell: Tell, limits: Limits | None = None) -> None:
        self._tell = tell
        self._tally = Tally()
        self._routes: Collection[str] = ()
        self._sources: list[Gauges] = []
        self._cpu = 0.0
        self._begin(limits or Limits())

    def _begin(self, limits: Limits) -> None:
        """Have what is known beforehand begin at 0: nobody can see the first step of a series that begins with it."""
        keys: list[Key] = [(families.ROWS.name,)]
        keys += [(families.DELIVERIES.name, each) for each in ("delivered", "failed", "given_up")]
        of_limits: list[Limit] = [getattr(limits, name) for name in Limits.variables().values()]
        keys += [
            (families.LIMITS.name, each.name, each.mode.value)
            for each in of_limits
            if each.mode is not Mode.OFF
        ]
        for key in keys:
            self._tally.count(key, 0)

    def know(self, routes: Iterable[str]) -> None:
        """Name the served paths; all other paths share one label."""
        self._routes = frozenset(routes)

    def ask(self, source: Gauges) -> None:
        """Have a source of gauges asked whenever something is told."""
        self._sources.append(source)

    # The observer

    def request(self, record: RequestRecord) -> None:
        path = record.path
        route = path if path in self._routes else record.endpoint or OTHER
        method = record.method if record.method in _METHODS else OTHER
        vendor = record.vendor or ""
        key = (families.REQUESTS.name, method, route, vendor, _status_of(record))
        self._tally.count(key)
        operation = record.operation
        lasts = record.status == _UPGRADED or (operation is not None and operation.type in _STREAMS)
        if not lasts and not record.is_probe:
            seconds = families.REQUEST_SECONDS
            self._tally.observe(seconds, (seconds.name, method, route, vendor), record.seconds)

    def operation(self, record: OperationRecord) -> None:
        type = record.type or "unknown"
        self._tally.count((families.OPERATIONS.name, type, "failed" if record.errors else "ok"))
        if type not in _STREAMS:
            self._tally.observe(
                families.OPERATION_SECONDS, (families.OPERATION_SECONDS.name, type), record.seconds
            )

    def statement(self, sql: str, rows: int, seconds: float) -> None:
        self._tally.observe(families.STATEMENT_SECONDS, _STATEMENT_SECONDS, seconds)
        self._tally.count(_ROWS, rows)

    def fallback(self, reason: str) -> None:
        self._tally.count((families.FALLBACKS.name, reason))

    def rerun(self, reason: str) -> None:
        self._tally.count((families.RERUNS.name, reason))

    def refusal(self, code: str) -> None:
        self._tally.count((families.REFUSALS.name, code))

    def limit(self, name: str, price: float, cap: float, mode: str) -> None:
        self._tally.count((families.LIMITS.name, name, mode))

    def delivery(self, record: DeliveryRecord) -> None:
        self._tally.count((families.DELIVERIES.name, record.outcome))
        self._tally.observe(families.DELIVERY_SECONDS, (families.DELIVERY_SECONDS.name,), record.seconds)

    def failure(self, record: FailureRecord) -> None:
        self._tally.count((families.FAILURES.name, record.error))

    # What becomes of it

    async def keep_telling(self) -> None:
        """Tell once a second, and when it is cancelled for the last time."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self.tell()
                due = loop.time() + SECONDS
                await asyncio.sleep(SECONDS)
                late = max(0.0, loop.time() - due)
                self._tally.observe(families.DELAY_SECONDS, (families.DELAY_SECONDS.name,), late)
        finally:
            self.tell(is_last=True)

    def tell(self, *, is_last: bool = False) -> None:
        """Report what was counted since the last report, and the present state."""
        cpu = time.process_time()
        self._tally.count((families.CPU_SECONDS.name,), cpu - self._cpu)
        self._cpu = cpu
        gauges: dict[Key, float] = {(families.PROCESSES.name,): 1}
        if (memory := _resident_bytes()) is not None:
            gauges[families.MEMORY.name,] = memory
        for each in self._sources:
            gauges.update(each())
        telling = Report(os.getpid(), *self._tally.take(), gauges, is_last)
        if not self._tell(telling):
            self._tally.give_back(telling)


def _status_of(record: RequestRecord) -> str:
    """The status of HTTP; on a WebSocket, where refusals have none, and where the caller went away, a word."""
    if record.status is not None:
        return str(record.status)
    return "gone" if record.code is None else "refused"


_STATEMENT_SECONDS: Final[Key] = (families.STATEMENT_SECONDS.name,)
_ROWS: Final[Key] = (families.ROWS.name,)


def _resident_bytes() -> int | None:
    """The memory that this process has now; None where the system does not say it as Linux does (proc(5))."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return None
