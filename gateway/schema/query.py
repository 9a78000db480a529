"""The root of every query."""

from typing import Annotated, Any

import strawberry

from gateway.db import tables as db
from gateway.db.filters import UUID
from gateway.execution import VARIES, Selection, always, field
from gateway.resolvers import event_log, viewer
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid, NotFound
from gateway.schema.connected_accounts import (
    ConnectedAccount,
    ConnectedAccountFilter,
    ConnectedAccountOrder,
    Connector,
    ConnectorFilter,
    ConnectorOrder,
)
from gateway.schema.connection_requests import (
    LATEST_FIRST,
    ConnectionRequest,
    ConnectionRequestFilter,
    ConnectionRequestOrder,
)
from gateway.schema.connections import Connection, root_list
from gateway.schema.events import Event, EventFilter, EventOrder
from gateway.schema.files import File, FileFilter, FileOrder
from gateway.schema.integrations import Integration, IntegrationFilter, IntegrationOrder
from gateway.schema.node import (
    Node,
    UniqueKey,
    any_varies,
    expect_nodes,
    find_node,
    find_nodes,
    key_by_uuid,
    key_of_id,
    root_row,
)
from gateway.schema.organizations import Organization, Viewer
from gateway.schema.people import Person, PersonFilter, PersonOrder
from gateway.schema.request_counts import ConnectionRequestCount, connection_request_counts
from gateway.schema.webhooks import WebhookEndpoint, WebhookEndpointFilter, WebhookEndpointOrder

MAX_NODES = 1000

GlobalId = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
GlobalIds = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"Global ids, at most {MAX_NODES} of them.")
]


async def get_viewer(context: Context, selection: Selection) -> viewer.Viewer:
    return context.viewer


async def get_node(context: Context, selection: Selection, *, id: GlobalId) -> Any:
    """The object of a global id, if the viewer sees it."""
    return await find_node(context, id)


def expect_node(context: Context, *, id: str) -> None:
    expect_nodes(context, [id])


def expect_all_nodes(context: Context, *, ids: list[str]) -> None:
    if len(ids) <= MAX_NODES:
        expect_nodes(context, ids)


async def get_nodes(context: Context, selection: Selection, *, ids: GlobalIds) -> Any:
    """The objects of global ids, in their order; null for each that the viewer does not see.

    Raises:
        Invalid: there are too many ids.
    """
    if len(ids) > MAX_NODES:
        raise Invalid(f"`ids` takes at most {MAX_NODES} ids, not {len(ids)}.").at("ids")
    return await find_nodes(context, list(ids))


async def get_event_cursor(context: Context, selection: Selection) -> str:
    """Where the event log ends."""
    return await event_log.event_cursor(context)


async def get_organization(context: Context, selection: Selection) -> Any:
    """The viewer's organization.

    Raises:
        NotFound: the viewer does not see it.
    """
    row = await context.row(db.organizations).load_at_once(context.viewer.organization_id)
    if row is None:
        raise NotFound("There is nothing here for this token.")
    return row


def connector_key(
    *,
    id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Its global `id`; any other text is looked up as its `name`."),
    ] = None,
    name: Annotated[str | None, strawberry.argument(description="Its name.")] = None,
) -> UniqueKey | None:
    """The unique key of a connector, from the one argument that names it.

    Raises:
        Invalid: none of the arguments is given, or more than one.
    """
    if (id is None) == (name is None):
        raise Invalid("Give exactly one of `id` and `name`.")
    return ("id", name) if id is None else key_of_id(id, "Connector") or ("id", id)


def account_key(
    *,
    id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Its global `id`; any other text is looked up as its `externalRef`."),
    ] = None,
    number: Annotated[int | None, strawberry.argument(description="Its number.")] = None,
    external_ref: Annotated[str | None, strawberry.argument(description="Its external reference.")] = None,
) -> UniqueKey | None:
    """The unique key of a connected account, from the one argument that names it.

    Raises:
        Invalid: none of the arguments is given, or more than one.
    """
    if [id, number, external_ref].count(None) != 2:
        raise Invalid("Give exactly one of `id`, `number` and `externalRef`.")
    if id is not None:
        return key_of_id(id, "ConnectedAccount") or ("external_ref", id)
    return ("number", number) if number is not None else ("external_ref", external_ref)


NEWEST_FIRST = (("created_at", True), ("id", True))


@strawberry.type(description="Everything that can be read.")
class Query:
    viewer: Viewer = field(
        get_viewer,
        description="Who you are, and what your token allows.",
        metadata={VARIES: always},
    )
    node: Node | None = field(
        get_node,
        metadata={VARIES: lambda given: any_varies([given.get("id")])},
        expect=expect_node,
        description="The object with this global id; null if there is none, or none that you may see.",
    )
    nodes: list[Node | None] = field(
        get_nodes,
        metadata={VARIES: lambda given: any_varies(given.get("ids"))},
        expect=expect_all_nodes,
        description="The objects with these global ids, in the same order; null for each that does not exist or "
        "that you may not see.",
    )
    organization: Organization = field(get_organization, description="The organization whose data this is.")
    connection_request: ConnectionRequest | None = root_row(
        db.connection_requests,
        key_by_uuid("ConnectionRequest", "id"),
        description="One connection request, by its global `id` or its own `uuid`: give exactly one.",
    )
    connection_requests: Connection[ConnectionRequest] = root_list(
        db.connection_requests,
        filter=ConnectionRequestFilter,
        order_by=ConnectionRequestOrder,
        default=LATEST_FIRST,
        description="Connection requests, latest first unless `orderBy` says otherwise.",
    )
    connection_request_counts: list[ConnectionRequestCount] | None = field(
        connection_request_counts,
        description="How many connection requests there are of each status, for the tabs of an inbox; null, "
        "with an error, if counting took too long.",
    )
    integration: Integration | None = root_row(
        db.integrations,
        key_by_uuid("Integration", UUID),
        description="One integration, by its global `id` or its own `uuid`: give exactly one. A `uuid` that "
        "several share is an error.",
    )
    integrations: Connection[Integration] = root_list(
        db.integrations,
        filter=IntegrationFilter,
        order_by=IntegrationOrder,
        default=NEWEST_FIRST,
        description="The integrations of all requests, newest first.",
    )
    file: File | None = root_row(
        db.files,
        key_by_uuid("File", UUID),
        description="One file, by its global `id` or its own `uuid`: give exactly one. A `uuid` that several "
        "share is an error.",
    )
    files: Connection[File] = root_list(
        db.files,
        filter=FileFilter,
        order_by=FileOrder,
        default=NEWEST_FIRST,
        description="All files, those not attached to any request yet included, newest first.",
    )
    connected_account: ConnectedAccount | None = root_row(
        db.connected_accounts,
        account_key,
        description="One connected account, by its global `id`, its `number` or its `externalRef`: give exactly one.",
    )
    connected_accounts: Connection[ConnectedAccount] = root_list(
        db.connected_accounts,
        filter=ConnectedAccountFilter,
        order_by=ConnectedAccountOrder,
        default=NEWEST_FIRST,
        description="Connected accounts, newest first.",
    )
    connector: Connector | None = root_row(
        db.connectors,
        connector_key,
        description="One connector, by its global `id` or its `name`: give exactly one.",
    )
    connectors: Connection[Connector] = root_list(
        db.connectors,
        filter=ConnectorFilter,
        order_by=ConnectorOrder,
        default=(("id", False),),
        description="The connectors that accounts can be connected to, by name.",
    )
    person: Person | None = root_row(
        db.people,
        key_by_uuid("Person", "id"),
        description="One person, by their global `id` or own `uuid`: give exactly one.",
    )
    people: Connection[Person] = root_list(
        db.people,
        filter=PersonFilter,
        order_by=PersonOrder,
        default=NEWEST_FIRST,
        description="People, newest first.",
    )
    events: Connection[Event] | None = root_list(
        db.events,
        filter=EventFilter,
        order_by=EventOrder,
        default=(("id", True),),
        is_nullable=True,
        description="The organization's event log, latest first; null without the scope `admin`.",
    )
    webhook_endpoint: WebhookEndpoint | None = root_row(
        db.webhook_endpoints,
        key_by_uuid("WebhookEndpoint", "id"),
        description="One webhook endpoint, by its global `id` or its own `uuid`; null without the scope `admin`.",
    )
    webhook_endpoints: Connection[WebhookEndpoint] | None = root_list(
        db.webhook_endpoints,
        filter=WebhookEndpointFilter,
        order_by=WebhookEndpointOrder,
        default=NEWEST_FIRST,
        is_nullable=True,
        description="The organization's webhook endpoints, newest first; null without the scope `admin`.",
    )
    event_cursor: str = field(
        get_event_cursor,
        is_first=True,
        description="Where the event log ends now. It is read before everything else in the query, so a "
        "subscription that starts after it misses nothing.",
    )
