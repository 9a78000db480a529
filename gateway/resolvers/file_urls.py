"""Signed URLs of files: each expires, belongs to one organization, and allows one thing without a token.

What a URL says of itself is signed with HMAC-SHA-256 under a key of the organization's own. The key lies sealed in the
store, so that it outlives the keys that seal it: rotating those leaves every URL as good as it was.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Select, bindparam, select

from gateway.db import tables as db
from gateway.db.database import Database, Reader
from gateway.db.filters import is_text
from gateway.db.ids import now
from gateway.db.key_files import VaultError
from gateway.db.sealing import open_sealed
from gateway.db.statements import Row
from gateway.db.types import OrderedText
from gateway.resolvers.context import Context
from gateway.resolvers.errors import NotFound, Unavailable
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import Write

DOWNLOADS: Final = "/files"
UPLOADS: Final = "/uploads"
PARAMETER: Final = "signed"

LONGEST: Final = timedelta(days=7)
"""How long a URL may be good; a key is kept for as long as one that it signed may be."""

RENEWED: Final = timedelta(days=30)
"""The age from which on a key signs no more, once something is uploaded."""

LONGEST_TEXT: Final = 2000  # characters of what is signed
_NO_KEYS: Final = "Files are not served: the gateway has no encryption keys. Its operator has to set them."
_NOT_GOOD: Final = "This URL is not valid, or has expired."


class Grant(NamedTuple):
    """What a URL allows.

    Attributes:
        scope: `READ` to fetch a file, `WRITE` to send what an upload waits for.
        row_id: of the file, or of the upload, which have the same.
        expires_at: until when, in whole seconds.
        token_id: with which it was asked for; once that is no longer believed the URL is not, either. None for the
            demo's.
    """

    scope: Scope
    organization_id: str
    row_id: str
    expires_at: datetime
    token_id: str | None


async def have_signing_key(write: Write) -> None:
    """Make sure that there is a key, and a young one; whatever is uploaded comes through here.

    The key before it is kept, since URLs that it signed may still be good.

    Raises:
        Unavailable: the operator has set no encryption keys.
    """
    rows = await write.fetch(write.prepare(("signing keys",), _keys), {"tenant": write.organization_id})
    if rows and rows[0].created_at > write.at - RENEWED:
        return
    try:
        await write.insert(db.signing_keys, [{"secret": secrets.token_hex(32)}])
    except VaultError as error:
        raise Unavailable(_NO_KEYS, str(error)) from None
    if len(rows) > 1:
        await write.delete(db.signing_keys, [row.id for row in rows[1:]])


def file_of(storage_key: str) -> str:
    """The id of the file whose bytes lie under a key, which it begins with."""
    return storage_key.partition("/")[0]


async def signed_url(context: Context, path: str, scope: Scope, row_id: str, expires_at: datetime) -> str:
    """A URL for one row of the viewer's organization.

    Args:
        path: DOWNLOADS or UPLOADS.

    Raises:
        Unavailable: the operator's encryption keys are gone.
    """
    viewer = context.viewer

    async def newest() -> bytes:
        keys = await _signing_keys(context.reader, viewer.organization_id)
        if not keys:
            raise Unavailable(_NO_KEYS)
        return keys[0]

    key = await context.once(("signing key",), newest)
    said = [scope, viewer.organization_id, row_id, int(expires_at.timestamp()), viewer.token_id]
    payload = orjson.dumps(said)
    signature = hmac.digest(key, payload, hashlib.sha256)
    text = f"{_text(payload)}.{_text(signature)}"
    return f"{context.settings.public_url.rstrip('/')}{path}?{PARAMETER}={text}"


async def granted(database: Database, text: str, scope: Scope, *, takes_demo: bool) -> Grant:
    """What a signed text allows.

    Args:
        takes_demo: whether this process serves the demo, whose token is no row's.

    Raises:
        NotFound: it is not signed here, is for something else, or its time or its token's is over.
        Unavailable: the operator's encryption keys are gone.
    """
    payload, signature = _parts(text)
    grant = _read(payload)
    if grant is None or grant.scope is not scope or grant.expires_at <= now():
        raise NotFound(_NOT_GOOD)
    keys = await _signing_keys(database, grant.organization_id)
    if not any(hmac.compare_digest(hmac.digest(key, payload, hashlib.sha256), signature) for key in keys):
        raise NotFound(_NOT_GOOD)
    if not (takes_demo if grant.token_id is None else await _is_believed(database, grant)):
        raise NotFound(_NOT_GOOD)
    return grant


async def _signing_keys(reader: Reader, organization_id: str) -> list[bytes]:
    """The organization's keys, the newest first.

    Raises:
        Unavailable: they cannot be opened.
    """
    rows = await reader.fetch(reader.prepare(("signing keys",), _keys), {"tenant": organization_id})
    try:
        opened = open_sealed(reader, db.signing_keys, organization_id, rows)
    except VaultError as error:
        raise Unavailable(_NO_KEYS, str(error)) from None
    return [bytes.fromhex(row.secret) for row in opened]


async def _is_believed(database: Database, grant: Grant) -> bool:
    """Whether the token with which a URL was asked for is still good for what the URL allows."""
    given = {"tenant": grant.organization_id, "id": grant.token_id}
    rows: Sequence[Row] = await database.fetch(database.prepare(("token of a URL",), _token), given)
    return any(
        row.revoked_at is None
        and (row.expires_at is None or row.expires_at > now())
        and grant.scope in row.scopes.split()
        for row in rows
    )


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _parts(text: str) -> tuple[bytes, bytes]:
    if len(text) > LONGEST_TEXT or not text.isascii():
        return b"", b""
    payload, _, signature = text.partition(".")
    try:
        return tuple(base64.urlsafe_b64decode(each + "=" * (-len(each) % 4)) for each in (payload, signature))  # type: ignore[return-value]  # two of them
    except ValueError:
        return b"", b""


def _read(payload: bytes) -> Grant | None:
    """What is said, whoever signed it; None where that is nothing."""
    try:
        scope, organization_id, row_id, expires_at, token_id = orjson.loads(payload)
        expires_at = datetime.fromtimestamp(expires_at, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    texts = [scope, organization_id, row_id, *([] if token_id is None else [token_id])]
    if scope not in list(Scope) or not all(isinstance(each, str) and is_text(each) for each in texts):
        return None
    return Grant(Scope(scope), organization_id, row_id, expires_at, token_id)


def _keys() -> Select[tuple[object, ...]]:
    table = db.signing_keys
    its_own = table.c.organization_id == bindparam("tenant", type_=OrderedText())
    return (
        select(table.c.id, table.c.created_at, table.c.secret)
        .where(its_own)
        .order_by(table.c.created_at.desc(), table.c.id.desc())
    )


def _token() -> Select[tuple[object, ...]]:
    table = db.api_tokens
    return select(table.c.scopes, table.c.expires_at, table.c.revoked_at).where(
        table.c.organization_id == bindparam("tenant", type_=OrderedText()),
        table.c.id == bindparam("id", type_=OrderedText()),
    )
