"""Uploads in the store: what was sent is noted with them, and they go when their time is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Delete, Select, and_, bindparam, case, delete, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from gateway.db.database import Database
from gateway.db.statements import Row
from gateway.db.tables import file_uploads, files
from gateway.db.types import BigInt, OrderedText, Timestamp, among
from gateway.db.write_statements import own

GRACE: Final = timedelta(minutes=10)
"""How long an upload is left alone behind its end, since clocks differ and what was begun in time may end late."""

SWEPT: Final = 100  # rows at once


async def note_received(
    database: Database,
    organization_id: str,
    upload_id: str,
    *,
    storage_key: str,
    size: int,
    sha256: str,
    until: datetime,
) -> bool:
    """Note what was sent for an upload; False where it is gone, or a file was made of it.

    Args:
        storage_key: where it lies.
        until: it is kept at least so long.
    """
    statement = database.prepare(("received",), _received)
    given = {
        "tenant": organization_id,
        "row_id": upload_id,
        "set_storage_key": storage_key,
        "set_received_size": size,
        "set_received_sha256": sha256,
        "until": until,
    }
    async with database.transaction() as transaction:
        return bool(await transaction.fetch(statement, given))


async def expired(database: Database, until: datetime) -> list[Row]:
    """Some of the uploads whose time is over, each with the key of the file that was made of it,
    as `kept_key`."""
    return await database.fetch(database.prepare(("expired uploads",), _expired), {"until": until})


async def end(database: Database, organization_id: str, ids: Sequence[str], at: datetime) -> list[Row]:
    """End those of an organization's uploads of which no file was made; of these none will be.

    A change that is about to make one, and whose caller is gone, is waited for.

    Args:
        at: the instant of their end.
    """
    given = {"tenant": organization_id, "keys": ids, "at": at}
    async with database.transaction() as transaction:
        return await transaction.fetch(database.prepare(("end uploads",), _end), given)


async def forget(database: Database, uploads: Sequence[Row]) -> None:
    """Delete uploads of which nothing lies in the storage any more."""
    statement = database.prepare(("forget upload",), _forget)
    async with database.transaction() as transaction:
        await transaction.run_many(
            statement, [{"tenant": each.organization_id, "row_id": each.id} for each in uploads]
        )


def _received() -> ReturningUpdate[Any]:
    table, until = file_uploads, bindparam("until", type_=Timestamp())
    return (
        update(table)
        .where(
            own(table),
            table.c.id == bindparam("row_id", type_=OrderedText()),
            table.c.completed_at.is_(None),
        )
        .values(
            storage_key=bindparam("set_storage_key", type_=OrderedText()),
            received_size=bindparam("set_received_size", type_=BigInt()),
            received_sha256=bindparam("set_received_sha256", type_=OrderedText()),
            expires_at=case((table.c.expires_at < until, until), else_=table.c.expires_at),
        )
        .returning(table.c.id)
    )


def _expired() -> Select[Any]:
    table = file_uploads
    its_file = and_(files.c.organization_id == table.c.organization_id, files.c.id == table.c.id)
    return (
        select(
            table.c.organization_id, table.c.id, table.c.storage_key, files.c.storage_key.label("kept_key")
        )
        .select_from(table.outerjoin(files, its_file))
        .where(table.c.expires_at <= bindparam("until", type_=Timestamp()))
        .order_by(table.c.expires_at)
        .limit(SWEPT)
    )


def _end() -> ReturningUpdate[Any]:
    table = file_uploads
    return (
        update(table)
        .where(own(table), among(table.c.id, "keys"), table.c.completed_at.is_(None))
        .values(expires_at=bindparam("at", type_=Timestamp()))
        .returning(table.c.organization_id, table.c.id)
    )


def _forget() -> Delete:
    table = file_uploads
    return delete(table).where(own(table), table.c.id == bindparam("row_id", type_=OrderedText()))
