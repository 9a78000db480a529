"""Reads bytes of a file, a pipe or standard input, decompressed if they are gzip, without blocking the caller.

A pipe without a writer blocks its reader for ever, and a thread in such a call cannot be stopped. Therefore a daemon
thread reads files: a cancelled caller abandons it, and it ends with the process.
"""

import asyncio
import contextlib
import gzip
import io
import os
import select
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from stat import S_ISREG
from typing import Protocol, TypeVar

from gateway.exchange.json_stream import Readable
from gateway.resolvers.errors import printable


class _Closeable(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=_Closeable)

STANDARD_INPUT = Path("-")
BUFFER = 1 << 18  # bytes
SECONDS = 0.5  # between two looks at whether somebody waits
GZIP = b"\x1f\x8b"
# JSON packs to a tenth, sometimes to a hundredth; gzip's limit is a thousandth.
MAX_EXPANSION = 200
UNSUSPICIOUS = 1 << 26  # bytes

_OTHER_PACKINGS = {
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
}


class Unreadable(ValueError):
    """Bytes that cannot be decompressed."""


class Abandoned(Exception):
    """Nobody waits for the data any more."""


class Source:
    """A file that is read once.

    Attributes:
        name: the name for messages and events; without its folder if it is a file.
        size: the size in bytes, if it is known beforehand.
        bytes: how many bytes were read, before decompression.
    """

    def __init__(self, path: Path, progress: Callable[[int], object] = lambda _: None) -> None:
        self.path = path
        self.size = _size(path)
        name = (
            "standard input" if path == STANDARD_INPUT else path.name if self.size is not None else str(path)
        )
        self.name = printable(name)
        self.bytes = 0
        self._progress = progress
        self._abandoned = threading.Event()

    def abandon(self) -> None:
        """Ask the reading thread to stop as soon as possible. Call it from another thread."""
        self._abandoned.set()

    @contextlib.contextmanager
    def opened(self) -> Iterator[Readable]:
        """The decompressed content of the file.

        Raises:
            OSError: it cannot be opened or read.
            Unreadable: it cannot be decompressed.
        """
        number = os.dup(0) if self.path == STANDARD_INPUT else os.open(self.path, os.O_RDONLY)
        with io.FileIO(number) as file:
            stream = io.BufferedReader(_Counted(file, self), BUFFER)
            head = stream.read(6)
            for magic, name in _OTHER_PACKINGS.items():
                if head.startswith(magic):
                    raise Unreadable(
                        f"This is packed by {name}: unpack it first; gzip alone is read as it is."
                    )
            whole = _Rejoined(head, stream)
            yield _Unpacked(whole, self) if head.startswith(GZIP) else whole

    def read(self, count: int) -> None:
        """Note that this many bytes were read.

        Raises:
            Abandoned: the data is not wanted any more.
        """
        if self._abandoned.is_set():
            raise Abandoned
        self.bytes += count
        self._progress(count)


def _size(path: Path) -> int | None:
    try:
        status = os.fstat(0) if path == STANDARD_INPUT else path.stat()
    except (OSError, ValueError):
        return None
    return status.st_size if S_ISREG(status.st_mode) else None


class _Counted(io.RawIOBase):
    """A file that reports every byte read to its source."""

    def __init__(self, file: io.FileIO, source: Source) -> None:
        self._file = file
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview", /) -> int:  # type: ignore[override]  # of any buffer
        # None: whoever shares the pipe has made it a non-blocking one
        while (count := self._file.readinto(buffer)) is None:
            select.select([self._file], [], [], SECONDS)
            self._source.read(0)
        self._source.read(count)
        return count


class _Rejoined:
    """A stream whose beginning was already read."""

    def __init__(self, head: bytes, stream: "io.BufferedReader[_Counted]") -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        if self._head:
            head, self._head = self._head[:size], self._head[size:]
            return head
        return self._stream.read1(size)


class _Unpacked:
    """The content of gzip data (RFC 1952) with one or more members."""

    def __init__(self, packed: _Rejoined, source: Source) -> None:
        self._file = gzip.GzipFile(fileobj=packed)  # type: ignore[call-overload]  # of a stream it only reads
        self._source = source
        self._unpacked = 0

    def read(self, size: int, /) -> bytes:
        try:
            data: bytes = self._file.read1(size)
        except EOFError:
            raise Unreadable("The gzip file ends too early: it is cut off.") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise Unreadable(f"The gzip file is damaged: {error}.") from None
        self._unpacked += len(data)
        if self._unpacked > max(UNSUSPICIOUS, MAX_EXPANSION * self._source.bytes):
            raise Unreadable(
                f"The gzip file unpacks to more than {MAX_EXPANSION} times its size: that is no vendor's answer. "
                "Unpack it first if it is meant."
            )
        return data


async def in_thread(source: Source, read: Callable[[Source], C]) -> C:
    """The result of ``read`` for the source.

    A cancelled caller continues at once. The source is abandoned, and a result that still comes is closed.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[C] = loop.create_future()

    def settle(result: C | None, failure: BaseException | None) -> None:
        if done.cancelled():
            if result is not None:
                result.close()
        elif failure is None:
            done.set_result(result)  # type: ignore[arg-type]  # there is one, or the other
        else:
            done.set_exception(failure)

    def work() -> None:
        result: C | None = None
        failure: BaseException | None = None
        try:
            result = read(source)
        except BaseException as raised:
            failure = raised
        try:
            loop.call_soon_threadsafe(settle, result, failure)
        except RuntimeError:  # the loop is closed: nobody waits
            if result is not None:
                result.close()

    threading.Thread(target=work, name=f"read {source.name}", daemon=True).start()
    try:
        return await done
    except asyncio.CancelledError:
        source.abandon()
        # It may have come while its caller was cancelled.
        if done.done() and not done.cancelled() and done.exception() is None:
            done.result().close()
        raise
