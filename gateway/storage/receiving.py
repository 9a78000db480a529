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


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file that came with a request, and belongs to nobody until a row says so.

    Attributes:
        upload_id: of the row that has it swept.
        key: under which it lies.
        name: as its sender gave it.
        content_type: as its sender said.
    """

    upload_id: str
    key: str
    name: str
    content_type: str | None
    received: Received

    @property
    def said(self) -> dict[str, object]:
        """What identifies its contents: the same file, sent again, has the same."""
        return {
            "name": self.name,
            "content_type": self.content_type,
            "size": self.received.size,
            "sha256": self.received.sha256,
        }


class TooLong(Exception):
    """More bytes come than a file may have.

    Attributes:
        size: how many came, or were announced.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


async def receive(objects: Objects, key: str, pieces: AsyncIterator[bytes], limit: Limit) -> Received:
    """Store bytes under a key as they arrive; if there are too many, nothing is kept.

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
