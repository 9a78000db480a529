"""Credential -> Viewer, once, for GraphQL, sockets and every REST path."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Select, bindparam, case, select

from gateway.caches import Cache
from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.failures import DatabaseFailure
from gateway.db.ids import now
from gateway.db.statements import Row
from gateway.db.types import OrderedText, among
from gateway.resolvers.errors import Unauthenticated
from gateway.resolvers.viewer import Scope, Viewer
from gateway.resolvers.writes import writing

logger = logging.getLogger(__name__)

DEMO_ORGANIZATION = "demo"
EXPLORER_ORGANIZATION = "explorer"
NOTED_AFTER = timedelta(minutes=5)
NOTE_SECONDS = 2.0  # that one note may take
PAUSE_SECONDS = 30.0  # behind one that could not be made
NOTES = 100  # that may wait at once
CACHE_ENTRIES = 10_000
CACHE_BYTES = 16 << 20
VIEWER_BYTES = 1_500  # of a viewer with short names
UNKNOWN = "The token is unknown, expired or revoked."


class Authenticator:
    """Verifies tokens, and caches each result for a few seconds.

    Args:
        database: the started store that holds the tokens.
        cache_seconds: for how long a verified token is believed.
        demonstrations: tokens that this process accepts, with every scope, each with its organization's id.
    """

    def __init__(
        self,
        database: Database,
        *,
        cache_seconds: float = 5.0,
        demonstrations: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._database = database
        self._cache_seconds = cache_seconds
        self._verified: Cache[bytes, tuple[float, datetime | None, Viewer]] = Cache(
            CACHE_ENTRIES, CACHE_BYTES
        )
        self._uses = _Uses(database)
        self._demonstrations = {_digest(token): of for token, of in demonstrations.items()}

    async def viewer(self, token: str) -> Viewer:
        """The viewer whose token this is.

        Raises:
            Unauthenticated: the token is unknown, expired or revoked.
        """
        digest = _digest(token)
        verified = self._verified.get(digest)
        if verified is not None and verified[0] > time.monotonic():
            _, expires_at, viewer = verified
            if expires_at is None or expires_at > now():
                return viewer
        if digest in self._demonstrations:
            return await self._verify_demonstration(digest, self._demonstrations[digest])
        return await self._verify(digest)

    async def _verify_demonstration(self, digest: bytes, organization_id: str) -> Viewer:
        """The token is no row's; it speaks for the oldest of the organization's people, so it may decide."""
        rows = await self._database.fetch(
            self._database.prepare(("demonstration",), _demonstration), {"organization_id": organization_id}
        )
        found: dict[str, Any] = rows[0]._asdict() if rows else {}
        found["forbids_own_approval"] = bool(found.get("forbids_own_approval"))
        viewer = Viewer(organization_id, frozenset(Scope), f"{organization_id}-token", **found)
        self._believe(digest, viewer, None)
        return viewer

    async def _verify(self, digest: bytes) -> Viewer:
        self._verified.pop(digest)
        statement = self._database.prepare(
            ("token",),
            lambda: (
                select(db.api_tokens, db.organizations.c.timezone, db.organizations.c.forbids_own_approval)
                .join(db.organizations, db.organizations.c.id == db.api_tokens.c.organization_id)
                .where(db.api_tokens.c.token_hash == bindparam("token_hash", type_=OrderedText()))
            ),
        )
        rows = await self._database.fetch(statement, {"token_hash": digest.hex()})
        if not rows or not _is_good(rows[0]):
            raise Unauthenticated(UNKNOWN)
        row = rows[0]
        viewer = Viewer(
            row.organization_id,
            frozenset(row.scopes.split()),
            row.name,
            row.id,
            row.person_id,
            row.customer_id,
            row.timezone,
            bool(row.forbids_own_approval),
        )
        self._believe(digest, viewer, row.expires_at)
        if row.last_used_at is None or now() - row.last_used_at > NOTED_AFTER:
            self._uses.note(row)
        return viewer

    async def still_good(self, tokens: Collection[str]) -> set[str]:
        """Which of these tokens are valid right now, whatever is cached: one statement."""
        digests = {_digest(token): token for token in tokens}
        statement = self._database.prepare(
            ("tokens",), lambda: select(db.api_tokens).where(among(db.api_tokens.c.token_hash, "digests"))
        )
        given = {"digests": [each.hex() for each in digests]}
        good = {
            bytes.fromhex(row.token_hash)
            for row in await self._database.fetch(statement, given)
            if _is_good(row)
        }
        return {
            token for digest, token in digests.items() if digest in good or digest in self._demonstrations
        }

    def _believe(self, digest: bytes, viewer: Viewer, expires_at: datetime | None) -> None:
        believed_until = time.monotonic() + self._cache_seconds
        size = VIEWER_BYTES + len(viewer.name) + len(viewer.customer_id or "")
        self._verified.put(digest, (believed_until, expires_at, viewer), size)

    async def finish(self) -> None:
        """Wait a moment for what is still being noted, before the store is closed."""
        await self._uses.finish()


class _Uses:
    """Notes that tokens were used, beside the answers and one at a time, as far as the store takes writes.

    A read never needs it: reads go on on a full disk, at a standby, and while another process writes for long.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tokens: dict[str, str] = {}  # whose use is to be noted: their organizations, by their ids
        self._task: asyncio.Task[None] | None = None
        self._paused_until = 0.0

    def note(self, token: Row) -> None:
        """Record it soon; or not at all while the store accepts no writes, since the token's next use will do."""
        if len(self._tokens) < NOTES and time.monotonic() >= self._paused_until:
            self._tokens.setdefault(token.id, token.organization_id)
            if self._task is None:
                self._task = asyncio.create_task(self._note_all())

    async def _note_all(self) -> None:
        try:
            while self._tokens:
                token_id, organization_id = next(iter(self._tokens.items()))
                try:
                    async with asyncio.timeout(NOTE_SECONDS):
                        await self._note(organization_id, token_id)
                finally:
                    del self._tokens[token_id]
        except (DatabaseFailure, TimeoutError) as failure:
            logger.warning("the use of a token was not noted: %s", str(failure) or "the store was busy")
            self._tokens.clear()
            self._paused_until = time.monotonic() + PAUSE_SECONDS
        finally:
            self._task = None

    async def _note(self, organization_id: str, token_id: str) -> None:
        """To the accuracy of NOTED_AFTER, so that reads seldom write."""
        async with writing(self._database, organization_id, None) as write:
            await write.update(db.api_tokens, token_id, {"last_used_at": now()})

    async def finish(self) -> None:
        for _ in range(2):
            if (task := self._task) is not None:
                await asyncio.wait([task], timeout=NOTE_SECONDS)
                task.cancel()


def _demonstration() -> Select[Any]:
    organizations, people = db.organizations.c, db.people.c
    its_id = bindparam("organization_id", type_=OrderedText())
    has_no_name = case((people.first_name.is_(None), 1), else_=0)
    of_it = select(people.id).where(people.organization_id == its_id)
    # Not who was made last and may be gone again while the viewer is still believed.
    first = of_it.order_by(has_no_name, people.created_at, people.id).limit(1).scalar_subquery()
    return select(organizations.timezone, organizations.forbids_own_approval, first.label("person_id")).where(
        organizations.id == its_id
    )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _is_good(row: Row) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now())


def credentials(header: str | None, schemes: Iterable[str]) -> str:
    """The token in an Authorization header of one of these schemes, in lower case (RFC 9110, section 11.4).

    Raises:
        Unauthenticated: there is no header, another scheme, or no token.
    """
    scheme, _, token = (header or "").strip(" \t").partition(" ")
    if not scheme:
        raise Unauthenticated("A token is needed: Authorization: Bearer TOKEN.")
    token = token.lstrip(" ")
    if scheme.lower() not in schemes or not token or " " in token:
        raise Unauthenticated("The header must read Authorization: Bearer TOKEN.")
    return token
