"""Data versions: whether anything of an organization has changed, and where its event log stands.

A version is the id of the organization's last event with a mark, which is random and another one with every write.
Rows, events and version commit together. So an answer may be given again while the version stays as it was before the
answer was read, on one primary and on SQLite. Wherever the history is another one (a restored backup, a promoted
standby that lacked the last writes), the mark is, too: what was known of the old history is never taken for a part of
the new one.
"""

import base64
import binascii
import secrets
import struct
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Insert, bindparam, insert, select, update

from gateway.db.cursors import BadCursor
from gateway.db.database import Reader
from gateway.db.ids import now
from gateway.db.tables import CATALOGUE, data_versions, events
from gateway.db.types import BigInt, OrderedText, among
from gateway.db.upserts import insert_or

_FORM: Final = struct.Struct(">BQQ")
_FORMAT: Final = 1


class TooOld(ValueError):
    """A position in an event log after which events are gone, or that belongs to another history of the store."""


class Version(NamedTuple):
    """A data version; as a cursor, the position in an event log after one event.

    Attributes:
        event_id: of an organization's last event then, 0 before the first. Of the catalogue, which has no log, how
            often it was written.
        mark: random bits, 63 of them, drawn by the write that told the event.
    """

    event_id: int
    mark: int

    @property
    def cursor(self) -> str:
        """The version as opaque text, 23 characters of base64url: a cursor, or a part of an entity tag."""
        return base64.urlsafe_b64encode(_FORM.pack(_FORMAT, *self)).rstrip(b"=").decode()

    @classmethod
    def of_cursor(cls, text: str) -> "Version":
        """The version that a text stands for.

        Raises:
            BadCursor: it stands for none.
        """
        try:
            form, event_id, mark = _FORM.unpack(
                base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            )
        except (binascii.Error, struct.error, ValueError):
            raise BadCursor(
                "This is not a cursor of an event log: give `eventCursor`, or `cursor` of an event."
            ) from None
        made = cls(event_id, mark)
        if form != _FORMAT or max(made) >= 1 << 63 or made.cursor != text:
            raise BadCursor(
                "This is not a cursor of an event log: give `eventCursor`, or `cursor` of an event."
            )
        return made


NOTHING: Final = Version(0, 0)
"""Of an organization that is not there."""


def new_mark() -> int:
    """A mark for one write."""
    return secrets.randbits(63)


async def version(reader: Reader, organization_id: str) -> Version:
    """The data version of an organization, or of the CATALOGUE: one lookup by primary key.

    Whoever gives an answer a version reads it before anything that the answer shows: what is read later is at least as
    new. On a standby that lags behind, that holds of what is read from the same standby alone.
    """
    statement = reader.prepare(("data version",), _version)
    for row in await reader.fetch(statement, {"organization_id": organization_id}):
        return Version(row.event_id, row.mark)
    return NOTHING


async def versions_of(reader: Reader, organization_ids: Collection[str]) -> dict[str, Version]:
    """The data versions of many organizations, by one statement."""
    statement = reader.prepare(("data versions of many",), _versions_of)
    rows = await reader.fetch(statement, {"organizations": list(organization_ids)})
    return {row.organization_id: Version(row.event_id, row.mark) for row in rows}


async def version_after(reader: Reader, organization_id: str, place: Version) -> Version:
    """The organization's data version, if its log still has every event after a position: one statement.

    Raises:
        TooOld: events behind the place were pruned away, or it belongs to another history of the store.
    """
    statement = reader.prepare(("data version after",), _version_after)
    given = {"organization_id": organization_id, "event_id": place.event_id}
    for row in await reader.fetch(statement, given):
        marks = ((row.event_id, row.mark), (row.pruned_id, row.pruned_mark), (place.event_id, row.its_mark))
        if tuple(place) in marks and place.event_id >= (row.pruned_id or 0):
            return Version(row.event_id, row.mark)
    raise TooOld(
        "Events behind this cursor are gone, or the store has another history. Read everything anew."
    )


def moved(dialect_name: str) -> Any:
    """The statement that moves a version by the parameters `events`, a number, and `mark`.

    It is the lock under which an organization's events are numbered: a transaction that runs it holds the row until it
    ends. So nothing but events and counters is written behind it.
    """
    number = bindparam("events", type_=BigInt())
    statement = insert_or(dialect_name, data_versions).values(
        organization_id=bindparam("organization_id", type_=OrderedText()),
        event_id=number,
        mark=bindparam("mark", type_=BigInt()),
    )
    return statement.on_conflict_do_update(
        index_elements=[data_versions.c.organization_id],
        set_={"event_id": data_versions.c.event_id + number, "mark": statement.excluded.mark},
    )


def move_all(connection: Connection, happened: str) -> None:
    """Move the version of every organization, each told by an event without a subject, and of the catalogue.

    Args:
        connection: of SQLAlchemy's, in the transaction of a migration.
        happened: the type of the events.
    """
    table, at = data_versions, now()
    found = connection.execute(select(table.c.organization_id, table.c.event_id).with_for_update()).all()
    if not found:
        return
    moves = [
        {"its_id": row.organization_id, "event_id": row.event_id + 1, "mark": new_mark()} for row in found
    ]
    connection.execute(
        update(table)
        .where(table.c.organization_id == bindparam("its_id", type_=OrderedText()))
        .values(event_id=bindparam("event_id"), mark=bindparam("mark")),
        moves,
    )
    rows = [
        {
            "organization_id": each["its_id"],
            "id": each["event_id"],
            "mark": each["mark"],
            "type": happened,
            "subject_type": "organizations",
            "door": "CLI",
            "data": EVERYTHING,
            "occurred_at": at,
        }
        for each in moves
        if each["its_id"] != CATALOGUE
    ]
    if rows:
        connection.execute(_told(), rows)


EVERYTHING: Final = '{"every":true}'
"""The data of an event that tells of rows of any table."""


def _told() -> Insert:
    return insert(events)


def _version() -> Any:
    table = data_versions.c
    own = table.organization_id == bindparam("organization_id", type_=OrderedText())
    return select(table.event_id, table.mark).where(own)


def _versions_of() -> Any:
    table = data_versions.c
    return select(table.organization_id, table.event_id, table.mark).where(
        among(table.organization_id, "organizations")
    )


def _version_after() -> Any:
    table, organization_id = data_versions.c, bindparam("organization_id", type_=OrderedText())
    its_mark = select(events.c.mark).where(
        events.c.organization_id == organization_id, events.c.id == bindparam("event_id", type_=BigInt())
    )
    columns = (table.event_id, table.mark, table.pruned_id, table.pruned_mark)
    return select(*columns, its_mark.scalar_subquery().label("its_mark")).where(
        table.organization_id == organization_id
    )
