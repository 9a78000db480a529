"""What is noted of a request while it is answered; the doors say what they know of it as they learn it."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass
from time import perf_counter, time
from types import MappingProxyType
from typing import Final

from gateway.db.ids import new_id
from gateway.db.metering import Meter
from gateway.observe.observers import Observer, Observers
from gateway.observe.work import Work


class OperationRecord:
    """One operation of GraphQL.

    Attributes:
        name: that the document gives it, or that was asked for; None for an anonymous one.
        type: ``query``, ``mutation`` or ``subscription``; None where it was refused before that was known.
        document_id: by which the document was asked for, or is known: SHA-256 in hexadecimal, or another name.
        digest: the SHA-256 of the document's text; None where it was refused before there was a document.
        seconds: from its request's being read to its result.
        errors: how many the answer has.
        code: of the last of them, or of what ended it; of an exception that is none of ours, its type.
        price: the objects and values that it may return at most, as far as that was counted.
    """

    # As with requests, the class has what hardly any of its records is told.
    digest: bytes | None = None
    seconds: float = 0.0
    errors: int = 0
    code: str | None = None
    price: float = 0

    def __init__(
        self, name: str | None = None, type: str | None = None, document_id: str | None = None
    ) -> None:
        self.name = name
        self.type = type
        self.document_id = document_id


@dataclass(frozen=True, slots=True)
class FailureRecord:
    """A fault of ours.

    Attributes:
        error_id: that the answer has too.
        place: where it was met: a field's path, or a vendor's endpoint.
        error: the exception's type, without its message: drivers quote the values that they met in theirs.
        stack: the frames that led to it.
    """

    error_id: str
    place: str
    error: str
    stack: str


class RequestRecord:
    """One request, complete when its answer was sent.

    Attributes:
        id: of the field `X-Request-Id`, as it came or made here.
        path: the route's pattern; of what no route answers, the path itself.
        status: of HTTP; None where the caller went away before it.
        started_at: seconds since the epoch.
        seconds: until the answer was sent whole.
        vendor: whose legacy path it is.
        endpoint: the vendor's name of what was asked for.
        organization_id: of the caller; None where it was not admitted.
        token_id: of the caller's token, which is no secret.
        operation: the last of the request's operations, ``operations`` being how many there were.
        code: with which the request was refused, or the last of its operations.
        reason: why it was, where the code does not say it: what the store's driver said.
        fallback: why graphql-core's own executor ran an operation of it; None where none had to.
        is_probe: whether it asks after the process's health, as machines do every few seconds.
        error_ids: of the faults of ours in it.
        limits: that it went beyond, by name, with what was counted; observed ones let it go on.
        statements: of SQL, read or written.
        rows: that they returned.
        work: what is under way of it, an operation or a call, which may be ended; None between these.
        trace_id: of its trace, in hexadecimal; None where it is not traced.
    """

    # Nearly every request leaves nearly all of these as they are: the class has what its records are not told.
    status: int | None = None
    seconds: float = 0.0
    vendor: str | None = None
    endpoint: str | None = None
    organization_id: str | None = None
    token_id: str | None = None
    operation: OperationRecord | None = None
    operations: int = 0
    code: str | None = None
    reason: str | None = None
    fallback: str | None = None
    is_probe: bool = False
    limits: Mapping[str, float] = MappingProxyType({})
    error_ids: Sequence[str] = ()
    statements: int = 0
    rows: int = 0
    work: Work | None = None
    trace_id: str | None = None

    def __init__(self, observer: Observer, id: str, method: str, path: str) -> None:
        self.observer = observer
        self.id = id
        self.method = method
        self.path = path
        self.started_at = time()
        self._clock = perf_counter()

    def part(self, method: str) -> "RequestRecord":
        """The record of a request that came within this one: an operation on a WebSocket, say."""
        return RequestRecord(self.observer, new_id(), method, self.path)

    def ended(self) -> None:
        """Note the end, and tell the observer."""
        self.seconds = perf_counter() - self._clock
        self.observer.request(self)

    def refused(self, code: str, reason: str | None = None) -> None:
        """Note that the request, or something in it, was refused with a code, and why where the code leaves it open."""
        self.code = code
        self.reason = reason or self.reason
        self.observer.refusal(code)

    def exceeded(self, limit: str, price: float, cap: float, mode: str) -> None:
        """Note that the request goes beyond a limit."""
        self.limits = {**self.limits, limit: price}
        self.observer.limit(limit, price, cap, mode)

    def failed(self, error_id: str, place: str, error: str, stack: str) -> None:
        """Note a fault of ours."""
        self.error_ids = [*self.error_ids, error_id]
        self.observer.failure(FailureRecord(error_id, place, error, stack))

    def operated(self, operation: OperationRecord) -> None:
        """Note the end of an operation."""
        self.operation = operation
        self.operations += 1
        self.observer.operation(operation)


NOBODY: Final = Observers(())
"""Who watches where nobody does."""

_current: ContextVar[RequestRecord | None] = ContextVar("gateway_request", default=None)


def enter(record: RequestRecord) -> Token[RequestRecord | None]:
    """Make a record the current one, until `leave`."""
    return _current.set(record)


def leave(token: Token[RequestRecord | None]) -> None:
    """End what `enter` began."""
    _current.reset(token)


def current() -> RequestRecord:
    """The record of the request that is being answered; outside of any, one that nobody reads."""
    return _current.get() or RequestRecord(NOBODY, "", "", "")


# What rooms that know nothing of requests tell is noted with the request that it belongs to.


def tell_statement(sql: str, rows: int, seconds: float) -> None:
    """A statement of SQL was answered (`Database.after_statement`)."""
    if (record := _current.get()) is not None:
        record.statements += 1
        record.rows += rows
        record.observer.statement(sql, rows, seconds)
        if (work := record.work) is not None and record.rows > work.rows_allowed:
            work.charge_rows()


def meter() -> Meter | None:
    """The meter of the work under way (`Database.meter`)."""
    record = _current.get()
    return None if record is None else record.work


class RecordingWatcher:
    """Watches a schema's operations (`gateway.execution.watch`)."""

    def fallback(self, reason: str) -> None:
        """Note why graphql-core's own executor runs an operation."""
        record = current()
        record.fallback = reason
        record.observer.fallback(reason)

    def rerun(self, reason: str) -> None:
        """Tell why a root field runs again."""
        current().observer.rerun(reason)
