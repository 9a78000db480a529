"""The state of a process at one moment, as gauges, by series."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol

from gateway.db.database import Database
from gateway.metrics import families
from gateway.metrics.tally import Key


class Followed(Protocol):
    """Who knows how many subscriptions there are."""

    @property
    def followers(self) -> int:
        """How many."""


class Waited(Protocol):
    """Who knows how many requests wait."""

    @property
    def waiting(self) -> int:
        """How many."""


def gauges_of(store: Database, streams: Followed, admission: Waited) -> Mapping[Key, float]:
    """The store's connections, subscriptions, and who waits for what."""
    use = store.use
    gauges: dict[Key, float] = {
        (families.SUBSCRIPTIONS.name,): streams.followers,
        (families.WAITING.name,): admission.waiting,
        (families.DATABASE_WAITING.name,): use.waiting,
    }
    if store.dialect_name == "postgresql":
        gauges[families.DATABASE_CONNECTIONS.name, "used"] = use.used
        gauges[families.DATABASE_CONNECTIONS.name, "idle"] = use.idle
    return gauges


def gauges_of_connections(connections: Collection[Any]) -> Mapping[Key, float]:
    """How many connections there are, by what is done on them.

    Args:
        connections: of the server; those that became WebSockets await no request.
    """
    name = families.CONNECTIONS.name
    counts: dict[Key, float] = {(name, "busy"): 0, (name, "idle"): 0, (name, "websocket"): 0}
    for each in connections:
        awaited = getattr(each, "awaited", None)
        state = "websocket" if awaited is None else "busy" if awaited() is None else "idle"
        counts[name, state] += 1
    return counts
