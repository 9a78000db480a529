"""What belongs to a connection request: its feeds, its files and its items, as rows."""

from collections.abc import Iterable, Sequence

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.db.tables import CHILD_OF
from gateway.events import Event
from gateway.resolvers.errors import ErrorCode
from gateway.resolvers.inputs import Version, columns_changed, columns_given
from gateway.resolvers.problems import Problems
from gateway.resolvers.request_inputs import (
    IntegrationChanges,
    IntegrationEdits,
    NewIntegration,
    NewRequestedItem,
    check_frequency,
)
from gateway.resolvers.shown import changed
from gateway.resolvers.viewer import Viewer
from gateway.resolvers.writes import ViewerWrite

BELONGING = (
    db.approvals,
    db.decisions,
    db.comments,
    db.requested_items,
    db.integrations,
    db.file_attachments,
)
"""The tables whose rows go with their request."""


async def insert_integrations(
    write: ViewerWrite, request_id: str, feeds: Sequence[NewIntegration], first: int = 0
) -> list[str]:
    """Make feeds of a request, the first of them at a position; returns their ids."""
    rows = [
        {**columns_given(each), "connection_request_id": request_id, "position": position}
        for position, each in enumerate(feeds, first)
    ]
    return await write.insert(db.integrations, rows)


async def insert_items(write: ViewerWrite, request_id: str, items: Sequence[NewRequestedItem]) -> None:
    """Make the items of a request."""
    rows = [
        {
            **columns_given(each),
            **columns_given(each.target),
            "connection_request_id": request_id,
            "position": position,
        }
        for position, each in enumerate(items)
    ]
    await write.insert(db.requested_items, rows)


async def attach_files(write: ViewerWrite, request_id: str, file_ids: Iterable[str], first: int = 0) -> None:
    """Attach files to a request behind those that it has, the first of them at a position."""
    rows = [
        {"connection_request_id": request_id, "file_id": file_id, "position": position}
        for position, file_id in enumerate(file_ids, first)
    ]
    await write.insert(db.file_attachments, rows)


async def edit_integrations(write: ViewerWrite, request_id: str, edits: IntegrationEdits) -> bool:
    """Change, delete and make feeds of a request that is locked; False where that changes nothing.

    Raises:
        Rejected: a feed is not the request's, or has another version by now, or gets a text that is no cron.
    """
    feeds = {each.id: each for each in await write.rows(db.integrations, [request_id], key=CHILD_OF)}
    problems = Problems(is_legacy=write.is_legacy)
    for index, each in enumerate(edits.update):
        inside = problems.below("update", str(index))
        if (feed := feeds.get(each.id)) is None:
            _not_found(inside.below("id"))
        else:
            check_update(inside, feed, each, write.context.viewer)
    for index, feed_id in enumerate(edits.delete):
        if feed_id not in feeds:
            _not_found(problems.below("delete", str(index)))
    problems.settle()
    changes = {each.id: columns_changed(each) for each in edits.update}
    is_changed = bool(changes) and bool(await write.update_each(db.integrations, changes))
    gone = await write.delete(db.integrations, edits.delete) if edits.delete else 0
    behind = 1 + max((each.position for each in feeds.values()), default=-1)
    made = await insert_integrations(write, request_id, edits.create, behind)
    return is_changed or bool(gone) or bool(made)


def check_update(problems: Problems, feed: Row, given: IntegrationChanges, viewer: Viewer) -> None:
    """Note why a feed cannot be changed so."""
    check_version(problems, feed, given.expected_version)
    changes = columns_changed(given)
    if changes.get("update_frequency") != feed.update_frequency:
        check_frequency(problems, changes.get("update_frequency"))
    with problems.at():
        changed(db.integrations, feed, changes, viewer)


def check_version(problems: Problems, row: Row, expected: Version | None) -> None:
    """Note that a row has another version than the change is meant for."""
    if expected is not None and row.version != expected:
        message = f"The integration has the version {row.version} by now, not {expected}."
        problems.add(message, "expected_version", code=ErrorCode.CONFLICT)


def _not_found(problems: Problems) -> None:
    problems.add("There is no such integration of this request.", code=ErrorCode.NOT_FOUND)


async def replace_files(write: ViewerWrite, request_id: str, file_ids: Sequence[str]) -> bool:
    """Have these files attached to a request that is locked, in this order; False where they are already."""
    there = await write.rows(db.file_attachments, [request_id], key=CHILD_OF)
    there.sort(key=lambda each: each.position)
    if [each.file_id for each in there] == list(file_ids):
        return False
    gone = [each.id for each in there if each.file_id not in file_ids]
    if gone:
        await write.delete(db.file_attachments, gone)
    places = {file_id: position for position, file_id in enumerate(file_ids)}
    moved = {each.id: {"position": places[each.file_id]} for each in there if each.file_id in places}
    await write.update_each(db.file_attachments, moved)
    new = set(file_ids) - {each.file_id for each in there}
    for file_id in file_ids:
        if file_id in new:
            await attach_files(write, request_id, [file_id], places[file_id])
    return True


async def replace_items(write: ViewerWrite, request_id: str, items: Sequence[NewRequestedItem]) -> bool:
    """Have a request that is locked ask for these items, and for no others."""
    there = await write.rows(db.requested_items, [request_id], key=CHILD_OF)
    if there:
        await write.delete(db.requested_items, [each.id for each in there])
    await insert_items(write, request_id, items)
    return bool(there) or bool(items)


async def delete_belonging(write: ViewerWrite, request_id: str) -> dict[str, int]:
    """Delete what goes with a request that is locked; returns how many rows, by the public name of their type.

    Files that were attached to it, and accounts that came of it, stay.
    """
    counts: dict[str, int] = {}
    for table in BELONGING:
        rows = await write.rows(table, [request_id], key=CHILD_OF)
        if rows:
            gone = await write.delete(table, [each.id for each in rows])
            if "type" in table.info:
                counts[table.info["type"]] = gone
    accounts = await write.rows(db.connected_accounts, [request_id], key=CHILD_OF)
    await write.update_many(db.connected_accounts, [each.id for each in accounts], {CHILD_OF: None})
    for each in accounts:
        write.happened(Event("connected_account.updated", "connected_accounts", each.id))
    return counts
