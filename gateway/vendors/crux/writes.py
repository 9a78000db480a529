"""Create and update Crux's connection requests.

Sources: _v1_discovery_retailer/request_connection.md and update_connection_request.md of its repository. A POST that
has only the parameters of a page lists requests, like the documented curl command.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.filters import UUID, is_in
from gateway.db.pages import Window
from gateway.db.tables import CHILD_OF, ConnectionRequestKind
from gateway.resolvers.context import Context
from gateway.resolvers.errors import NotFound
from gateway.resolvers.inputs import MAX_LIST
from gateway.resolvers.kinds import one_of_kind
from gateway.resolvers.request_changes import create_connection_request, update_connection_request
from gateway.resolvers.request_inputs import (
    ConnectionRequestChanges,
    IntegrationChanges,
    IntegrationEdits,
    NewConnectionRequest,
    NewIntegration,
)
from gateway.resolvers.rules import perform
from gateway.resolvers.viewer import Scope
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal
from gateway.rest.vendor import Endpoint
from gateway.vendors.crux.bodies import (
    BLANK,
    BY_MEMBER,
    REQUIRED,
    UNKNOWN,
    ChangedRequest,
    Feed,
    Written,
    WrittenRequest,
    is_listing,
    written,
)
from gateway.vendors.crux.reads import LISTING, PATH, RECORD_UUID

_BY_PLACE = Order.of(db.integrations, (("position", False),))
_EARLIEST = Order.of(db.files, (("created_at", False),))


class NewRequest(TypedDict):
    request_uuid: str
    request_date: str


class Update(NamedTuple):
    record_uuid: str
    said: Written


async def create_request(context: Context, said: Written) -> NewRequest:
    """Create a connection request."""
    given = NewConnectionRequest(
        **said.columns,
        integrations=tuple(map(_new_feed, said.feeds or ())),
        file_ids=await _file_ids(context, said.file_uuids or ()),
    )
    outcome = await perform(context, create_connection_request, given, is_legacy=True)
    assert outcome.object_id is not None
    found = await context.rows(db.connection_requests, [outcome.object_id], columns=("requested_at",))
    at = found[outcome.object_id].requested_at
    return {
        "request_uuid": outcome.object_id,
        "request_date": at.isoformat(sep=" ", timespec="microseconds"),
    }


def update_arguments(call: Call) -> Update:
    """The request's id and its changes.

    Raises:
        Refusal: 400, members are invalid; all of them are listed.
        Invalid: the body is not a JSON object.
    """
    return Update(call.path["record_uuid"], written(call, is_new=False))


async def update_request(context: Context, arguments: Update) -> None:
    """Update a request and its integrations. Absent members stay unchanged.

    Raises:
        NotFound: the viewer sees no such request.
        Refusal: 400, a file or an integration does not exist.
    """
    row = await one_of_kind(
        context,
        arguments.record_uuid,
        ConnectionRequestKind.TRADING_PARTNER,
        columns=("id",),
        missing="Not found.",
    )
    said = arguments.said
    changes = ConnectionRequestChanges(id=row.id, **said.columns)
    if said.file_uuids is not None:
        changes = replace(changes, file_ids=await _file_ids(context, said.file_uuids))
    if said.feeds is not None:
        known = await _feeds_of(context, row.id)
        edits = IntegrationEdits(
            create=tuple(_new_feed(each) for each in said.feeds if each.id is None),
            update=tuple(_changed_feed(each, known) for each in said.feeds if each.id is not None),
        )
        changes = replace(changes, integrations=edits)
    await perform(context, update_connection_request, changes, is_legacy=True)


async def _feeds_of(context: Context, request_id: str) -> dict[str, str]:
    """The ids of a request's integrations, by the vendor's ids."""
    rows = await context.children(
        db.integrations, CHILD_OF, [request_id], _BY_PLACE, columns=("id", "vendor_uuid")
    )
    return {row.vendor_uuid or row.id: row.id for row in rows}


async def _file_ids(context: Context, uuids: Sequence[str]) -> tuple[str, ...]:
    """The ids of files, by the vendor's ids. If several files have the same one, the earliest counts.

    Raises:
        Refusal: 400, a file does not exist.
    """
    if not uuids:
        return ()
    if len(uuids) > MAX_LIST:
        raise Refusal(400, {"uploaded_files": [f"The list takes at most {MAX_LIST}, not {len(uuids)}."]})
    page = await context.page(
        db.files,
        _EARLIEST,
        Window(10 * MAX_LIST),
        columns=("id", "vendor_uuid"),
        where=is_in(UUID, uuids),
    )
    found: dict[str, str] = {}
    for row in page.rows:
        found.setdefault(row.vendor_uuid or row.id, row.id)
    if any(each not in found for each in uuids):
        raise Refusal(400, {"uploaded_files": [UNKNOWN]})
    return tuple(found[each] for each in uuids)


def _new_feed(feed: Feed) -> NewIntegration:
    return NewIntegration(**{**feed.columns, "integration_type": feed.columns.get("integration_type") or ""})


def _changed_feed(feed: Feed, known: dict[str, str]) -> IntegrationChanges:
    assert feed.id is not None
    if feed.id not in known:
        raise Refusal(400, {"integrations": [UNKNOWN]})
    return IntegrationChanges(id=known[feed.id], **feed.columns)


_MISSING = Refusal(
    400, {"organization_name": [REQUIRED], "primary_contact_name": [REQUIRED]}, schema=BY_MEMBER
)
_BLANK = Refusal(400, {"organization_name": [BLANK]}, schema=BY_MEMBER)

WRITES: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="POST",
        path=PATH,
        operation_id="requestConnection",
        summary="Request a connection",
        arguments=partial(written, is_new=True),
        answer=create_request,
        mutation="create-request",
        request=WrittenRequest,
        response=NewRequest,
        status=201,
        scope=Scope.WRITE,
        refusals=(_MISSING, _BLANK),
        other=LISTING,
        is_other=is_listing,
    ),
    Endpoint(
        method="PATCH",
        path=PATH + "{record_uuid}/",
        operation_id="updateConnectionRequest",
        summary="Update a connection request",
        arguments=update_arguments,
        answer=update_request,
        mutation="update-request",
        request=ChangedRequest,
        status=204,
        scope=Scope.WRITE,
        refusals=(_BLANK, NotFound("Not found.")),
        parameters=(RECORD_UUID,),
    ),
)
