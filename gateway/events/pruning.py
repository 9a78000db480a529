"""Pruning the event log: old events are deleted, except those that a follower still needs. Data versions stay.

A follower that other processes know of (a webhook, say) tells `keep_for` up to which event it has come in an
organization. What lies behind that is not pruned, however old it is.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.sql.dml import ReturningDelete, Update

from gateway.db.database import Database, Reader
from gateway.db.tables import data_versions, events
from gateway.db.types import BigInt, OrderedText

BATCH: Final = 1000  # events of one transaction

Followed = Callable[[Reader, str], Awaitable[int | None]]
"""Called as `followed(reader, organization_id)`: the id of the last event that is needed no more, 0 where all are; None
where nobody follows."""

_FOLLOWED: Final[list[Followed]] = []


def keep_for(followed: Followed) -> Followed:
    """Have events kept that a follower still needs; a decorator of the function that says which."""
    _FOLLOWED.append(followed)
    return followed


class Pruned(NamedTuple):
    """What pruning an organization's log did.

    Attributes:
        events: how many went.
        kept_for_followers: whether older ones stay, which a follower needs.
    """

    events: int
    kept_for_followers: bool


async def prune(database: Database, organization_id: str, until: datetime) -> Pruned:
    """Delete an organization's events from the first on, as long as they are older than an instant.

    Cursors behind the last one that goes stay good, those ahead of it are too old from now on.
    """
    places = [await each(database, organization_id) for each in _FOLLOWED]
    most = min((each for each in places if each is not None), default=None)
    gone = 0
    while True:
        went, is_over = await _prune_some(database, organization_id, until, most)
        gone += went
        if is_over is not None:
            return Pruned(gone, is_over == "followed")


async def _prune_some(
    database: Database, organization_id: str, until: datetime, most: int | None
) -> tuple[int, str | None]:
    """Delete the first events; how many, and why no more go, if that is so."""
    async with database.transaction() as transaction:
        first = database.prepare(("first events",), _first)
        rows = await transaction.fetch(first, {"organization_id": organization_id, "limit": BATCH})
        old = next((place for place, row in enumerate(rows) if row.occurred_at >= until), len(rows))
        free = len(rows) if most is None else sum(row.id <= most for row in rows)
        going = rows[: min(old, free)]
        if going:
            place = {"organization_id": organization_id, "id": going[-1].id, "mark": going[-1].mark}
            await transaction.fetch(database.prepare(("prune",), _prune), place)
            await transaction.run_many(database.prepare(("pruned",), _pruned), [place])
    if len(going) == BATCH:
        return len(going), None
    return len(going), "followed" if free < old else "done"


def _first() -> Any:
    own = events.c.organization_id == bindparam("organization_id", type_=OrderedText())
    columns = (events.c.id, events.c.occurred_at, events.c.mark)
    return select(*columns).where(own).order_by(events.c.id).limit(bindparam("limit"))


def _prune() -> ReturningDelete[Any]:
    own = events.c.organization_id == bindparam("organization_id", type_=OrderedText())
    return delete(events).where(own, events.c.id <= bindparam("id", type_=BigInt())).returning(events.c.id)


def _pruned() -> Update:
    own = data_versions.c.organization_id == bindparam("organization_id", type_=OrderedText())
    place = {"pruned_id": bindparam("id", type_=BigInt()), "pruned_mark": bindparam("mark", type_=BigInt())}
    return update(data_versions).where(own).values(place)
