"""A process that delivers; its arguments are the URL of a store, a key, and the seconds that an attempt may take."""

import asyncio
import sys

from gateway.db.vault import Vault
from gateway.streams.streams import Streams
from gateway.webhooks.deliveries import Deliveries
from tests.stores import open_store
from tests.webhooks.receiver import settings_of


async def deliver(url: str, key: str, seconds: str) -> None:
    async with open_store(url) as store:
        store.vault = Vault([key])
        settings = settings_of(url, webhook_seconds=float(seconds))
        await Deliveries(store, settings, Streams(store)).keep_delivering()


if __name__ == "__main__":
    asyncio.run(deliver(*sys.argv[1:]))
