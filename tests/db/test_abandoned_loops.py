"""Event loops that end while a store is open and read: whoever is interrupted does not always get to close it."""

import asyncio
import gc
import threading

import pytest

from gateway.db.database import open_database
from tests.db.test_writes import endless, started


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_nothing_is_left_of_a_read_when_its_loop_ends(database_url, is_cancelled, caplog):
    opened = []

    async def read():
        database = open_database(database_url, connections=1)
        await database.start()
        task = asyncio.create_task(database.fetch(endless(database), {}))
        await started(database, task)
        if is_cancelled:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        opened.append(database)

    asyncio.run(read())
    gc.collect()
    assert caplog.messages == []
    if database_url.startswith("sqlite"):
        asyncio.run(opened[0].stop())  # joins its threads, whose failures pytest would tell
        assert not [each for each in threading.enumerate() if each.name.startswith("sqlite")]
