"""The filters of a list of access requests: as a condition on rows, and as the filter of the graph."""

from typing import Any, NamedTuple

from gateway.db import tables as db
from gateway.db.filters import Where, all_of, any_of, eq, some
from gateway.db.tables import ConnectionRequestKind, ConnectionRequestStatus
from gateway.vendors.opal.parameters import Bound

ACCESS = eq("kind", ConnectionRequestKind.ACCESS.value)


class Criteria(NamedTuple):
    """The limits of a list of requests. None does not limit.

    Attributes:
        resource_id: the resource of a requested item.
        group_id: the group of a requested item, or the group that is to get access.
        earliest: the earliest creation time.
        latest: the latest creation time.
    """

    status: ConnectionRequestStatus | None = None
    requester_id: str | None = None
    target_user_id: str | None = None
    resource_id: str | None = None
    group_id: str | None = None
    earliest: Bound | None = None
    latest: Bound | None = None


def where(wanted: Criteria) -> Where:
    conditions = [ACCESS]
    if wanted.status is not None:
        conditions.append(eq("status", wanted.status.value))
    if wanted.requester_id is not None:
        conditions.append(eq("requester_id", wanted.requester_id))
    if wanted.target_user_id is not None:
        conditions.append(eq("target_user_id", wanted.target_user_id))
    if wanted.resource_id is not None:
        conditions.append(_requested("resource_id", wanted.resource_id))
    if wanted.group_id is not None:
        group = wanted.group_id
        conditions.append(any_of(eq("target_group_id", group), _requested("group_id", group)))
    conditions += [bound.where("created_at") for bound in (wanted.earliest, wanted.latest) if bound]
    return all_of(*conditions)


def _requested(column: str, value: str) -> Where:
    return some(db.requested_items, "connection_request_id", eq(column, value))


def graph_filter(wanted: Criteria) -> dict[str, Any]:
    """The criteria as a `ConnectionRequestFilter`."""
    members: dict[str, Any] = {"kind": {"eq": ConnectionRequestKind.ACCESS.name}}
    if wanted.status is not None:
        members["status"] = {"eq": wanted.status.name}
    if wanted.requester_id is not None:
        members["requester"] = {"uuid": {"eq": wanted.requester_id}}
    if wanted.target_user_id is not None:
        members["targetUser"] = {"uuid": {"eq": wanted.target_user_id}}
    if wanted.resource_id is not None:
        members["requestedItems"] = {"some": {"resourceId": {"eq": wanted.resource_id}}}
    if wanted.group_id is not None:
        group = {"eq": wanted.group_id}
        members["or"] = [{"targetGroupId": group}, {"requestedItems": {"some": {"groupId": group}}}]
    bounds = [bound for bound in (wanted.earliest, wanted.latest) if bound is not None]
    if bounds:
        members["createdAt"] = {bound.operator: bound.at.isoformat() for bound in bounds}
    return members
