"""Stores that a test opens for itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from gateway.db.database import Database, open_database


@asynccontextmanager
async def open_store(url: str, **options: Any) -> AsyncIterator[Database]:
    """A store for the length of a block, closed however that ends: what is left open disturbs other tests."""
    opened = open_database(url, **options)
    try:
        await opened.start()
        yield opened
    finally:
        await opened.stop()
