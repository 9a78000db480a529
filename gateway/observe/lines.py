"""Lines of text to a stream that nobody need read: writing them never waits, whoever is slow at the other end."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

GATHERED_SECONDS: Final = 0.05  # how long lines wait for others, so that one call of the system writes many
_LONGEST: Final = 4 * 1024 * 1024  # bytes that wait to be written; what comes beyond is dropped and counted
# Bytes that a pipe takes whole (PIPE_BUF), so that lines of several processes do not mix.
_WHOLE: Final = 4096


class ByteStream(Protocol):
    """A raw stream: it may take a part of what it is given."""

    def write(self, data: bytes, /) -> int | None: ...


class LineWriter:
    """Writes lines on a thread of its own: a pipe that is full would otherwise stop the event loop.

    Args:
        stream: that the lines go to.
        dropped: makes the line that says how many were not written since nobody read fast enough.
    """

    def __init__(self, stream: ByteStream, dropped: Callable[[int], bytes]) -> None:
        self._stream = stream
        self._line_of_dropped = dropped
        self._lines: list[bytes] = []
        self._waiting = 0
        self._dropped = 0
        self._lock = threading.Lock()
        self._wakes = queue.SimpleQueue[bool]()  # true: write and go on; false: write and end
        self._is_awake = False
        self._thread: threading.Thread | None = None

    def write(self, line: bytes) -> None:
        """Have a line written; it ends in a line feed."""
        with self._lock:
            if self._waiting + len(line) > _LONGEST:
                self._dropped += 1
                return
            self._lines.append(line)
            self._waiting += len(line)
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
                for chunk in _whole_lines(self._taken()):
                    self._write(chunk)
            except OSError:
                pass  # nobody is there to be told

    def _taken(self) -> list[bytes]:
        with self._lock:
            lines, dropped = self._lines, self._dropped
            self._lines, self._waiting, self._dropped, self._is_awake = [], 0, 0, False
        return [*lines, self._line_of_dropped(dropped)] if dropped else lines

    def _write(self, chunk: bytes) -> None:
        while chunk:
            chunk = chunk[self._stream.write(chunk) or 0 :]


def _whole_lines(lines: list[bytes]) -> Iterator[bytes]:
    """The lines in chunks that a pipe takes whole, a longer one in a chunk of its own."""
    chunk: list[bytes] = []
    size = 0
    for line in lines:
        if size + len(line) > _WHOLE and chunk:
            yield b"".join(chunk)
            chunk, size = [], 0
        chunk.append(line)
        size += len(line)
    if chunk:
        yield b"".join(chunk)
