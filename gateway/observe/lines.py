"""Lines of text to a stream that nobody need read: writing them never waits, whoever is slow at the other end."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, Protocol, TypeVar

T = TypeVar("T")

GATHERED_SECONDS: Final = 0.05  # how long lines wait for others: made and written together, each costs half
MOST_WAITING: Final = 10_000  # lines that wait to be written; those beyond are dropped and counted
WHOLE_IN_A_PIPE: Final = 4096
"""Bytes that a pipe takes whole (PIPE_BUF of POSIX), so that lines of several processes do not mix."""


class ByteStream(Protocol):
    """A raw stream: it may take a part of what it is given."""

    def write(self, data: bytes, /) -> int | None: ...


class LineWriter(Generic[T]):
    """Makes and writes lines on a thread of its own: a pipe that is full would otherwise stop the event loop.

    Args:
        stream: that the lines go to.
        render: makes a line, its line feed included, of what is to be said.
        dropped: makes the line that says how many were not written.
        whole: the most bytes of lines in one call of the system; None for as many as there are.
    """

    def __init__(
        self,
        stream: ByteStream,
        render: Callable[[T], bytes],
        dropped: Callable[[int], bytes],
        *,
        whole: int | None = None,
    ) -> None:
        self._stream = stream
        self._render = render
        self._line_of_dropped = dropped
        self._whole = whole
        self._waiting: list[T] = []
        self._dropped = 0
        self._lock = threading.Lock()
        self._wakes = queue.SimpleQueue[bool]()  # true: write and go on; false: write and end
        self._is_awake = False
        self._thread: threading.Thread | None = None

    def write(self, said: T) -> None:
        """Have something said; it must not change any more."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._dropped += 1
                return
            self._waiting.append(said)
            if self._is_awake:
                return
            self._is_awake = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
                self._thread.start()
        self._wakes.put(True)

    def close(self, seconds: float = 1.0) -> None:
        """Write what waits, for so long at most."""
        if (thread := self._thread) is not None:
            self._thread = None
            self._wakes.put(False)
            thread.join(seconds)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            goes_on = self._wakes.get()
            if goes_on:
                time.sleep(GATHERED_SECONDS)
            try:
                for chunk in self._chunks(self._lines()):
                    self._write(chunk)
            except OSError:
                pass  # nobody is there to be told

    def _lines(self) -> list[bytes]:
        with self._lock:
            waiting, dropped = self._waiting, self._dropped
            self._waiting, self._dropped, self._is_awake = [], 0, False
        lines: list[bytes] = []
        for said in waiting:
            try:
                lines.append(self._render(said))
            except Exception:
                dropped += 1  # what cannot be said must not end the thread, and all lines after it
        return [*lines, self._line_of_dropped(dropped)] if dropped else lines

    def _chunks(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """Whole lines, ``whole`` bytes of them at most in a chunk; a longer line is a chunk of its own."""
        if self._whole is None:
            yield b"".join(lines)
            return
        chunk: list[bytes] = []
        size = 0
        for line in lines:
            if size + len(line) > self._whole and chunk:
                yield b"".join(chunk)
                chunk, size = [], 0
            chunk.append(line)
            size += len(line)
        if chunk:
            yield b"".join(chunk)

    def _write(self, chunk: bytes) -> None:
        while chunk:
            chunk = chunk[self._stream.write(chunk) or 0 :]
