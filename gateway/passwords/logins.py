"""Logging in: a user name and a password for a token of two hours.

Whoever has neither learns nothing: an unknown name takes the time and gets the answer of a wrong password, and only so
many attempts are made from an address, and for a name, in a while.
"""

import hashlib
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import Select, bindparam, select

from gateway.db import login_attempts
from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.filters import is_text
from gateway.db.ids import now
from gateway.db.statements import Row
from gateway.db.types import OrderedText
from gateway.events import Event
from gateway.limits import Limit, Limits
from gateway.observe.limits import told
from gateway.observe.records import current
from gateway.passwords.hashing import Verifier
from gateway.passwords.setting import OF_LOGINS, folded, logins_of
from gateway.resolvers.errors import TooManyAttempts, WrongCredentials
from gateway.resolvers.logins import LoggedIn, LoginCredentials
from gateway.resolvers.tokens import new_token
from gateway.resolvers.writes import writing

VALIDITY: Final = timedelta(hours=2)  # of Crux's tokens, the only ones that there are logins for
WRONG: Final = "The user name or the password is wrong."
WHILE: Final = timedelta(minutes=15)


class Logins:
    """Makes tokens for people who know their passwords.

    Args:
        database: the started store.
        limits: how many attempts may fail.
    """

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        self._verifier = Verifier()

    async def log_in(self, given: LoginCredentials, address: str | None) -> LoggedIn:
        """A new token of the person who has these credentials.

        Args:
            address: what the caller is counted by; None where it is not known.

        Raises:
            WrongCredentials: nobody has them.
            TooManyAttempts: too many failed from there, or for this name.
            Unavailable: many others are logging in.
        """
        username = folded(given.username)
        account = _key("account", username)
        origin = _key("address", address or "")
        await self._count(account, origin)
        row = await self._password(username)
        is_right = await self._verifier.verifies(row.password_hash if row else None, given.password)
        if row is None or not is_right:
            raise WrongCredentials(WRONG)
        entered = await self._enter(row)
        await login_attempts.forgive(self._database, account, origin)
        return entered

    async def _count(self, account: str, origin: str) -> None:
        """Count an attempt, as one that fails until it has not, so that those at the same time are bounded, too."""
        at = now()
        limits = {account: self._limits.login_attempts, origin: self._limits.address_logins}
        for key, count in (await login_attempts.count(self._database, list(limits), at, at + WHILE)).items():
            if count.attempts > limits[key].cap:
                self._refuse(limits[key], count, at)

    def _refuse(self, limit: Limit, count: login_attempts.Count, at: datetime) -> None:
        if told(limit, count.attempts, current()):
            raise TooManyAttempts(limit, count.attempts, max(1, ceil((count.until - at).total_seconds())))

    async def _password(self, username: str) -> Row | None:
        if not is_text(username):
            return None
        statement = self._database.prepare(("password",), _by_username)
        rows = await self._database.fetch(statement, {"username": username})
        return rows[0] if rows else None

    async def _enter(self, row: Row) -> LoggedIn:
        scopes = row.scopes.split()
        made, token = new_token(
            OF_LOGINS, scopes, person_id=row.person_id, customer_id=None, expires_at=now() + VALIDITY
        )
        async with writing(self._database, row.organization_id, None) as write:
            locked = await write.lock(db.passwords, [row.id])
            if not locked or locked[0].password_hash != row.password_hash:
                raise WrongCredentials(WRONG)  # it was changed meanwhile
            over = await logins_of(write, row.person_id, are_over=True)
            await write.delete(db.api_tokens, over)
            for each in over:
                write.happened(Event("token.deleted", db.api_tokens.name, each))
            [token_id] = await write.insert(db.api_tokens, [made])
            write.happened(Event("token.created", db.api_tokens.name, token_id, {"scopes": sorted(scopes)}))
        return LoggedIn(token, token_id, row.person_id, row.organization_id, row.kind)


def _by_username() -> Select[tuple[object, ...]]:
    organizations, passwords = db.organizations, db.passwords
    return (
        select(passwords, organizations.c.kind)
        .join(organizations, organizations.c.id == passwords.c.organization_id)
        .where(passwords.c.username == bindparam("username", type_=OrderedText()))
    )


def _key(kind: str, name: str) -> str:
    """Under which attempts are counted: no text of theirs, since people type passwords where a name belongs."""
    return hashlib.sha256(f"{kind}:{name}".encode("utf-8", "surrogatepass")).hexdigest()
