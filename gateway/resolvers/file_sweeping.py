"""Sweeping: stored bytes that never became a file are deleted when their time is over."""

import logging

from gateway.db import file_uploads
from gateway.db.database import Database
from gateway.db.failures import DatabaseFailure
from gateway.db.ids import now
from gateway.resolvers.context import Context
from gateway.resolvers.file_urls import file_of
from gateway.resolvers.writes import Write
from gateway.settings import Settings
from gateway.storage.objects import Objects, StorageFailure, open_objects

logger = logging.getLogger(__name__)


def objects_of(settings: Settings) -> Objects:
    """Where the bytes of files lie."""
    return open_objects(settings.storage_at)


async def sweep_now(context: Context) -> None:
    """Remove the bytes of a deleted file; if the storage fails, this is tried again later."""
    assert not isinstance(context.reader, Write)
    await sweep(context.reader, objects_of(context.settings))


async def sweep(database: Database, objects: Objects) -> int:
    """Remove what lies in the storage for uploads whose time is over, but for files; returns how many there were."""
    gone = 0
    try:
        while rows := await file_uploads.expired(database, now() - file_uploads.GRACE):
            for row in rows:
                await objects.remove(file_of(row.storage_key or row.id), row.kept_key)
            await file_uploads.forget(database, rows)
            gone += len(rows)
    except (DatabaseFailure, StorageFailure) as failure:
        logger.warning("what was uploaded and is no file stays until later: %s", failure)
    return gone
