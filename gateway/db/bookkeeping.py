"""Changes that no event tells of, all of them, each with why it moves no organization's data version.

An organization's data version is its last event. Every other change of rows is told by one, or is not committed.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from sqlalchemy import Column, Table

from gateway.db.keys import SEALED_COLUMNS
from gateway.db.tables import (
    CATALOGUE,
    api_tokens,
    child_counters,
    connectors,
    counters,
    events,
    idempotency_keys,
)


class Bookkeeping(NamedTuple):
    """One kind of change that no event tells of.

    Attributes:
        columns: of rows that are there; all columns of a table stand for whole rows that come and go, too.
        why: nobody has to hear of it.
        by: the module that makes such changes by statements of its own, past `gateway.db.writes`; empty for others.
        organization_id: whose rows alone, the catalogue's; None for everybody's.
    """

    columns: tuple[Column[object], ...]
    why: str
    by: str = ""
    organization_id: str | None = None


BOOKKEEPING = (
    Bookkeeping(
        (api_tokens.c.last_used_at,),
        "No answer shows when a token was used, and reads would move the version by being made.",
    ),
    Bookkeeping(
        tuple(connectors.c),
        "The operator's catalogue belongs to no organization, so there is no log to tell it in.",
        organization_id=CATALOGUE,
    ),
    Bookkeeping(
        tuple(events.c),
        "The log itself: an event of it would need an event.",
        by="gateway.events",
    ),
    Bookkeeping(
        (*counters.c, *child_counters.c),
        "They follow from rows whose coming and going was told, and commit together with them.",
        by="gateway.db.pending",
    ),
    Bookkeeping(
        tuple(idempotency_keys.c),
        "Who asks again is told what the change came to, and an event told of that.",
        by="gateway.db.idempotency",
    ),
    Bookkeeping(
        tuple(SEALED_COLUMNS),
        "The same secrets under another key; whoever may see them sees no difference.",
        by="gateway.db.rotation",
    ),
)


def wants_event(table: Table, organization_id: str, columns: Iterable[str] | None = None) -> bool:
    """Whether a change has to be told by an event.

    Args:
        columns: that change in rows that are there; None where rows come or go.
    """
    exempt = _exempt(table, organization_id == CATALOGUE)
    return not exempt or not exempt.issuperset(table.c.keys() if columns is None else columns)


@cache
def _exempt(table: Table, is_catalogue: bool) -> frozenset[str]:
    """The columns of a table whose changes through `gateway.db.writes` are bookkeeping."""
    return frozenset(
        column.name
        for each in BOOKKEEPING
        if not each.by and (each.organization_id is None or is_catalogue)
        for column in each.columns
        if column.table is table
    )
