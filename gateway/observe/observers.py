"""Observer: who is told of requests, operations, statements, and of what did not go the usual way."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gateway.observe.deliveries import DeliveryRecord
    from gateway.observe.records import FailureRecord, OperationRecord, RequestRecord


class Observer(Protocol):
    """Is told of everything that happens in a process, on its event loop: it must return at once and never raise.

    Records are complete when they are handed over, and hold nothing secret: no variables, no values, no tokens.
    """

    def request(self, record: "RequestRecord") -> None:
        """A request was answered, or its caller went away before."""

    def operation(self, record: "OperationRecord") -> None:
        """An operation of GraphQL ended; a batch has several in one request."""

    def statement(self, sql: str, rows: int, seconds: float) -> None:
        """A statement of SQL was answered with so many rows; its text has placeholders for values.

        Its seconds are 0 where it was sent with another one, which then has the time of both.
        """

    def fallback(self, reason: str) -> None:
        """graphql-core's own executor ran an operation that no plan covers, for this reason."""

    def rerun(self, reason: str) -> None:
        """A root field ran again the exact way, since generated code met this exception."""

    def refusal(self, code: str) -> None:
        """A request, an operation or a field was refused with this code (`extensions.code`)."""

    def limit(self, name: str, price: float, cap: float, mode: str) -> None:
        """A request went beyond a limit: ``enforce`` refuses it, ``observe`` lets it go on."""

    def delivery(self, record: "DeliveryRecord") -> None:
        """An attempt was made to deliver an event to an endpoint of webhooks."""

    def failure(self, record: "FailureRecord") -> None:
        """A fault of ours, not the caller's."""


class Observers:
    """Several observers as one."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self._observers = tuple(observers)

    def request(self, record: "RequestRecord") -> None:
        for each in self._observers:
            each.request(record)

    def operation(self, record: "OperationRecord") -> None:
        for each in self._observers:
            each.operation(record)

    def statement(self, sql: str, rows: int, seconds: float) -> None:
        for each in self._observers:
            each.statement(sql, rows, seconds)

    def fallback(self, reason: str) -> None:
        for each in self._observers:
            each.fallback(reason)

    def rerun(self, reason: str) -> None:
        for each in self._observers:
            each.rerun(reason)

    def refusal(self, code: str) -> None:
        for each in self._observers:
            each.refusal(code)

    def limit(self, name: str, price: float, cap: float, mode: str) -> None:
        for each in self._observers:
            each.limit(name, price, cap, mode)

    def delivery(self, record: "DeliveryRecord") -> None:
        for each in self._observers:
            each.delivery(record)

    def failure(self, record: "FailureRecord") -> None:
        for each in self._observers:
            each.failure(record)
