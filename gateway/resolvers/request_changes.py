"""Making, changing and deleting connection requests."""

from dataclasses import dataclass
from typing import Any

from gateway.db import tables as db
from gateway.db.tables import ConnectionRequestKind, ConnectionRequestStatus
from gateway.events import Event
from gateway.resolvers.comments import NewComment, add_comment
from gateway.resolvers.inputs import ABSENT, VersionedInput, columns_changed, columns_given, said
from gateway.resolvers.problems import Problems
from gateway.resolvers.request_inputs import (
    REQUEST,
    AccessTarget,
    ConnectionRequestChanges,
    NewConnectionRequest,
    RequestId,
    check_org_name,
)
from gateway.resolvers.request_parts import (
    attach_files,
    delete_belonging,
    edit_integrations,
    insert_integrations,
    insert_items,
    replace_files,
    replace_items,
)
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite


@rule(Scope.WRITE)
async def create_connection_request(write: ViewerWrite, given: NewConnectionRequest) -> Outcome:
    """Ask for a connection, with its feeds, files, items and a first comment."""
    request: dict[str, Any] = {
        **columns_given(given),
        **_target_columns(given.target),
        "requester_id": given.requester_id or write.context.viewer.person_id,
        "status": ConnectionRequestStatus.PENDING.value,
        "requested_at": write.at,
    }
    [request_id] = await write.insert(db.connection_requests, [request])
    await insert_integrations(write, request_id, given.integrations)
    await insert_items(write, request_id, given.requested_items)
    await attach_files(write, request_id, given.file_ids)
    write.happened(Event("connection_request.created", "connection_requests", request_id))
    if given.comment is not None:
        await add_comment(write, NewComment(connection_request_id=request_id, body=given.comment))
    return Outcome(request_id)


@rule(Scope.WRITE)
async def update_connection_request(write: ViewerWrite, given: ConnectionRequestChanges) -> Outcome:
    """Correct a request and what belongs to it."""
    table = db.connection_requests
    row = await target(write, table, given.id, expected=given.expected_version)
    changes = columns_changed(given)
    if given.target is not ABSENT:
        changes |= _target_columns(given.target)
    problems = Problems(is_legacy=write.is_legacy)
    if "org_name" in changes and row.kind == ConnectionRequestKind.TRADING_PARTNER:
        check_org_name(problems, changes["org_name"])
    problems.settle()
    are_parts_changed = await _update_parts(write, given)
    if are_parts_changed:
        changes["updated_at"] = write.at  # who reads the request reads its parts: it is another version
    if await write.update_each(table, {row.id: changes}, before=[row]) or are_parts_changed:
        write.happened(Event("connection_request.updated", table.name, row.id))
    return Outcome(row.id)


async def _update_parts(write: ViewerWrite, given: ConnectionRequestChanges) -> bool:
    is_changed = False
    if given.integrations is not None:
        problems = Problems()
        with problems.at("integrations"):
            is_changed |= await edit_integrations(write, given.id, given.integrations)
        problems.settle()
    if given.requested_items is not ABSENT:
        is_changed |= await replace_items(write, given.id, given.requested_items)
    if given.file_ids is not ABSENT:
        is_changed |= await replace_files(write, given.id, given.file_ids)
    return is_changed


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestToDelete(VersionedInput):
    """Which request is to go."""

    table = db.connection_requests
    id: RequestId = said(REQUEST)


@rule(Scope.WRITE)
async def delete_connection_request(write: ViewerWrite, given: RequestToDelete) -> Outcome:
    """Delete a request with what belongs to it."""
    table = db.connection_requests
    row = await target(write, table, given.id, expected=given.expected_version, for_deletion=True)
    counts = await delete_belonging(write, row.id)
    await write.delete(table, [row.id])
    write.happened(Event("connection_request.deleted", table.name, row.id, {"with": counts}))
    return Outcome(deleted_id=row.id, deleted_with_it=counts)


def _target_columns(given: AccessTarget | None) -> dict[str, Any]:
    return {
        "target_user_id": None if given is None else given.user_id,
        "target_group_id": None if given is None else given.group_id,
    }
