"""Hearing of other processes through PostgreSQL: LISTEN and NOTIFY on one connection of a process.

NOTIFY takes a lock of the whole database when its transaction commits (PostgreSQL's `async.c`), so no write does it. It
is said behind them, once in RING_SECONDS for all of them, where nothing has to wait for the disk.

The connection may lead through a pooler that gives each transaction another session. So nothing is set but for one
transaction, since a session that does not wait for the disk might be a writer's next one, and what is said is said by
one message.
"""

import asyncio
import logging
import secrets
from string import ascii_lowercase
from typing import Any, Final

import asyncpg

from gateway.db.bells import DEAF_SECONDS, HEARD_SECONDS, Heard, apart
from gateway.db.failures import DatabaseFailure
from gateway.db.outages import Outage
from gateway.db.postgresql_server import PostgresqlServer

logger = logging.getLogger(__name__)

RING_SECONDS: Final = 0.02
PROOF_SECONDS: Final = 30.0
"""Between two proofs that what is said is heard: a pooler between them may take LISTEN and lose what it is for."""

RETRY_SECONDS: Final = 2.0
CHANNEL: Final = "gateway_events"
_MOST_BYTES: Final = 7_900  # of what one NOTIFY says
_ANY: Final = "*"
LOST: Final = (
    DatabaseFailure,
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_PROOF: Final = "?"  # begins what is said for a proof


class PostgresqlBell:
    """A connection that is opened with the first ring or the first listener, and again when it is lost."""

    def __init__(self, server: PostgresqlServer) -> None:
        self._server = server
        self._heard: Heard | None = None
        self._rung: set[str] = set()
        self._wakes = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._proof = ""
        self._is_proven = False
        self._is_stopped = False
        self._outage = Outage(logger, "other processes are not heard, and do not hear this one")

    @property
    def seconds(self) -> float:
        return HEARD_SECONDS if self._is_proven else DEAF_SECONDS

    def ring(self, organization_id: str) -> None:
        self._rung.add(organization_id)
        self._wake()

    def listen(self, heard: Heard) -> None:
        self._heard = heard
        self._wake()

    def _wake(self) -> None:
        self._wakes.set()
        if self._task is None and not self._is_stopped:
            self._task = apart(self._keep_connected())

    async def stop(self) -> None:
        self._is_stopped = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_connected(self) -> None:
        while True:
            await asyncio.sleep(RING_SECONDS)
            try:
                connection = await self._server.connect(statement_cache=0)
                self._outage.ended()
                try:
                    await self._serve(connection)
                finally:
                    connection.terminate()
            except LOST as lost:
                self._outage.failed(lost)
            self._is_proven = False
            await asyncio.sleep(RETRY_SECONDS)

    async def _serve(self, connection: asyncpg.Connection) -> None:
        """Say what was rung, and hear, until the connection is lost."""
        connection.add_termination_listener(lambda _: self._wakes.set())
        is_listening, proved_at = False, -PROOF_SECONDS
        loop = asyncio.get_running_loop()
        while not connection.is_closed():
            if self._heard is not None and not is_listening:
                await connection.add_listener(CHANNEL, self._hear)
                is_listening = True
                self._heard(None)  # what was said until now, nobody has heard
            said = self._say()
            if not said and is_listening and loop.time() - proved_at >= PROOF_SECONDS:
                proved_at = loop.time()
                self._is_proven = self._is_proven and not self._proof
                said = self._proof = _PROOF + secrets.token_hex(8)
            if said:
                await connection.execute(_notify(said))
                await asyncio.sleep(RING_SECONDS)
            try:
                async with asyncio.timeout(PROOF_SECONDS):
                    await self._wakes.wait()
            except TimeoutError:
                pass

    def _say(self) -> str:
        """What was rung since the last time, as one text; empty for nothing."""
        self._wakes.clear()
        rung, self._rung = self._rung, set()
        said = "\n".join(rung)
        return said if len(said.encode()) <= _MOST_BYTES else _ANY

    def _hear(self, connection: Any, pid: int, channel: str, said: Any) -> None:
        if connection.is_closed():  # what came before its end may be given out behind it
            return
        if said == self._proof:
            self._proof, self._is_proven = "", True
        elif self._heard is not None and not said.startswith(_PROOF) and pid != connection.get_server_pid():
            for organization_id in said.split("\n"):
                self._heard(None if organization_id == _ANY else organization_id)


def _notify(said: str) -> str:
    """The statement that says a text, in a transaction of its own that does not wait for the disk."""
    quote = f"${''.join(secrets.choice(ascii_lowercase) for _ in range(12))}$"
    return (
        f"SELECT set_config('synchronous_commit', 'off', true), pg_notify('{CHANNEL}', {quote}{said}{quote})"
    )
