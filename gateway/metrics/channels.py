"""How processes that answer tell the first process what they have counted: by datagrams on a pair of sockets.

No file is needed, so that a file system may be read-only; a process that is killed takes its last second along, and
what it told before stays. Each datagram is one part of a telling, as JSON.
"""

import socket
import threading
from collections.abc import Callable
from typing import Final

import orjson

from gateway.metrics.tally import Report, parts_of

MOST_SERIES: Final = 100  # in one datagram
MOST_BYTES: Final = 1 << 16  # of one: a series takes some 250
_BUFFER: Final = 1 << 20


class Channel:
    """Through which processes report; started processes inherit it, and report through it as well."""

    def __init__(self) -> None:
        self._told, self._telling = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._telling.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        self._telling.setblocking(False)

    def __getstate__(self) -> socket.socket:
        """What a process that is started gets: the end by which it tells."""
        return self._telling

    def __setstate__(self, telling: socket.socket) -> None:
        telling.setblocking(False)
        self._telling = telling

    def tell(self, telling: Report) -> bool:
        """Report to the first process, unless it is too busy to listen.

        Returns:
            Whether it was told. What could be told is taken out of the telling otherwise.
        """
        for part in parts_of(telling, MOST_SERIES):
            try:
                self._telling.send(_packed(part))
            except OSError:  # the buffer is full, or nobody listens any more
                return False
            for key in part.counts:
                del telling.counts[key]
            for key in part.histograms:
                del telling.histograms[key]
        return True

    def listen(self, add: Callable[[Report], object]) -> None:
        """Hand what is told to a function, on a thread of its own, for as long as this process runs."""

        def run() -> None:
            while True:
                add(_unpacked(self._told.recv(MOST_BYTES)))

        threading.Thread(target=run, name="metrics-listener", daemon=True).start()


def _packed(telling: Report) -> bytes:
    gauges = None if telling.gauges is None else list(telling.gauges.items())
    counts, histograms = list(telling.counts.items()), list(telling.histograms.items())
    return orjson.dumps([telling.process, counts, histograms, gauges, telling.is_last])


def _unpacked(data: bytes) -> Report:
    process, counts, histograms, gauges, is_last = orjson.loads(data)
    return Report(
        process,
        {tuple(key): number for key, number in counts},
        {tuple(key): numbers for key, numbers in histograms},
        None if gauges is None else {tuple(key): number for key, number in gauges},
        is_last,
    )
