"""Objects: bytes under keys, in a directory or in an object store, and never in memory as a whole.

https://developmentseed.org/obstore/ does the work. A key is `PREFIX/NAME`: what belongs together has one prefix.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

PIECE: Final = 256 * 1024  # bytes of a directory's file that are read or written at once
FETCHED: Final = 2 * 1024 * 1024  # bytes that are read of an object store at once
PART: Final = 5 * 1024 * 1024  # bytes of a multipart upload to S3, of which only the last may be shorter
SECONDS: Final = 30.0  # that the storage may take for one piece, or for anything else that is asked of it
FULL: Final = "No space left on device"
NO_STORAGE: Final = "It is neither a directory nor a URL such as s3://bucket/prefix, gs://… or az://…."

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


class StorageFailure(Exception):
    """The storage cannot be used at the moment: it is away, full, or refuses this process.

    The message is for the operator.
    """


class NoSuchObject(StorageFailure):
    """There is nothing under a key."""


@cache
def open_objects(url: str) -> "Objects":
    """The storage at a URL or in a directory; it is not contacted before it is needed."""
    return Objects(url)


class Objects:
    """A storage.

    Args:
        url: `s3://bucket/prefix`, `gs://…`, `az://…`, whose credentials the environment has as their own tools read
            them; or the path of a directory.

    Attributes:
        directory: where the files lie; None of an object store.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.directory = None if "://" in url and not url.startswith("file://") else _directory(url)
        self._piece, self._part = (PIECE, PIECE) if self.directory else (FETCHED, PART)
        self._store: Any = None

    @property
    def _opened(self) -> Any:
        """The store, opened when it is first needed: a command that touches no file need not load the library."""
        if self._store is None:
            from obstore.store import LocalStore, from_url

            if self.directory is None:
                self._store = from_url(self.url)  # a request of it takes 30 s at most
            else:
                self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._store = LocalStore(self.directory)
        return self._store

    def check(self) -> None:
        """See whether there can be a storage, without contacting it or making anything.

        Raises:
            StorageFailure: the URL names none, or this process may not write into the directory.
        """
        if self.directory is not None:
            if "://" not in self.url and _SCHEME.match(self.url):
                raise StorageFailure(NO_STORAGE)
            _check_folder(self.directory)
            return
        try:
            with _failures():
                _ = self._opened
        except StorageFailure as failure:
            # What the library says of a URL shows it, with the password that it may have.
            raise StorageFailure(NO_STORAGE if self.url in str(failure) else str(failure)) from None

    async def put(self, key: str, pieces: AsyncIterator[bytes]) -> None:
        """Keep the bytes that come, all of them or none: where the iterator raises, nothing is kept.

        Raises:
            StorageFailure: they cannot be kept.
            Exception: what the iterator raises.
        """
        import obstore

        failure: BaseException | None = None

        async def watched() -> AsyncIterator[bytes]:
            nonlocal failure
            try:
                async for piece in pieces:
                    yield piece
            except BaseException as error:
                failure = error
                raise

        try:
            with _failures():
                await obstore.put_async(
                    self._opened,
                    key,
                    watched(),
                    use_multipart=True,
                    chunk_size=self._part,
                    max_concurrency=1,
                )
                if self.directory is not None:
                    await asyncio.to_thread(_settle, self.directory / key)
        except StorageFailure:
            if failure is not None:
                raise failure from None
            raise

    async def size(self, key: str) -> int:
        """How many bytes there are.

        Raises:
            NoSuchObject: nothing is under the key.
            StorageFailure: the storage does not say.
        """
        import obstore

        with _failures():
            async with asyncio.timeout(SECONDS):
                found = await obstore.head_async(self._opened, key)
        return int(found["size"])

    async def pieces(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from one offset to another, which there are, in pieces; each has to come in time.

        Raises:
            NoSuchObject: nothing is under the key.
            StorageFailure: a piece does not come.
        """
        import obstore

        while start < end:
            # Each piece is a request of its own, so that none waits for a caller who takes the last one slowly.
            with _failures():
                async with asyncio.timeout(SECONDS):
                    piece = await obstore.get_range_async(
                        self._opened, key, start=start, end=min(end, start + self._piece)
                    )
            yield bytes(piece)
            start += len(piece)

    async def copy(self, source: str, key: str) -> None:
        """Copy the bytes to another key.

        Raises:
            NoSuchObject: nothing is under the first.
            StorageFailure: they cannot be copied.
        """
        import obstore

        with _failures():
            await obstore.copy_async(self._opened, source, key)

    async def delete(self, key: str) -> None:
        """Remove what is under a key, if anything is.

        Raises:
            StorageFailure: it stays.
        """
        import obstore

        with suppress(NoSuchObject), _failures():
            await obstore.delete_async(self._opened, key)

    async def remove(self, prefix: str, keep: str | None = None) -> None:
        """Delete everything under a prefix, half-written objects too, except one key.

        Raises:
            StorageFailure: something stays.
        """
        import obstore

        with _failures():
            if self.directory is not None:
                kept = None if keep is None else self.directory / keep
                await asyncio.to_thread(_remove, self.directory / prefix, kept)
                return
            async for found in obstore.list(self._opened, prefix=prefix):
                keys = [each["path"] for each in found if each["path"] != keep]
                await obstore.delete_async(self._opened, keys)

    async def signed_put(self, key: str, seconds: float) -> str | None:
        """A signed URL of the object store that accepts the bytes of a key for a while; None for a directory.

        Raises:
            StorageFailure: the store's credentials do not sign.
        """
        import obstore

        if self.directory is not None:
            return None
        with _failures():
            return await obstore.sign_async(self._opened, "PUT", key, timedelta(seconds=seconds))


def _directory(url: str) -> Path:
    return Path(url.removeprefix("file://"))


def _check_folder(folder: Path) -> None:
    """See whether files can be made in a folder, which may be missing itself.

    Raises:
        StorageFailure: they cannot.
    """
    there = next(each for each in (folder, *folder.absolute().parents) if os.path.lexists(each))
    if not there.is_dir():
        raise StorageFailure(f"{there} is no directory.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise StorageFailure(f"This user may not write into {there}.")


@contextmanager
def _failures() -> Iterator[None]:
    """Turn what the library raises into the errors of this module.

    Raises:
        NoSuchObject: there is nothing.
        StorageFailure: anything else.
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError as error:
        raise NoSuchObject(str(error).partition("\n")[0]) from None
    except TimeoutError:
        raise StorageFailure(f"The storage of files did not answer for {SECONDS:g} seconds.") from None
    except (BaseError, OSError, ValueError) as error:
        reason = FULL if FULL in str(error) else str(error).partition("\n")[0]
        raise StorageFailure(f"The storage of files failed: {reason}") from error


def _settle(path: Path) -> None:
    """Have a file on the disk, this user's alone: a row is about to say that it is there."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fchmod(descriptor, 0o600)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove(folder: Path, keep: Path | None) -> None:
    with suppress(FileNotFoundError):  # somebody else removes it, too
        for path in folder.iterdir():
            if path != keep:
                path.unlink(missing_ok=True)
        if keep is None:
            folder.rmdir()
