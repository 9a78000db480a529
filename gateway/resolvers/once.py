"""Once: a change that is asked for again under the same key is not made again, and has the same outcome.

Header field: https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import orjson

from gateway.db import idempotency
from gateway.db.database import Database
from gateway.db.idempotency import KeyClaim
from gateway.resolvers.errors import Invalid, KeyInUse, KeyReused
from gateway.resolvers.viewer import Viewer

if TYPE_CHECKING:  # a context has the keys of its request
    from gateway.resolvers.writes import ViewerWrite

HEADER: Final = "idempotency-key"
REPLAYED: Final = ((b"idempotency-replayed", b"true"),)
"""The header field of an answer to a request that changed nothing, since all that it asks for was done before."""

DIRECTIVE: Final = "idempotent"
MAX_KEY: Final = 255  # characters
PATIENCE: Final = 2.0  # seconds that a change waits for another one under the same key
LAST: Final = 0.2  # of a second that it still waits when these have gone by with its own claim
# Visible characters but for those that separate: quotes, commas, semicolons and backslashes.
_BARE: Final = re.compile(r"[!#-+\--:<-\[\]-~]+")
_QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')  # RFC 9651, section 3.3.3

_MALFORMED: Final = (
    f"Idempotency-Key takes one key of 1 to {MAX_KEY} characters in double quotes, such as "
    '"8e03978e-40d5-43dd-bc93-6894a57f9324".'
)


def parse_key(field: str) -> str:
    """The key of a field `Idempotency-Key`: a string of RFC 9651, or what older clients send, the same without quotes.

    Raises:
        Invalid: it is neither.
    """
    text = field.strip(" \t")
    found = _QUOTED.fullmatch(text)
    key = re.sub(r"\\(.)", r"\1", found[1]) if found else text if _BARE.fullmatch(text) else ""
    if not 0 < len(key) <= MAX_KEY:
        raise Invalid(_MALFORMED)
    return key


Directives = Mapping[str, Mapping[str, Any]]
"""The arguments of a field's directives, by the directive's name."""


class RootField(NamedTuple):
    """A root field of a mutation.

    Attributes:
        name: its response name.
        directives: what stands on it.
    """

    name: str
    directives: Directives


class Keys:
    """The idempotency keys of one request, and their outcomes.

    Attributes:
        given: by the request's header field; None where it has none.
        made: how many changes were made under a key.
        repeated: how many were not made, since they had been before.
    """

    __slots__ = ("_operations", "given", "made", "repeated")

    def __init__(self, given: str | None = None) -> None:
        self.given = given
        self.made = 0
        self.repeated = 0
        self._operations = 0

    @property
    def fields(self) -> tuple[tuple[bytes, bytes], ...]:
        """The header fields that the answer has for it."""
        return REPLAYED if self.repeated and not self.made else ()

    def next_operation(self) -> int:
        """Number an operation of the request: those of a batch may have root fields of one name."""
        self._operations += 1
        return self._operations

    def of(self, field: RootField, operation: int) -> tuple[str, ...] | None:
        """The key of a root field: its directive's own, or the request's with what tells the field from others.

        Args:
            operation: which one of the request it belongs to, from 1.

        Raises:
            Invalid: the directive's key has a length that none has.
        """
        if (directive := field.directives.get(DIRECTIVE)) is not None:
            key = directive.get("key") or ""
            if not 0 < len(key) <= MAX_KEY:
                raise Invalid(f"The key of @{DIRECTIVE} has 1 to {MAX_KEY} characters.")
            return (key,)
        return None if self.given is None else (self.given, field.name, str(operation))


def claim_of(viewer: Viewer, operation: str, key: tuple[str, ...], content: Mapping[str, Any]) -> KeyClaim:
    """The claim of a caller for one change.

    Args:
        viewer: whose key it is; other tokens have other keys.
        operation: what is asked for; the same key may stand for something else in another one.
        key: the caller's, with what tells the changes of one request apart.
        content: what is asked for, as JSON has it; two requests ask for the same where they have the same.
    """
    scope = (viewer.organization_id, viewer.token_id, operation, *key)
    texts = (orjson.dumps(each, default=str, option=orjson.OPT_SORT_KEYS) for each in (scope, content))
    return KeyClaim(*(hashlib.sha256(text).hexdigest() for text in texts))


class KeyTaken(Exception):
    """The key is not new, or may not be, that a write claimed as if it were.

    Attributes:
        patience: seconds that are left to wait for whoever has it.
        may_be_own: whether that may be the write itself: it was cut short, perhaps when all was committed.
    """

    def __init__(self, patience: float, *, may_be_own: bool = False) -> None:
        super().__init__()
        self.patience = patience
        self.may_be_own = may_be_own


@asynccontextmanager
async def claiming_new(wanted: KeyClaim) -> AsyncIterator[Callable[["ViewerWrite"], Awaitable[None]]]:
    """Around a write that claims a key which is nearly always new; what it is given claims it, as the first act.

    Raises:
        KeyTaken: the key is to be asked for by `earlier`. Nothing was written, unless the key may be the write's own.
    """
    try:
        async with asyncio.timeout(PATIENCE) as patience:

            async def claim(write: "ViewerWrite") -> None:
                write.patience = patience
                await idempotency.claim_new(write, wanted)

            yield claim
    except TimeoutError:
        if not patience.expired():
            raise
        raise KeyTaken(LAST, may_be_own=True) from None


async def earlier(
    write: "ViewerWrite", wanted: KeyClaim, patience: float | None = None, *, is_taken: bool = False
) -> str | None:
    """Claim a key as the write's first act; what an earlier change under it came to, as JSON text, or None.

    Args:
        write: the write.
        wanted: the key.
        patience: seconds that an earlier one is waited for; PATIENCE if it is not said.
        is_taken: whether an earlier one is likely to be there.

    Raises:
        KeyReused: the earlier one was asked for something else.
        KeyInUse: the earlier one is still under way.
    """
    kept = await idempotency.kept_for(write, wanted) if is_taken else None
    if kept is None:
        try:
            async with asyncio.timeout(PATIENCE if patience is None else patience):
                kept = await idempotency.claim(write, wanted)
        except TimeoutError:
            raise KeyInUse from None
    if kept is None:
        return None
    if kept.fingerprint != wanted.fingerprint:
        raise KeyReused
    return kept.outcome


class _Turn:
    """One key that changes wait for in this process, and how many of them there are."""

    __slots__ = ("changes", "lock")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.changes = 0


async def _take(own: _Turn) -> None:
    """Wait a while for those who came before.

    Raises:
        KeyInUse: one is still under way.
    """
    if own.changes == 1:
        await own.lock.acquire()  # at once: nobody else is here
        return
    try:
        async with asyncio.timeout(PATIENCE):
            await own.lock.acquire()
    except TimeoutError:
        raise KeyInUse from None


_TURNS: Final[WeakKeyDictionary[Database, dict[str, _Turn]]] = WeakKeyDictionary()


@asynccontextmanager
async def turn(database: Database, name: str) -> AsyncIterator[None]:
    """Serialize the changes under one key that reach this process at the same time.

    They wait here, and not in a transaction, where they would take connections. Those of other processes meet in the
    store (`earlier`).

    Args:
        name: of the key, and whose it is.

    Raises:
        KeyInUse: another one is still under way after a while.
    """
    turns = _TURNS.setdefault(database, {})
    own = turns.setdefault(name, _Turn())
    own.changes += 1
    try:
        await _take(own)
        try:
            yield
        finally:
            own.lock.release()
    finally:
        own.changes -= 1
        if own.changes == 0:
            del turns[name]
