"""Files that come with a request: stored before the change that uses them begins, and deleted if none does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

from gateway.db import file_uploads
from gateway.db.database import Database
from gateway.db.failures import DatabaseFailure
from gateway.db.ids import new_id, now
from gateway.resolvers.context import Context
from gateway.resolvers.errors import FileTooLarge
from gateway.resolvers.file_sweeping import objects_of
from gateway.resolvers.file_uploads import insert_upload
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import Write
from gateway.storage.names import file_name
from gateway.storage.objects import StorageFailure
from gateway.storage.receiving import ReceivedFile, TooLong, receive

logger = logging.getLogger(__name__)

LONGEST_TYPE: Final = 255  # characters of a media type; a longer one says nothing


class FilesOfRequest:
    """The files of one request, kept for its changes while the block lasts; unused ones are deleted.

    Each has an upload's row before its bytes come, so that a process that is killed leaves nothing which is not swept.

    Args:
        context: of the caller.
    """

    def __init__(self, context: Context) -> None:
        assert not isinstance(context.reader, Write)
        self._context = context
        self._database: Database = context.reader
        self._objects = objects_of(context.settings)
        self._waiting: list[str] = []
        self._ids: list[str] = []

    async def expect(self, number: int) -> None:
        """Make room for so many files, before the first of them.

        Raises:
            Forbidden: the viewer's token may not make files.
        """
        if number:
            async with self._context.write(Scope.WRITE) as write:
                self._waiting = [await insert_upload(write, name="") for _ in range(number)]
            self._ids += self._waiting

    async def receive(
        self, name: str, content_type: str | None, pieces: AsyncIterator[bytes]
    ) -> ReceivedFile:
        """Keep one of the files that are expected.

        Args:
            name: as its sender gave it.
            content_type: as its sender says.
            pieces: its bytes as they come.

        Raises:
            FileTooLarge: it is more than a file may have.
            StorageFailure: it cannot be kept.
            Exception: what the iterator raises.
        """
        upload_id = self._waiting.pop()
        key, limit = f"{upload_id}/{new_id()}", self._context.settings.limits.file_bytes
        try:
            received = await receive(self._objects, key, pieces, limit)
        except TooLong as error:
            raise FileTooLarge(limit, error.size, is_all=False) from None
        if content_type is not None and len(content_type) > LONGEST_TYPE:
            content_type = None
        return ReceivedFile(upload_id, key, file_name(name), content_type, received)

    async def __aenter__(self) -> "FilesOfRequest":
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._ids:
            await asyncio.shield(self._discard())

    async def _discard(self) -> None:
        """Remove what no change has taken; where that fails, it is swept later."""
        try:
            organization_id = self._context.viewer.organization_id
            left = await file_uploads.end(self._database, organization_id, self._ids, now())
            for row in left:
                await self._objects.remove(row.id)
            await file_uploads.forget(self._database, left)
        except (DatabaseFailure, StorageFailure) as failure:
            logger.warning("files that nothing was made of stay until later: %s", failure)
