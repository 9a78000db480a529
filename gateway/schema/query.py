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

GlobalId = Annotated[strawberry.ID, strawberry.argument(description="The global id of the object.")]
GlobalIds = Annotated[
    list[strawberry.ID], strawberry.argument(description=f"Global ids, at most {MAX_NODES} of them.")
]


async def get_viewer(context: Context, selection: Selection) -> viewer.Viewer:
    return context.viewer


async def get_node(context: Context, selection: Selection, *, id: GlobalId) -> Any:
    """The object with a global id, if the viewer sees it."""
    return await find_node(context, id)


def expect_node(context: Context, *, id: str) -> None:
    expect_nodes(context, [id])


def expect_all_nodes(context: Context, *, ids: list[str]) -> None:
    if len(ids) <= MAX_NODES:
        expect_nodes(context, ids)


async def get_nodes(context: Context, selection: Selection, *, ids: GlobalIds) -> Any:
    """The objects with global ids, in order; null for each that the viewer does not see.

    Raises:
        Invalid: there are too many ids.
    """
    if len(ids) > MAX_NODES:
        raise Invalid(f"`ids` takes at most {MAX_NODES} ids, not {len(ids)}.").at("ids")
    return await find_nodes(context, list(ids))


async def get_event_cursor(context: Context, selection: Selection) -> str:
    """The cursor of the end of the event log."""
    return await event_log.event_cursor(context)


async def get_organization(context: Context, selection: Selection) -> Any:
    """The viewer's organization.

    Raises:
        NotFound: the viewer does not see it.
    """
    row = await context.row(db.organizations).load_at_once(context.viewer.organization_id)
    if row is None:
        raise NotFound("This token is limited to a customer and cannot see the organization.")
    return row


def connector_key(
    *,
    id: Annotated[
        strawberry.ID | None,
        strawberry.argument(
            description="The global `id` of the connector. A text that is not a global id is looked up as `name`."
        ),
    ] = None,
    name: Annotated[
        str | None, strawberry.argument(description="The unique name of the connector, such as `shopify`.")
    ] = None,
) -> UniqueKey | None:
    """The unique key of a connector, from the one argument that names it.

    Raises:
        Invalid: not exactly one argument is given.
    """
    if (id is None) == (name is None):
        raise Invalid("Give exactly one of `id` and `name`.")
    return ("id", name) if id is None else key_of_id(id, "Connector") or ("id", id)


def account_key(
    *,
    id: Annotated[
        strawberry.ID | None,
        strawberry.argument(
            description="The global `id` of the account. A text that is not a global id is looked up as `externalRef`."
        ),
    ] = None,
    number: Annotated[
        int | None, strawberry.argument(description="The number of the account in the organization.")
    ] = None,
    external_ref: Annotated[
        str | None,
        strawberry.argument(
            description="The id of the account in the API of OpenInt, such as "
            "`conn_shopify_01JT3Q8Y5M2K7W4N9B6D1R0FXZ`."
        ),
    ] = None,
) -> UniqueKey | None:
    """The unique key of a connected account, from the one argument that names it.

    Raises:
        Invalid: not exactly one argument is given.
    """
    if [id, number, external_ref].count(None) != 2:
        raise Invalid("Give exactly one of `id`, `number` and `externalRef`.")
    if id is not None:
        return key_of_id(id, "ConnectedAccount") or ("external_ref", id)
    return ("number", number) if number is not None else ("external_ref", external_ref)


NEWEST_FIRST = (("created_at", True), ("id", True))


@strawberry.type(description="All data that you can read.")
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
        description="The object with this global id. Null if it does not exist, or if you cannot see it.",
    )
    nodes: list[Node | None] = field(
        get_nodes,
        metadata={VARIES: lambda given: any_varies(given.get("ids"))},
        expect=expect_all_nodes,
        description="The objects with these global ids, in the same order. Null for each object that does not exist or "
        "that you cannot see.",
    )
    organization: Organization = field(
        get_organization, description="Your organization. An error if your token is limited to a customer."
    )
    connection_request: ConnectionRequest | None = root_row(
        db.connection_requests,
        key_by_uuid("ConnectionRequest", "id"),
        description="One connection request. Give exactly one of `id` and `uuid`. Null if it does not exist, or if you "
        "cannot see it.",
    )
    connection_requests: Connection[ConnectionRequest] = root_list(
        db.connection_requests,
        filter=ConnectionRequestFilter,
        order_by=ConnectionRequestOrder,
        default=LATEST_FIRST,
        description="All connection requests. Default order: latest `requestedAt` first.",
    )
    connection_request_counts: list[ConnectionRequestCount] | None = field(
        connection_request_counts,
        description="The number of connection requests with each status, for example for the tabs of an inbox. If "
        "counting takes too long, it is null, and `errors` has an error.",
    )
    integration: Integration | None = root_row(
        db.integrations,
        key_by_uuid("Integration", UUID),
        description="One integration. Give exactly one of `id` and `uuid`. Null if it does not exist, or if you cannot "
        "see it. An error if several integrations have this `uuid`.",
    )
    integrations: Connection[Integration] = root_list(
        db.integrations,
        filter=IntegrationFilter,
        order_by=IntegrationOrder,
        default=NEWEST_FIRST,
        description="The integrations of all connection requests. Default order: latest `createdAt` first.",
    )
    file: File | None = root_row(
        db.files,
        key_by_uuid("File", UUID),
        description="One file. Give exactly one of `id` and `uuid`. Null if it does not exist, or if you cannot see "
        "it. An error if several files have this `uuid`.",
    )
    files: Connection[File] = root_list(
        db.files,
        filter=FileFilter,
        order_by=FileOrder,
        default=NEWEST_FIRST,
        description="All files, including files that are attached to no connection request. Default order: latest "
        "`createdAt` first.",
    )
    connected_account: ConnectedAccount | None = root_row(
        db.connected_accounts,
        account_key,
        description="One connected account. Give exactly one of `id`, `number` and `externalRef`. Null if it does not "
        "exist, or if you cannot see it.",
    )
    connected_accounts: Connection[ConnectedAccount] = root_list(
        db.connected_accounts,
        filter=ConnectedAccountFilter,
        order_by=ConnectedAccountOrder,
        default=NEWEST_FIRST,
        description="All connected accounts. Default order: latest `createdAt` first.",
    )
    connector: Connector | None = root_row(
        db.connectors,
        connector_key,
        description="One connector. Give exactly one of `id` and `name`. Null if it does not exist.",
    )
    connectors: Connection[Connector] = root_list(
        db.connectors,
        filter=ConnectorFilter,
        order_by=ConnectorOrder,
        default=(("id", False),),
        description="All connectors to which accounts can belong. Default order: by `name`.",
    )
    person: Person | None = root_row(
        db.people,
        key_by_uuid("Person", "id"),
        description="One person. Give exactly one of `id` and `uuid`. Null if there is no such person, or if you "
        "cannot see them.",
    )
    people: Connection[Person] = root_list(
        db.people,
        filter=PersonFilter,
        order_by=PersonOrder,
        default=NEWEST_FIRST,
        description="All people. Default order: latest `createdAt` first.",
    )
    events: Connection[Event] | None = root_list(
        db.events,
        filter=EventFilter,
        order_by=EventOrder,
        default=(("id", True),),
        is_nullable=True,
        description="The event log of the organization. Default order: latest event first. Null without the scope "
        "`admin`.",
    )
    webhook_endpoint: WebhookEndpoint | None = root_row(
        db.webhook_endpoints,
        key_by_uuid("WebhookEndpoint", "id"),
        description="One webhook endpoint. Give exactly one of `id` and `uuid`. Null if it does not exist, and without "
        "the scope `admin`.",
    )
    webhook_endpoints: Connection[WebhookEndpoint] | None = root_list(
        db.webhook_endpoints,
        filter=WebhookEndpointFilter,
        order_by=WebhookEndpointOrder,
        default=NEWEST_FIRST,
        is_nullable=True,
        description="All webhook endpoints of the organization. Default order: latest `createdAt` first. Null without "
        "the scope `admin`.",
    )
    event_cursor: str = field(
        get_event_cursor,
        is_first=True,
        description="The cursor of the end of the event log. It is read before all other fields of the query. Give it "
        "as `after` to a subscription, and you miss no event.",
    )
