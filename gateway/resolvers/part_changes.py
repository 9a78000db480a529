"""One part of a connection request at a time: a feed made, changed or deleted, a file attached or detached.

The request is locked before its part, as by every rule, and is another version then: who reads it reads its parts.
"""

from dataclasses import dataclass
from typing import Annotated

from sqlalchemy import Table

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.db.tables import CHILD_OF
from gateway.events import Event
from gateway.resolvers.errors import ChangeProblem, ErrorCode, Rejected
from gateway.resolvers.inputs import Reference, RuleInput, VersionedInput, columns_changed, said
from gateway.resolvers.problems import Problems
from gateway.resolvers.request_inputs import FileId, IntegrationChanges, NewIntegration, RequestId
from gateway.resolvers.request_parts import (
    attach_files,
    check_update,
    insert_integrations,
)
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite, word_for


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMoreIntegration(NewIntegration):
    """A feed that a request asks for, too."""

    connection_request_id: RequestId

    table = db.integrations


@rule(Scope.WRITE)
async def create_integration(write: ViewerWrite, given: OneMoreIntegration) -> Outcome:
    """Ask for one feed more."""
    request = await _request(write, given.connection_request_id)
    feeds = await write.rows(db.integrations, [request.id], key=CHILD_OF)
    behind = 1 + max((each.position for each in feeds), default=-1)
    [feed_id] = await insert_integrations(write, request.id, [given], behind)
    await _changed(write, request, Event("integration.created", "integrations", feed_id))
    return Outcome(feed_id)


@rule(Scope.WRITE)
async def update_integration(write: ViewerWrite, given: IntegrationChanges) -> Outcome:
    """Correct a feed."""
    request = await _request_of(write, db.integrations, given.id)
    feed = await target(write, db.integrations, given.id, expected=given.expected_version)
    problems = Problems(is_legacy=write.is_legacy)
    check_update(problems, feed, given, write.context.viewer)
    problems.settle()
    if await write.update_each(db.integrations, {feed.id: columns_changed(given)}, before=[feed]):
        await _changed(write, request, Event("integration.updated", "integrations", feed.id))
    return Outcome(feed.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationToDelete(VersionedInput):
    """Which feed is to go."""

    table = db.integrations
    id: Annotated[str, Reference(db.integrations, is_target=True)] = said("The global id of the integration.")


@rule(Scope.WRITE)
async def delete_integration(write: ViewerWrite, given: IntegrationToDelete) -> Outcome:
    """Ask for a feed no more."""
    request = await _request_of(write, db.integrations, given.id)
    version = given.expected_version
    feed = await target(write, db.integrations, given.id, expected=version, for_deletion=True)
    await write.delete(db.integrations, [feed.id])
    await _changed(write, request, Event("integration.deleted", "integrations", feed.id))
    return Outcome(deleted_id=feed.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOfRequest(RuleInput):
    """A file, and a request."""

    table = db.file_attachments
    connection_request_id: RequestId = said("The global id of the connection request.")
    file_id: FileId = said("The global id of the file.")


@rule(Scope.WRITE)
async def attach_file(write: ViewerWrite, given: FileOfRequest) -> Outcome:
    """Attach a file to a request, behind those that it has; one that is attached already stays where it is."""
    request = await _request(write, given.connection_request_id)
    there = await write.rows(db.file_attachments, [request.id], key=CHILD_OF)
    if given.file_id not in {each.file_id for each in there}:
        behind = 1 + max((each.position for each in there), default=-1)
        await attach_files(write, request.id, [given.file_id], behind)
        await _changed(write, request, Event("file.attached", "files", given.file_id))
    return Outcome(request.id, values={"file_id": given.file_id})


@rule(Scope.WRITE)
async def detach_file(write: ViewerWrite, given: FileOfRequest) -> Outcome:
    """Detach a file from a request; the file itself stays.

    Raises:
        Rejected: it is not attached.
    """
    request = await _request(write, given.connection_request_id)
    there = await write.rows(db.file_attachments, [request.id], key=CHILD_OF)
    gone = [each.id for each in there if each.file_id == given.file_id]
    if not gone:
        message = "The file is not attached to this request."
        raise Rejected([ChangeProblem(ErrorCode.NOT_FOUND, message, ("file_id",))], request.id)
    await write.delete(db.file_attachments, gone)
    await _changed(write, request, Event("file.detached", "files", given.file_id))
    return Outcome(request.id, values={"file_id": given.file_id})


async def _request(write: ViewerWrite, request_id: str) -> Row:
    return await target(write, db.connection_requests, request_id, member="connection_request_id")


async def _request_of(write: ViewerWrite, table: Table, part_id: str) -> Row:
    """The request of a part, locked.

    Raises:
        Rejected: there is no such part.
    """
    found = await write.context.rows(table, [part_id], columns=(CHILD_OF,))
    if part_id not in found:
        message = f"There is no such {word_for(table)}."
        raise Rejected([ChangeProblem(ErrorCode.NOT_FOUND, message, ("id",))])
    return await target(write, db.connection_requests, found[part_id].connection_request_id)


async def _changed(write: ViewerWrite, request: Row, event: Event) -> None:
    """Tell of a part, and make its request another version."""
    table = db.connection_requests
    await write.update_each(table, {request.id: {"updated_at": write.at}}, before=[request])
    write.happened(event)
    write.happened(Event("connection_request.updated", table.name, request.id))
