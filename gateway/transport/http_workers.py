"""Several processes that answer at the same sockets: what is done about one that ends."""

import logging
import socket
import time
from multiprocessing.connection import wait
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

from gateway.transport.http_servers import DrainingServer, refuse_more

logger = logging.getLogger(__name__)

FIRST_PAUSE: Final = 3.0  # seconds
LONGEST_PAUSE: Final = 60.0
STEADY_SECONDS: Final = 10.0
"""For which a process takes callers until it is taken for one that does not end by itself."""


def pause_behind(pause: float, taking_seconds: float) -> float:
    """The pause of a process that replaces one which has ended.

    A pause is for how many seconds after its start a process is not replaced. To start one takes two seconds of
    processor time, and while the database is away, say, each ends at once.

    Args:
        pause: of the one that has ended; 0 where it replaced none.
        taking_seconds: for which that one took callers.
    """
    if taking_seconds >= STEADY_SECONDS:
        return FIRST_PAUSE
    return min(max(FIRST_PAUSE, 2 * pause), LONGEST_PAUSE)


class _Worker(multiprocess.Process):
    """A process of several.

    Attributes:
        pause: for how many seconds after its start it is not replaced.
        taking_since: when it first said that it takes callers, of `monotonic`.
        taking_seconds: for how long it took callers, once it has ended; None before.
    """

    def __init__(self, config: Config, sockets: list[socket.socket], pause: float = 0.0) -> None:
        super().__init__(config, sockets)
        self.pause = pause
        self.taking_since: float | None = None
        self.taking_seconds: float | None = None
        self._begun_at = time.monotonic()

    def _healthcheck(self, timeout: float) -> bool | None:
        """Whether it has started (uvicorn's hook); None where it does not say, or ends while it is asked.

        uvicorn waits for the answer of one that ends, too, and hears no signal meanwhile.
        """
        try:
            self.parent_conn.send(b"ping")
            if self.parent_conn not in wait([self.parent_conn, self.process.sentinel], timeout):
                return None
            started: bool = self.parent_conn.recv()
        except (OSError, EOFError):
            return None
        if started and self.taking_since is None:
            self.taking_since = time.monotonic()
        return started

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = DrainingServer(self.config, is_alone=False)
        return self._server

    @property
    def takes_callers(self) -> bool:
        return self.taking_since is not None and self.process.is_alive()

    @property
    def waiting_seconds(self) -> float:
        """How long it is not replaced yet."""
        return max(0.0, self._begun_at + self.pause - time.monotonic())

    def end(self) -> None:
        """Take it for ended; it may hang."""
        self.kill()
        self.join()
        since = self.taking_since
        self.taking_seconds = 0.0 if since is None else time.monotonic() - since


class Workers(multiprocess.Multiprocess):
    """Several processes at the same sockets.

    Attributes:
        could_not_start: whether all end since one could not start while no other took callers.
    """

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        # It makes its processes by this name, at four places, and has no hook for what they run.
        named: Any = multiprocess
        named.Process = _Worker
        super().__init__(config, sockets)
        self.could_not_start = False

    def keep_subprocess_alive(self) -> None:
        """Start another for each process that has ended, or gives no sign of life (uvicorn's hook), and say so.

        Where one cannot start, uvicorn has all end. While others take callers, it is the database that is away, say,
        and another is started, as often as it takes, ever more seldom; where none does, nobody may wait at sockets for
        an answer.
        """
        for index, each in enumerate(self.processes):
            assert isinstance(each, _Worker)
            if self.should_exit.is_set():
                return
            if each.taking_seconds is None:
                if each.is_alive(self.config.timeout_worker_healthcheck):
                    continue
                self._tell_end(each)
            if self.should_exit.is_set() or each.waiting_seconds:
                continue
            assert each.taking_seconds is not None
            replacing = _Worker(self.config, self.sockets, pause_behind(each.pause, each.taking_seconds))
            replacing.start()
            self.processes[index] = replacing

    def _tell_end(self, worker: _Worker) -> None:
        worker.end()
        others_serve = any(isinstance(each, _Worker) and each.takes_callers for each in self.processes)
        if worker.exitcode == STARTUP_FAILURE and not others_serve:
            logger.error("process %d could not start, and no other takes callers: all end", worker.pid)
            self.could_not_start = True
            self.should_exit.set()
            return
        seconds = round(worker.waiting_seconds)
        soon = f" in {seconds} s" if seconds else ""
        logger.error("process %d has ended (%s), and another is started%s", worker.pid, worker.exitcode, soon)

    def terminate_all(self) -> None:
        """Tell every process to stop (uvicorn's hook); from then on nobody but them listens, and in the end nobody."""
        refuse_more(self.sockets)
        for each in self.sockets:
            each.close()
        super().terminate_all()
