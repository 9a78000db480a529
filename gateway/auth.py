"""Credential -> Viewer, once, for GraphQL, sockets and every REST path; and the tokens themselves.

A token is 256 random bits, shown once and stored as its SHA-256: there is nothing to guess, so no slow hash is needed.
"""

import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.filters import is_text
from gateway.db.ids import new_id, now
from gateway.db.statements import Row
from gateway.db.types import OrderedText
from gateway.db.writes import Changes
from gateway.events import Event
from gateway.resolvers.context import writing
from gateway.resolvers.errors import Conflict, Invalid, NotFound, Unauthenticated
from gateway.resolvers.viewer import Scope, Viewer

TOKEN_PREFIX = "gw_"  # lets scanners for leaked secrets recognize one
DEMO_ORGANIZATION = "demo"
TOUCH_AFTER = timedelta(minutes=5)
CACHE_SIZE = 10_000
UNKNOWN = "The token is unknown, expired or revoked."


class Authenticator:
    """Verifies tokens; a verified one is believed for a few seconds without asking the database.

    Attributes:
        demo_token: accepted by this process for the demo organization, with every scope; null for none.
    """

    def __init__(
        self, database: Database, *, cache_seconds: float = 5.0, demo_token: str | None = None
    ) -> None:
        self._database = database
        self._cache_seconds = cache_seconds
        self._verified: OrderedDict[bytes, tuple[float, datetime | None, Viewer]] = OrderedDict()
        self._demo = hashlib.sha256(demo_token.encode()).digest() if demo_token else None
        self._demo_viewer = Viewer(DEMO_ORGANIZATION, frozenset(Scope), "demo-token")

    async def viewer(self, token: str) -> Viewer:
        """
        Raises:
            Unauthenticated: the token is unknown, expired or revoked.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        if self._demo is not None and hmac.compare_digest(digest, self._demo):
            return self._demo_viewer
        verified = self._verified.get(digest)
        if verified is not None and verified[0] > time.monotonic():
            _, expires_at, viewer = verified
            if expires_at is None or expires_at > now():
                return viewer
        return await self._verify(digest)

    async def _verify(self, digest: bytes) -> Viewer:
        self._verified.pop(digest, None)
        statement = self._database.prepare(
            ("token",),
            lambda: select(db.api_tokens).where(
                db.api_tokens.c.token_hash == bindparam("token_hash", type_=OrderedText())
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
        )
        self._verified[digest] = (time.monotonic() + self._cache_seconds, row.expires_at, viewer)
        if len(self._verified) > CACHE_SIZE:
            self._verified.popitem(last=False)
        if row.last_used_at is None or now() - row.last_used_at > TOUCH_AFTER:
            await self._touch(row)
        return viewer

    async def _touch(self, row: Row) -> None:
        """Note that the token was used; to the accuracy of TOUCH_AFTER, so that reads seldom write."""
        async with self._database.transaction() as transaction:
            changes = Changes(self._database, transaction, row.organization_id)
            await changes.update(db.api_tokens, row.id, {"last_used_at": now()})


def _is_good(row: Row) -> bool:
    return row.revoked_at is None and (row.expires_at is None or row.expires_at > now())


def credentials(header: str | None, schemes: Iterable[str]) -> str:
    """The token in an Authorization header of one of these schemes, in lower case (RFC 9110, section 11.4).

    Raises:
        Unauthenticated: there is no header, another scheme, or no token.
    """
    if not header:
        raise Unauthenticated("A token is needed: Authorization: Bearer TOKEN.")
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() not in schemes or not token or " " in token:
        raise Unauthenticated("The header must read Authorization: Bearer TOKEN.")
    return token


async def create_organization(
    database: Database,
    name: str,
    *,
    kind: str = "none",
    timezone: str = "UTC",
    organization_id: str | None = None,
) -> str:
    """Make an organization and return its id.

    Raises:
        Conflict: one with this id exists.
        Invalid: the name, or the id, is no text that names anything.
    """
    organization_id = organization_id or new_id()
    _check_text("An organization's name", name)
    _check_text("An organization's id", organization_id)
    at = now()
    async with writing(database, organization_id, None) as write:
        if await write.rows_of_organization():
            raise Conflict(f"The organization {organization_id} exists already.")
        await write.insert(
            db.organizations,
            [
                {
                    "id": organization_id,
                    "name": name,
                    "kind": db.OrganizationKind(kind),
                    "timezone": timezone,
                    "created_at": at,
                    "updated_at": at,
                }
            ],
        )
        write.happened(Event("organization.created", "organizations", organization_id))
    return organization_id


async def organization_ids(database: Database, starting_at: str = "", limit: int = 100) -> list[str]:
    """The ids of the organizations in the store, in order, for commands of the operator."""
    organization_id = db.organizations.c.id
    statement = database.prepare(
        ("organizations",),
        lambda: (
            select(organization_id)
            .where(organization_id >= bindparam("starting_at", type_=OrderedText()))
            .order_by(organization_id)
            .limit(bindparam("limit"))
        ),
    )
    return [row.id for row in await database.fetch(statement, {"starting_at": starting_at, "limit": limit})]


async def create_token(
    database: Database,
    organization_id: str,
    *,
    name: str,
    scopes: Iterable[str] = (Scope.READ,),
    person_id: str | None = None,
    customer_id: str | None = None,
    expires_at: datetime | None = None,
) -> tuple[str, str]:
    """Make a token and return its id and the token itself, which is never shown again.

    Raises:
        Invalid: an unknown scope, or a name or customer that is no text that names anything.
        NotFound: there is no such organization or person.
    """
    _check_text("A token's name", name)
    if customer_id is not None:
        _check_text("A customer's id", customer_id)
    wanted = set(scopes)
    if unknown := wanted - set(Scope):
        raise Invalid(f"Unknown scopes: {', '.join(sorted(unknown))}. Known are {', '.join(Scope)}.")
    token, token_id, at = TOKEN_PREFIX + secrets.token_urlsafe(32), new_id(), now()
    async with writing(database, organization_id, None) as write:
        if not is_text(organization_id) or not await write.rows_of_organization():
            raise NotFound(f"There is no organization {_shown(organization_id)}.")
        if person_id is not None and not (is_text(person_id) and await write.rows(db.people, [person_id])):
            raise NotFound(f"There is no person {_shown(person_id)} in this organization.")
        await write.insert(
            db.api_tokens,
            [
                {
                    "id": token_id,
                    "created_at": at,
                    "updated_at": at,
                    "person_id": person_id,
                    "customer_id": customer_id,
                    "name": name,
                    "token_hash": hashlib.sha256(token.encode()).hexdigest(),
                    "scopes": " ".join(sorted(wanted)),
                    "expires_at": expires_at,
                }
            ],
        )
        write.happened(Event("token.created", "api_tokens", token_id, {"scopes": sorted(wanted)}))
    return token_id, token


async def revoke_token(database: Database, organization_id: str, token_id: str) -> None:
    """Revoke a token; processes that verified it lately stop believing it within seconds.

    Raises:
        NotFound: the organization has no such token.
    """
    async with writing(database, organization_id, None) as write:
        known = is_text(organization_id) and is_text(token_id)
        if not known or not await write.update(
            db.api_tokens, token_id, {"revoked_at": now(), "updated_at": now()}
        ):
            raise NotFound(f"There is no token {_shown(token_id)} in this organization.")
        write.happened(Event("token.revoked", "api_tokens", token_id))


def _check_text(what: str, text: str) -> None:
    if not text.strip() or not is_text(text):
        raise Invalid(f"{what} must be text, without NUL, not {_shown(text)!r}.")


def _shown(text: str) -> str:
    """Text that every terminal takes; bytes of an argument that are no UTF-8 come as lone surrogates."""
    return text.encode("utf-8", "backslashreplace").decode()
