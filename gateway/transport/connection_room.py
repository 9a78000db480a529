"""Room for the connections of a process, and of each address among them. No work is done per request."""

import logging
from collections.abc import Callable, Collection, Iterable
from heapq import nsmallest
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from uvicorn.server import ServerState

from gateway.http.addresses import Proxies
from gateway.limits import Limit, Limits, Mode
from gateway.transport.http_refusals import LastAnswer

if TYPE_CHECKING:  # a connection has its room, and a room looks at connections
    from gateway.transport.http_connections import HttpConnection

logger = logging.getLogger(__name__)

LIMITS: Final = Limits()

_RETRY: Final = ((b"retry-after", b"1"),)
FULL: Final = LastAnswer(503, "There are too many connections. Try again later.", _RETRY)
FULL_OF_ONE: Final = LastAnswer(
    429, "There are too many connections of this address. Try again later.", _RETRY
)

_ANNOUNCED_AFTER: Final = 1.0  # seconds between two lines of the log about the same
_FULL_FOR: Final = 0.1  # seconds for which nobody looks again whether there is a connection to be closed
_ADDRESSES: Final = 4_000  # that are counted before those are forgotten whose connections are gone


class Share:
    """Connections of which there may be so many: those of a process, or of one address.

    Attributes:
        number: how many there are; those that became WebSockets are counted when they are gone, too, until there seem
            to be too many.
    """

    __slots__ = ("_announced_at", "_full_until", "_limit", "most", "number")

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self.most = limit.cap
        self.number = 0
        self._full_until = 0.0
        self._announced_at = 0.0

    def has_room(self, new: "HttpConnection", find: Callable[[], Collection[Any]], whose: str = "") -> bool:
        """Whether a new connection may stay where there seem to be too many; others are closed for it, if any can be.

        Args:
            find: finds those that are there, the new one among them.
            whose: they are, for the log.
        """
        now = monotonic()
        is_enforced = self._limit.mode is Mode.ENFORCE
        if not is_enforced or now >= self._full_until:
            present = find()
            self.number = len(present)
            if self.number <= self.most or (is_enforced and self._clear(new, present)):
                return True
            self._full_until = now + _FULL_FOR
        if now - self._announced_at >= _ANNOUNCED_AFTER:
            self._announced_at = now
            most, mode = self.most, self._limit.mode
            logger.warning("there are %d connections%s, %g may be (%s)", self.number, whose, most, mode)
        return not new.exceeds(self._limit, self.number)

    def _clear(self, new: "HttpConnection", present: Iterable[Any]) -> bool:
        """Close a tenth of what there may be, so that not everybody who comes has to look at them all."""
        waiting = [
            (*awaited, each)
            for each in present
            if each is not new and (awaited := getattr(each, "awaited", _nothing)()) is not None
        ]
        for *_, each in nsmallest(max(1, int(self.most / 10)), waiting):
            new.connections.discard(each)
            leave(each)
            each.transport.close()
        return bool(waiting)


def _nothing() -> None:
    """What is awaited of a WebSocket's caller."""


def leave(connection: "HttpConnection") -> None:
    """Count a connection no more: it is gone."""
    if connection.share is not None:
        connection.share.number -= 1
        connection.share = None


class Room:
    """Room for the connections of a process. Where it is full, those that nothing is done for give way to new ones.

    First the idle ones go, those that have been idle for longest before others, then those that have begun no request
    yet, or not all of its head. Those with a request under way stay, and whoever comes then is turned away. The same
    holds among the connections of one address; a proxy that is trusted bounds its callers itself.

    Args:
        limit: of all connections.
        of_address: of those of one address.
        proxies: whose connections are of many callers.
    """

    def __init__(
        self,
        limit: Limit = LIMITS.connections,
        of_address: Limit = LIMITS.address_connections,
        proxies: Proxies | None = None,
    ) -> None:
        self.numbers = count()  # of connections, in the order in which they come
        self._all = Share(limit)
        self._of_address = of_address
        self._proxies = proxies or Proxies()
        self._shares: dict[str, Share] = {}

    def enter(self, new: "HttpConnection", state: ServerState) -> None:
        """Count a new connection, which is among the state's already, or turn its caller away."""
        if (name := self._name(new)) is not None:
            new.share = share = self._share(name, state)
            share.number += 1
            if share.number > share.most and not share.has_room(
                new,
                lambda: [each for each in state.connections if self._name(each) == name],
                f" of {name}, which GATEWAY_TRUSTED_PROXIES does not name",
            ):
                new.answer_and_close(FULL_OF_ONE, may_send=False)
                return
        everything = self._all
        if len(state.connections) > everything.most and not everything.has_room(
            new, lambda: state.connections
        ):
            new.answer_and_close(FULL, may_send=False)

    def _name(self, connection: Any) -> str | None:
        """What a connection's caller is counted by; None for a proxy."""
        client = getattr(connection, "client", None)
        return None if client is None else self._proxies.caller_at(client[0])

    def _share(self, name: str, state: ServerState) -> Share:
        if (share := self._shares.get(name)) is None:
            if len(self._shares) >= _ADDRESSES:
                present = {self._name(each) for each in state.connections}
                self._shares = {each: share for each, share in self._shares.items() if each in present}
            share = self._shares[name] = Share(self._of_address)
        return share
