"""The statements of webhooks, each of one endpoint (the parameters `organization_id` and `endpoint_id`) or of many."""

from typing import Any

from sqlalchemy import (
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.sql.dml import ReturningDelete

from gateway.db.tables import (
    data_versions,
    events,
    webhook_attempts,
    webhook_deliveries,
    webhook_endpoints,
    webhook_leases,
    webhook_positions,
    webhook_secrets,
)
from gateway.db.types import BigInt, Boolean, OrderedText, Timestamp, among


def _own(table: Any, key: str = "endpoint_id") -> Any:
    return and_(
        table.c.organization_id == bindparam("organization_id", type_=OrderedText()),
        table.c[key] == bindparam("endpoint_id", type_=OrderedText()),
    )


def organizations() -> Select[Any]:
    """Those that have an endpoint which is not disabled."""
    table = webhook_endpoints
    return select(table.c.organization_id).where(table.c.disabled_at.is_(None)).distinct()


def _same(table: Any) -> Any:
    """The condition that a row of a table has the id of the endpoint's position."""
    its = webhook_positions.c
    return and_(table.c.organization_id == its.organization_id, table.c.id == its.id)


def due() -> Select[Any]:
    """The endpoints of the organizations `organizations` for which there is something to do at an instant, `at`."""
    its, at = webhook_positions.c, bindparam("at", type_=Timestamp())
    joined = (
        webhook_positions.join(webhook_endpoints, _same(webhook_endpoints))
        .join(data_versions, data_versions.c.organization_id == its.organization_id)
        .outerjoin(webhook_leases, _same(webhook_leases))
    )
    is_behind = and_(its.event_id < data_versions.c.event_id, its.is_full.is_(false()))
    return (
        select(
            its.organization_id,
            its.id,
            webhook_endpoints.c.types,
            its.event_id,
            its.mark,
            its.next_attempt_at,
            data_versions.c.event_id.label("end_id"),
            data_versions.c.mark.label("end_mark"),
        )
        .select_from(joined)
        .where(
            among(its.organization_id, "organizations"),
            webhook_endpoints.c.disabled_at.is_(None),
            or_(webhook_leases.c.until.is_(None), webhook_leases.c.until <= at),
            or_(is_behind, its.next_attempt_at <= at),
        )
    )


def endpoint() -> Select[Any]:
    """One that is not disabled, its position with when that was last set, and the end of the log."""
    its = webhook_positions.c
    return (
        select(
            webhook_endpoints.c.url,
            webhook_endpoints.c.types,
            its.event_id,
            its.mark,
            its.failing_since,
            its.updated_at.label("placed_at"),
            data_versions.c.event_id.label("end_id"),
            data_versions.c.mark.label("end_mark"),
        )
        .select_from(
            webhook_positions.join(webhook_endpoints, _same(webhook_endpoints)).join(
                data_versions, data_versions.c.organization_id == its.organization_id
            )
        )
        .where(_own(webhook_positions, "id"), webhook_endpoints.c.disabled_at.is_(None))
    )


def secrets() -> Select[Any]:
    """Those that are good at an instant, the newest first."""
    its = webhook_secrets.c
    is_good = or_(its.expires_at.is_(None), its.expires_at > bindparam("at", type_=Timestamp()))
    return select(its.id, its.secret).where(_own(webhook_secrets), is_good).order_by(its.id.desc())


def end_secrets() -> Update:
    """Those that would be good for longer are good until an instant, `until`, and for no longer."""
    table, until = webhook_secrets, bindparam("until", type_=Timestamp())
    is_longer = or_(table.c.expires_at.is_(None), table.c.expires_at > until)
    return update(table).where(_own(table), is_longer).values(expires_at=until)


def deliveries() -> Select[Any]:
    """Those of an endpoint, in the order of their events."""
    table = webhook_deliveries
    return select(table).where(_own(table)).order_by(table.c.event_id)


def events_of() -> Select[Any]:
    """The events of the ids `ids`."""
    its = events.c
    return select(events).where(
        its.organization_id == bindparam("organization_id", type_=OrderedText()), among(its.id, "ids")
    )


def needed() -> Select[Any]:
    """The least position of the organization's endpoints, and the first event that is to be delivered still."""
    its, organization_id = webhook_positions.c, bindparam("organization_id", type_=OrderedText())
    first = (
        select(func.min(webhook_deliveries.c.event_id))
        .select_from(
            webhook_deliveries.join(
                webhook_endpoints,
                and_(
                    webhook_endpoints.c.organization_id == webhook_deliveries.c.organization_id,
                    webhook_endpoints.c.id == webhook_deliveries.c.endpoint_id,
                ),
            )
        )
        .where(
            webhook_deliveries.c.organization_id == organization_id,
            webhook_endpoints.c.disabled_at.is_(None),
        )
    )
    return (
        select(func.min(its.event_id).label("position"), first.scalar_subquery().label("first"))
        .select_from(webhook_positions.join(webhook_endpoints, _same(webhook_endpoints)))
        .where(its.organization_id == organization_id, webhook_endpoints.c.disabled_at.is_(None))
    )


def move() -> Update:
    """A new position, and how the deliveries fare."""
    values = {
        "event_id": bindparam("event_id", type_=BigInt()),
        "mark": bindparam("mark", type_=BigInt()),
        "failing_since": bindparam("failing_since", type_=Timestamp()),
        "next_attempt_at": bindparam("next_attempt_at", type_=Timestamp()),
        "is_full": bindparam("is_full", type_=Boolean()),
        "updated_at": bindparam("at", type_=Timestamp()),
    }
    return update(webhook_positions).where(_own(webhook_positions, "id")).values(values)


def place() -> Update:
    """A new position, in whose place whatever was there."""
    values = {
        "event_id": bindparam("event_id", type_=BigInt()),
        "mark": bindparam("mark", type_=BigInt()),
        "failing_since": null(),
        "next_attempt_at": null(),
        "is_full": false(),
        "updated_at": bindparam("at", type_=Timestamp()),
    }
    return update(webhook_positions).where(_own(webhook_positions, "id")).values(values)


def hurry_deliveries() -> Update:
    """Those that are to be tried later are to be tried at once."""
    table = webhook_deliveries
    at = bindparam("at", type_=Timestamp())
    return update(table).where(_own(table), table.c.next_attempt_at > at).values(next_attempt_at=at)


def hurry() -> Update:
    """The same, of the endpoint's position, which is taken for that of one that has not failed."""
    its, at = webhook_positions.c, bindparam("at", type_=Timestamp())
    values = {
        "failing_since": null(),
        "is_full": false(),
        "updated_at": at,
        "next_attempt_at": case((its.next_attempt_at > at, at), else_=its.next_attempt_at),
    }
    return update(webhook_positions).where(_own(webhook_positions, "id")).values(values)


def forget_deliveries() -> ReturningDelete[Any]:
    """Those of the events `ids`."""
    return _forgetting(among(webhook_deliveries.c.event_id, "ids"))


def forget_deliveries_behind() -> ReturningDelete[Any]:
    """Those of the events behind the one with the id `behind`."""
    return _forgetting(webhook_deliveries.c.event_id > bindparam("behind", type_=BigInt()))


def _forgetting(condition: Any) -> ReturningDelete[Any]:
    return (
        delete(webhook_deliveries)
        .where(_own(webhook_deliveries), condition)
        .returning(webhook_deliveries.c.id)
    )


def progress() -> Select[Any]:
    """The positions of the endpoints `ids`, and the first of their deliveries."""
    its = webhook_positions.c
    waiting = webhook_deliveries
    of_it = and_(waiting.c.organization_id == its.organization_id, waiting.c.endpoint_id == its.id)
    first = select(waiting.c.event_id).where(of_it).order_by(waiting.c.event_id).limit(1)
    mark = select(waiting.c.mark_before).where(of_it).order_by(waiting.c.event_id).limit(1)
    count = select(func.count()).select_from(waiting).where(of_it)
    return select(
        its.id,
        its.event_id,
        its.mark,
        its.failing_since,
        its.next_attempt_at,
        first.scalar_subquery().label("first"),
        mark.scalar_subquery().label("first_mark"),
        count.scalar_subquery().label("waiting"),
    ).where(its.organization_id == bindparam("organization_id", type_=OrderedText()), among(its.id, "ids"))


def sweep_attempts() -> ReturningDelete[Any]:
    return _swept(webhook_attempts, webhook_attempts.c.created_at)


def sweep_secrets() -> ReturningDelete[Any]:
    return _swept(webhook_secrets, webhook_secrets.c.expires_at)


def _swept(table: Any, instant: Any) -> ReturningDelete[Any]:
    over = (
        select(table.c.organization_id, table.c.id)
        .where(instant <= bindparam("until", type_=Timestamp()))
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(tuple_(table.c.organization_id, table.c.id).in_(over)).returning(table.c.id)
