"""The event log: appended to in the write's transaction, and read from a cursor on."""

from gateway.events.log import Actor, Event

__all__ = ["Actor", "Event"]
