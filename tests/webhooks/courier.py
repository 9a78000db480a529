"""A process that delivers; its arguments are the URL of a store, a key, and the seconds that an attempt may take."""

import asyncio
import sys

from gateway.db.vault import Vault
from gateway.settings import Settings
from gateway.streams.streams import Streams
from gateway.webhooks.deliveries import Deliveries
from tests.stores import open_store


async def deliver(url: str, key: str, seconds: str) -> None:
    async with open_store(url) as store:
        store.vault = Vault([key])
        settings = Settings(
            database_url=url, webhook_allowed_networks="127.0.0.0/8", webhook_seconds=float(seconds)
        )
        await Deliveries(store, settings, Streams(store)).keep_delivering()


if __name__ == "__main__":
    asyncio.run(deliver(*sys.argv[1:]))
