"""Stores that a test opens for itself."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from gateway.db.database import Database, open_database
from gateway.db.deadlines import Deadlines


@asynccontextmanager
async def open_store(url: str, **options: Any) -> AsyncIterator[Database]:
    """A store for the length of a block, closed however that ends: what is left open disturbs other tests."""
    opened = open_database(url, **options)
    try:
        await opened.start()
        yield opened
    finally:
        await opened.stop()


@contextmanager
def hurried(database: Any, seconds: float = 0.2) -> Iterator[None]:
    """Let reads of a store take no longer, inside the block alone: what has to succeed may take its time."""
    patient, database._deadlines = database._deadlines, Deadlines(seconds)
    try:
        yield
    finally:
        database._deadlines = patient
