"""What a signed URL leads to: the bytes of a file, or the place that an upload is sent to."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, Table, bindparam, select

from gateway.db import file_uploads
from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.ids import new_id, now
from gateway.db.statements import Row
from gateway.db.types import OrderedText
from gateway.masking import mask_credentials
from gateway.resolvers.errors import Conflict, FileTooLarge, NotFound
from gateway.resolvers.file_sweeping import objects_of
from gateway.resolvers.file_urls import Grant, granted
from gateway.resolvers.viewer import Scope
from gateway.settings import Settings
from gateway.storage.objects import Objects, StorageFailure
from gateway.storage.receiving import Received, TooLong, receive

TO_COMPLETE: Final = timedelta(minutes=15)
"""How long an upload may wait, at least, to be completed once everything was sent, however late that was."""


class Download(NamedTuple):
    """A file that may be fetched.

    Attributes:
        name: what it is saved as; credentials in it are masked, since whoever has the URL reads it.
        content_type: as its sender said.
        size: bytes.
        sha256: hexadecimal.
    """

    organization_id: str
    name: str
    content_type: str | None
    size: int
    sha256: str
    key: str
    objects: Objects

    def pieces(self, start: int, end: int) -> AsyncIterator[bytes]:
        """Its bytes from one offset to another.

        Raises:
            StorageFailure: a piece does not come.
        """
        return self.objects.pieces(self.key, start, end)


class FileTransfers:
    """Files that come and go by signed URLs.

    Args:
        database: the started store.
        settings: what the operator decided.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    async def download(self, signed: str) -> Download:
        """The file that a signed text allows to be fetched.

        Raises:
            NotFound: it allows nothing, or the file is gone.
            StorageFailure: the bytes are not there.
        """
        grant = await self._granted(signed, Scope.READ)
        row = await self._row(db.files, grant)
        if row is None or row.storage_key is None:
            raise NotFound("The file is gone.")
        objects = objects_of(self._settings)
        if await objects.size(row.storage_key) != row.size:
            raise StorageFailure(f"What lies under {row.storage_key} has another size than its file.")
        name = mask_credentials(row.name)
        return Download(
            grant.organization_id, name, row.content_type, row.size, row.sha256, row.storage_key, objects
        )

    async def awaited(self, signed: str) -> Grant:
        """The upload that a signed text allows to be sent.

        Raises:
            NotFound: it allows nothing, or the upload is gone.
            Conflict: a file was made of it.
        """
        grant = await self._granted(signed, Scope.WRITE)
        row = await self._row(db.file_uploads, grant)
        if row is None or row.expires_at <= now():
            raise NotFound("The upload is gone.")
        if row.completed_at is not None:
            raise _complete()
        return grant

    async def receive(self, grant: Grant, pieces: AsyncIterator[bytes]) -> Received:
        """Keep what is sent for an upload, instead of what was sent before.

        Raises:
            FileTooLarge: it is more than a file may have.
            Conflict: a file was made of the upload meanwhile.
            StorageFailure: it cannot be kept.
            Exception: what the iterator raises.
        """
        objects, limit = objects_of(self._settings), self._settings.limits.file_bytes
        # Each time under a key of its own: nobody who comes late writes over what a file was made of.
        key = f"{grant.row_id}/{new_id()}"
        try:
            received = await receive(objects, key, pieces, limit)
        except TooLong as error:
            raise FileTooLarge(limit, error.size, is_all=False) from None
        return await asyncio.shield(self._note(grant, objects, key, received))

    async def _note(self, grant: Grant, objects: Objects, key: str, received: Received) -> Received:
        before = await self._row(db.file_uploads, grant)
        noted = await file_uploads.note_received(
            self._database,
            grant.organization_id,
            grant.row_id,
            storage_key=key,
            size=received.size,
            sha256=received.sha256,
            until=now() + TO_COMPLETE,
        )
        if not noted:
            await objects.delete(key)
            raise _complete()
        if before is not None and before.storage_key is not None:
            await objects.delete(before.storage_key)
        return received

    async def _granted(self, signed: str, scope: Scope) -> Grant:
        takes_demo = self._settings.takes_tokens_of_no_row
        return await granted(self._database, signed, scope, takes_demo=takes_demo)

    async def _row(self, table: Table, grant: Grant) -> Row | None:
        statement = self._database.prepare(("granted", table.name), partial(_one, table))
        rows = await self._database.fetch(statement, {"tenant": grant.organization_id, "id": grant.row_id})
        return rows[0] if rows else None


def _complete() -> Conflict:
    return Conflict("A file was made of this upload already. Make another upload for another file.")


def _one(table: Table) -> Select[Any]:
    return select(table).where(
        table.c.organization_id == bindparam("tenant", type_=OrderedText()),
        table.c.id == bindparam("id", type_=OrderedText()),
    )
