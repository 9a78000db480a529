"""Traces, as those see them who are traced; `gateway.traces` makes them, where the operator wants them."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from starlette.types import Scope

from gateway.observe.deliveries import DeliveryTarget
from gateway.observe.observers import Observer
from gateway.observe.records import RequestRecord


class TracedAttempt(Protocol):
    """One attempt to deliver an event to an endpoint of webhooks.

    Attributes:
        fields: of its request, by which the endpoint goes on with the trace (W3C Trace Context, section 3).
    """

    @property
    def fields(self) -> Mapping[str, str]: ...

    def ended(self, status: int | None, error: str | None) -> None:
        """Note what came of it.

        Args:
            status: of the answer; None without one.
            error: why there was none, in a word.
        """


class Tracing(Protocol):
    """Traces requests and attempts of one process."""

    def know(self, routes: Iterable[str]) -> None:
        """Name the served paths, by which spans are called; of other paths the method has to do."""

    def begin(self, observer: Observer, id: str, scope: Scope) -> RequestRecord:
        """The record of a request that begins; of one that is not sampled, nothing more is noted than without traces.

        Args:
            observer: told of everything, whether it is traced or not.
            id: of the field `X-Request-Id`.
        """

    def attempt(self, target: DeliveryTarget) -> TracedAttempt:
        """Begin an attempt to deliver."""

    async def finish(self) -> None:
        """Export what waits, for a few seconds at most; nothing is traced any more."""
