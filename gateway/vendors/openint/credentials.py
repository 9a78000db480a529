"""The checks of OpenInt's connections: expired credentials are refreshed, and the result is stored.

Source: connectors/cnext/auth-oauth2/createOAuth2ConnectorServer.ts of https://github.com/openintegrations/openint. One
check serves all concurrent callers, in this process and in others. It continues if they stop waiting, because the token
endpoint may have replaced the refresh token. No transaction is open during the call of the endpoint.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from json import JSONDecodeError
from time import monotonic
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import orjson

from gateway.db import leases
from gateway.db import tables as db
from gateway.db.database import Database
from gateway.db.ids import new_id, now
from gateway.db.leases import Lease
from gateway.db.lookups import rows_by_key
from gateway.db.sealing import open_sealed
from gateway.db.statements import Row
from gateway.db.tables import ConnectedAccountStatus
from gateway.events.log import Actor, Event
from gateway.instants import iso_instant
from gateway.oauth.token_endpoints import (
    INVALID_GRANT,
    SECONDS,
    Client,
    RefreshFailed,
    TokenEndpoint,
    refresh,
    token_endpoints,
)
from gateway.resolvers.context import Context
from gateway.resolvers.verbatim import still_kept
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import Write, writing
from gateway.shapes.json_text import Ambiguous, NotWritable, Number, dumps, parse

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=2 * SECONDS)
PATIENCE: Final = SECONDS + 2  # seconds that somebody waits for another process's check
AT_ONCE: Final = 8  # checks of one list
_LOOKS: Final = 0.1  # seconds between two looks at another process's lease

COLUMNS: Final = ("id", "service", "status", "settings", "version")
_WHOLE: Final = tuple(db.connected_accounts.c.keys())

_CHECKS: Final[WeakKeyDictionary[Database, dict[tuple[str, str], asyncio.Task[None]]]] = WeakKeyDictionary()
"""Checks in progress in this process, by organization and account."""


class Expiry(NamedTuple):
    """The expiry of the credentials in settings.

    Attributes:
        text: the time, as written in the settings; None if there is no valid time.
        is_over: whether the time is past.
    """

    text: str | None
    is_over: bool


async def check_credentials(context: Context, rows: Sequence[Row], policy: str) -> bool:
    """Check the connections that a policy of OpenInt selects; true if there were any.

    The rows must have COLUMNS, read by a viewer who may see the settings. For other viewers, and inside a write,
    nothing is checked.

    Args:
        policy: ``none``, ``force``, or ``auto`` for those that have expired.
    """
    database = context.reader
    if policy == "none" or isinstance(database, Write) or not context.viewer.may(Scope.SECRETS):
        return False
    endpoints = token_endpoints(context.settings.oauth_token_urls)
    wanted = [row for row in rows if row.service in endpoints and _is_due(row, policy)]
    if not wanted:
        return False
    places = asyncio.Semaphore(AT_ONCE)

    async def check(row: Row) -> None:
        async with places:
            await _check_once(database, context, row, endpoints[row.service], policy)

    checks = [asyncio.ensure_future(check(row)) for row in wanted]
    try:
        # those of a long list that are not through by then are shown as they are
        await asyncio.wait(checks, timeout=PATIENCE)
    finally:
        for each in checks:
            each.cancel()
        await asyncio.gather(*checks, return_exceptions=True)
    return True


def _is_due(row: Row, policy: str) -> bool:
    if row.status == ConnectedAccountStatus.DISCONNECTED:  # somebody has to connect it anew
        return False
    credentials = _credentials(_parsed(row.settings))
    return credentials is not None and (policy == "force" or _expiry(credentials).is_over)


def _parsed(settings: str | None) -> dict[str, Any]:
    try:
        found = parse(settings or "{}")
    except (JSONDecodeError, Ambiguous, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _credentials(settings: Mapping[str, Any]) -> dict[str, Any] | None:
    """`oauth.credentials` with an access token; None if there are none."""
    oauth = settings.get("oauth")
    credentials = oauth.get("credentials") if isinstance(oauth, dict) else None
    if not isinstance(credentials, dict) or not isinstance(credentials.get("access_token"), str):
        return None
    return credentials


def _expiry(credentials: Mapping[str, Any]) -> Expiry:
    text = credentials.get("expires_at")
    instant = iso_instant(text) if isinstance(text, str) else None
    return Expiry(None, is_over=False) if instant is None else Expiry(text, instant < now())


# One check


async def _check_once(
    database: Database, context: Context, row: Row, endpoint: TokenEndpoint, policy: str
) -> None:
    organization_id = context.viewer.organization_id
    checks = _CHECKS.setdefault(database, {})
    key = (organization_id, row.id)
    if (task := checks.get(key)) is None:
        check = _Check(database, organization_id, context.actor, row.id, endpoint)
        task = checks[key] = asyncio.create_task(check.run(row.version, policy))
        task.add_done_callback(partial(_forget, checks, key))
    await asyncio.shield(task)


def _forget(
    checks: dict[tuple[str, str], asyncio.Task[None]], key: tuple[str, str], task: asyncio.Task[None]
) -> None:
    checks.pop(key, None)
    if not task.cancelled() and (failure := task.exception()) is not None:
        logger.warning("credentials were not checked: %s", type(failure).__name__)


async def finish_checks(database: Database) -> None:
    """Wait for checks in progress before the store is closed."""
    if checks := list(_CHECKS.get(database, {}).values()):
        await asyncio.wait(checks, timeout=PATIENCE)


class _Check(NamedTuple):
    """The check of one account."""

    database: Database
    organization_id: str
    actor: Actor
    account_id: str
    endpoint: TokenEndpoint

    async def run(self, version: int, policy: str) -> None:
        """Check the account, unless somebody else has done so since it was read: then it has another version.

        Raises:
            DatabaseFailure: the store fails.
        """
        lease = Lease(db.account_leases, self.organization_id, self.account_id, new_id())
        if not await self._take(lease):
            return
        try:
            row = await self._row()
            if row is not None and row.version == version and _is_due(row, policy):
                await self._keep(row, await self._changes(row))
        finally:
            await leases.give_back(self.database, lease)

    async def _take(self, lease: Lease) -> bool:
        """Wait for the lease as long as another process may hold it; false if that takes too long."""
        waits_until = monotonic() + PATIENCE
        while True:
            at = now()
            if await leases.take(self.database, lease, at, at + LEASE):
                return True
            if monotonic() >= waits_until:
                return False
            await asyncio.sleep(_LOOKS)

    async def _row(self) -> Row | None:
        table = db.connected_accounts
        found = await rows_by_key(self.database, table, self.organization_id, _WHOLE, [self.account_id])
        rows = open_sealed(self.database, table, self.organization_id, list(found.values()))
        return rows[0] if rows else None

    async def _changes(self, row: Row) -> dict[str, Any]:
        """The columns with the account's health, after a call of the connector's endpoint."""
        settings = _parsed(row.settings)
        credentials = _credentials(settings)
        assert credentials is not None
        token, expiry = credentials.get("refresh_token"), _expiry(credentials)
        if not isinstance(token, str) or not token:
            if expiry.is_over:
                return _status(ConnectedAccountStatus.DISCONNECTED, f"Token expired at {expiry.text}")
            return _status(ConnectedAccountStatus.HEALTHY)
        try:
            answer = await refresh(self.endpoint, await self._client(row, credentials), token)
        except RefreshFailed as failure:
            # what was given back or revoked, a person has to give again; the rest may be well the next time
            is_over = failure.code == INVALID_GRANT
            status = ConnectedAccountStatus.DISCONNECTED if is_over else ConnectedAccountStatus.ERROR
            return _status(status, f"Token refresh failed with error {failure.code}")
        fresh = _refreshed(settings, credentials, answer)
        return {"settings": _written(fresh), **_status(ConnectedAccountStatus.HEALTHY)}

    async def _client(self, row: Row, credentials: Mapping[str, Any]) -> Client:
        """The OAuth client in the connector's configuration, or else the public client that the credentials name.

        Raises:
            RefreshFailed: neither names a client.
        """
        table, key = db.connector_configs, row.connector_config_id
        found = await rows_by_key(
            self.database, table, self.organization_id, ("id", "config"), [] if key is None else [key]
        )
        rows = open_sealed(self.database, table, self.organization_id, list(found.values()))
        oauth = _parsed(rows[0].config).get("oauth") if rows else None
        said = oauth if isinstance(oauth, dict) else {}
        client_id = said.get("client_id") or credentials.get("client_id")
        secret = said.get("client_secret")
        if not isinstance(client_id, str) or not client_id:
            raise RefreshFailed("no_client_id")
        return Client(client_id, secret if isinstance(secret, str) and secret else None)

    async def _keep(self, row: Row, changes: Mapping[str, Any]) -> None:
        """Store the changes, unless somebody has changed the account's settings meanwhile."""
        different = {name: value for name, value in changes.items() if getattr(row, name) != value}
        if not different and changes["status"] == ConnectedAccountStatus.HEALTHY:
            return  # a failure is noted again, so that who has waited for it does not ask once more
        table = db.connected_accounts
        async with writing(self.database, self.organization_id, self.actor) as write:
            locked = await write.lock(table, [self.account_id])
            if not locked or locked[0].settings != row.settings:
                return
            if locked[0].extra is not None:
                different["extra"] = still_kept(locked[0], different)
            different["updated_at"] = write.at
            await write.update_each(table, {self.account_id: different}, before=locked)
            data = {"status": changes["status"], "refreshed": "settings" in changes}
            write.happened(Event("connected_account.checked", table.name, self.account_id, data))


def _status(status: ConnectedAccountStatus, message: str | None = None) -> dict[str, Any]:
    return {"status": status.value, "status_message": message}


def _written(settings: dict[str, Any]) -> str:
    """The settings as text. If the store cannot hold the endpoint's whole response, it is left out."""
    try:
        return dumps(settings)
    except NotWritable:
        del settings["oauth"]["credentials"]["raw"]
        return dumps(settings)


def _refreshed(
    settings: dict[str, Any], credentials: dict[str, Any], answer: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings updated with the endpoint's response. Members that it does not have stay, except the old expiry."""
    raw = parse(orjson.dumps(answer).decode())
    told = {
        name: raw[name]
        for name in ("access_token", "refresh_token", "scope")
        if isinstance(raw.get(name), str)
    }
    fresh = {name: value for name, value in credentials.items() if name not in ("expires_in", "expires_at")}
    fresh |= told
    seconds = answer.get("expires_in")
    if isinstance(seconds, str) and seconds.isdecimal():  # as some endpoints write it
        seconds = int(seconds[:10])
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 10**9:
        expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
        fresh["expires_in"] = Number(str(int(seconds)))
        fresh["expires_at"] = expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fresh["raw"] = raw
    made = {**settings, "oauth": {**settings["oauth"], "credentials": fresh}}
    if "access_token" in settings:  # the same, where clients look first
        made["access_token"] = told["access_token"]
    return made
