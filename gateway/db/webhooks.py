"""Webhooks in the store: what is due, each endpoint's position in the log, what is retried, what was sent."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Table

from gateway.db import webhook_statements
from gateway.db.data_versions import Version
from gateway.db.database import Database, Reader
from gateway.db.ids import new_id
from gateway.db.leases import prolonging
from gateway.db.sealing import open_sealed
from gateway.db.statements import Row
from gateway.db.tables import webhook_attempts, webhook_deliveries, webhook_leases, webhook_secrets
from gateway.db.writes import Changes

SWEPT: Final = 1000  # rows of one transaction


class Due(NamedTuple):
    """An endpoint to which something may have to be sent.

    Attributes:
        types: of the events that it wants, separated by one space; empty for all.
        position: behind the last event that was looked at for it.
        end: of its organization's log.
        has_retries: whether a delivery is to be tried again.
    """

    organization_id: str
    id: str
    types: str
    position: Version
    end: Version
    has_retries: bool


async def organizations_with_endpoints(reader: Reader) -> frozenset[str]:
    """The organizations that have an endpoint which is not disabled."""
    rows = await reader.fetch(
        reader.prepare(("organizations of webhooks",), webhook_statements.organizations), {}
    )
    return frozenset(row.organization_id for row in rows)


async def due(reader: Reader, at: datetime, organization_ids: Collection[str]) -> list[Due]:
    """The endpoints of organizations behind which there are events, or deliveries to be tried again; no leased ones.

    Args:
        at: the instant that counts as now.
    """
    given = {"at": at, "organizations": sorted(organization_ids)}
    rows = await reader.fetch(reader.prepare(("due webhooks",), webhook_statements.due), given)
    return [
        Due(
            row.organization_id,
            row.id,
            row.types,
            Version(row.event_id, row.mark),
            Version(row.end_id, row.end_mark),
            row.next_attempt_at is not None and row.next_attempt_at <= at,
        )
        for row in rows
    ]


async def endpoint_at(reader: Reader, organization_id: str, endpoint_id: str) -> Row | None:
    """An endpoint that is not disabled, with its position; None where there is none."""
    given = {"organization_id": organization_id, "endpoint_id": endpoint_id}
    rows = await reader.fetch(reader.prepare(("webhook",), webhook_statements.endpoint), given)
    return rows[0] if rows else None


async def secrets_of(reader: Reader, organization_id: str, endpoint_id: str, at: datetime) -> list[str]:
    """The secrets that sign for an endpoint at an instant, the newest first."""
    given = {"organization_id": organization_id, "endpoint_id": endpoint_id, "at": at}
    rows = await reader.fetch(reader.prepare(("secrets of a webhook",), webhook_statements.secrets), given)
    return [row.secret for row in open_sealed(reader, webhook_secrets, organization_id, rows)]


async def deliveries_of(reader: Reader, organization_id: str, endpoint_id: str) -> list[Row]:
    """The deliveries that are not through, in the order of their events."""
    given = {"organization_id": organization_id, "endpoint_id": endpoint_id}
    return await reader.fetch(reader.prepare(("deliveries",), webhook_statements.deliveries), given)


async def events_of(reader: Reader, organization_id: str, event_ids: Sequence[int]) -> dict[int, Row]:
    """The events with these ids that are there."""
    if not event_ids:
        return {}
    given = {"organization_id": organization_id, "ids": list(event_ids)}
    rows = await reader.fetch(reader.prepare(("events of deliveries",), webhook_statements.events_of), given)
    return {row.id: row for row in rows}


async def needed(reader: Reader, organization_id: str) -> int | None:
    """The last event that no endpoint needs any more; None where there is none that is not disabled."""
    given = {"organization_id": organization_id}
    [row] = await reader.fetch(reader.prepare(("needed by webhooks",), webhook_statements.needed), given)
    places = [place for place in (row.position, row.first - 1 if row.first else None) if place is not None]
    return min(places, default=None)


class Settled(NamedTuple):
    """What came of deliveries.

    Attributes:
        is_changed: whether somebody has changed the endpoint since they began, or wants events to be delivered again:
            then only the attempts are noted.
        position: the endpoint's, as it is now.
        failing_since: when the first of the last attempts failed; None where the last one went well.
        next_attempt_at: the first instant at which a delivery is to be tried again; None without any.
        is_full: whether no more events are looked at until some deliveries are through.
        gone: the events whose deliveries are through.
        waiting: rows of deliveries that are new, or are to be tried again.
        attempts: rows of what was sent.
    """

    is_changed: bool
    position: Version
    failing_since: datetime | None
    next_attempt_at: datetime | None
    is_full: bool
    gone: Sequence[int]
    waiting: Sequence[Mapping[str, Any]]
    attempts: Sequence[Mapping[str, Any]]


async def settle(changes: Changes, endpoint_id: str, holder: str, until: datetime, settled: Settled) -> bool:
    """Write the results of deliveries, with their endpoint locked; false if another process has the lease by now.

    Args:
        changes: of the organization.
        holder: of the endpoint's lease.
        until: when the lease runs out from now on.
    """
    own = {"organization_id": changes.organization_id, "endpoint_id": endpoint_id}
    prolong = changes.prepare(("prolong a webhook's lease",), lambda: prolonging(webhook_leases))
    lease = {"organization_id": changes.organization_id, "id": endpoint_id, "holder": holder, "until": until}
    if not await changes.fetch(prolong, lease):
        return False
    if not settled.is_changed:
        await _move(changes, own, settled)
    await _insert(changes, webhook_attempts, own, settled.attempts)
    return True


async def _move(changes: Changes, own: Mapping[str, str], settled: Settled) -> None:
    moved = {
        **own,
        "event_id": settled.position.event_id,
        "mark": settled.position.mark,
        "failing_since": settled.failing_since,
        "next_attempt_at": settled.next_attempt_at,
        "is_full": settled.is_full,
        "at": changes.at,
    }
    await changes.run_many(changes.prepare(("move a webhook",), webhook_statements.move), [moved])
    through = [*settled.gone, *(row["event_id"] for row in settled.waiting)]
    if through:
        forget = changes.prepare(("forget deliveries",), webhook_statements.forget_deliveries)
        await changes.fetch(forget, {**own, "ids": through})
    await _insert(changes, webhook_deliveries, own, settled.waiting)


async def _insert(
    changes: Changes, table: Table, own: Mapping[str, str], rows: Sequence[Mapping[str, Any]]
) -> None:
    if rows:
        stamps = {**own, "created_at": changes.at, "updated_at": changes.at}
        await changes.insert_rows(table, [{**stamps, "id": new_id(), **row} for row in rows])


async def place(changes: Changes, endpoint_id: str, position: Version) -> None:
    """Have an endpoint go on behind a place in the log; deliveries that were not through are forgotten."""
    await _place(changes, endpoint_id, position, behind=0)


async def go_back(changes: Changes, endpoint_id: str, position: Version) -> None:
    """Have an endpoint go on behind a place in the log again, if it is further; what waits from before stays."""
    reached = (await progress(changes, changes.organization_id, [endpoint_id]))[endpoint_id]
    if position.event_id < reached.event_id:
        await _place(changes, endpoint_id, position, behind=position.event_id)
    await hurry(changes, endpoint_id)


async def _place(changes: Changes, endpoint_id: str, position: Version, *, behind: int) -> None:
    own = {"organization_id": changes.organization_id, "endpoint_id": endpoint_id}
    forget = changes.prepare(("forget deliveries behind",), webhook_statements.forget_deliveries_behind)
    await changes.fetch(forget, {**own, "behind": behind})
    given = {**own, "event_id": position.event_id, "mark": position.mark, "at": changes.at}
    await changes.run_many(changes.prepare(("place a webhook",), webhook_statements.place), [given])


async def end_secrets(changes: Changes, endpoint_id: str, until: datetime) -> None:
    """Have the secrets that sign for an endpoint sign no longer than until an instant."""
    given = {"organization_id": changes.organization_id, "endpoint_id": endpoint_id, "until": until}
    await changes.run_many(changes.prepare(("end secrets",), webhook_statements.end_secrets), [given])


async def hurry(changes: Changes, endpoint_id: str) -> None:
    """Retry waiting deliveries at once, because the endpoint has changed."""
    given = {"organization_id": changes.organization_id, "endpoint_id": endpoint_id, "at": changes.at}
    for name, build in (
        ("hurry deliveries", webhook_statements.hurry_deliveries),
        ("hurry a webhook", webhook_statements.hurry),
    ):
        await changes.run_many(changes.prepare((name,), build), [given])


async def undelivered(changes: Changes, endpoint_id: str) -> Version | None:
    """The place behind which nothing was delivered yet: an endpoint that was disabled can be taken back to it."""
    rows = await progress(changes, changes.organization_id, [endpoint_id])
    return progress_place(rows[endpoint_id]) if endpoint_id in rows else None


def progress_place(row: Row) -> Version:
    """The place behind which nothing was delivered yet, by a row of `progress`."""
    if row.first is None:
        return Version(row.event_id, row.mark)
    return Version(row.first - 1, row.first_mark)


async def progress(reader: Reader, organization_id: str, endpoint_ids: Sequence[str]) -> dict[str, Row]:
    """How far endpoints have come, by their ids: one statement."""
    given = {"organization_id": organization_id, "ids": list(endpoint_ids)}
    rows = await reader.fetch(reader.prepare(("progress of webhooks",), webhook_statements.progress), given)
    return {row.id: row for row in rows}


async def sweep(database: Database, attempts_until: datetime, secrets_until: datetime) -> int:
    """Delete attempts and secrets whose time is over; returns how many there were."""
    gone = 0
    for name, build, until in (
        ("sweep attempts", webhook_statements.sweep_attempts, attempts_until),
        ("sweep secrets", webhook_statements.sweep_secrets, secrets_until),
    ):
        while True:
            async with database.transaction() as transaction:
                rows = await transaction.fetch(
                    database.prepare((name,), build), {"until": until, "limit": SWEPT}
                )
            gone += len(rows)
            if len(rows) < SWEPT:
                break
    return gone
