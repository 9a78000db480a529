"""Receiving bytes: counted and hashed as they pass on into the storage."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from gateway.limits import Limit
from gateway.storage.objects import Objects


@dataclass(frozen=True, slots=True)
class Received:
    """What came.

    Attributes:
        size: bytes.
        sha256: hexadecimal.
    """

    size: int
    sha256: str


class TooLong(Exception):
    """More bytes come than a file may have.

    Attributes:
        size: how many came, or were announced.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


async def receive(objects: Objects, key: str, pieces: AsyncIterator[bytes], limit: Limit) -> Received:
    """Keep bytes under a key as they come; nothing is kept of what is too much.

    Args:
        limit: of a file's size; where it is observed alone, or off, everything is kept.

    Raises:
        TooLong: there are too many of them.
        StorageFailure: they cannot be kept.
        Exception: what the iterator raises.
    """
    size, digest = 0, hashlib.sha256()

    async def counted() -> AsyncIterator[bytes]:
        nonlocal size
        async for piece in pieces:
            size += len(piece)
            if size > limit.enforced:
                raise TooLong(size)
            digest.update(piece)
            yield piece

    await objects.put(key, counted())
    return Received(size, digest.hexdigest())


async def measure(objects: Objects, key: str) -> Received:
    """What lies under a key, read back.

    Raises:
        NoSuchObject: nothing does.
        StorageFailure: it cannot be read.
    """
    size, digest = 0, hashlib.sha256()
    async for piece in objects.pieces(key, 0, await objects.size(key)):
        size += len(piece)
        digest.update(piece)
    return Received(size, digest.hexdigest())
