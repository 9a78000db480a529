"""Read OpenInt's connections: one, and the list.

Sources: https://docs.openint.dev and packages/api-v1/trpc/routers/connection.ts of
https://github.com/openintegrations/openint.
"""

from typing import Any, NamedTuple, TypedDict

from gateway.db import filters
from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.filters import Where
from gateway.db.pages import Page, Window
from gateway.db.statements import Row
from gateway.db.tables import ConnectedAccountKind
from gateway.resolvers.context import Context
from gateway.resolvers.errors import NotFound
from gateway.resolvers.kinds import one_of_kind
from gateway.resolvers.viewer import Scope
from gateway.rest.calls import Call
from gateway.rest.vendor import Repeated
from gateway.vendors.openint.credentials import COLUMNS as CHECKED
from gateway.vendors.openint.credentials import check_credentials
from gateway.vendors.openint.parameters import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_OFFSET,
    REFRESH_POLICIES,
    Input,
    has_next_page,
)
from gateway.vendors.openint.refusals import CONNECTION_NOT_FOUND
from gateway.vendors.openint.shapes import (
    CONFIG_PREFIX,
    CONNECTION,
    CONNECTION_PREFIX,
    WHOLE_CONNECTION,
    Connection,
)

ORDER = Order.of(db.connected_accounts, (("updated_at", True), ("external_ref", False)))
CONNECTORS_ALONE = filters.eq("kind", ConnectedAccountKind.CONNECTOR.value)


class Connections(TypedDict):
    items: list[Connection]
    total: int
    limit: int
    offset: int
    has_next_page: bool


class GetArguments(NamedTuple):
    id: str
    include_secrets: bool
    expand_connector: bool
    refresh_policy: str = "none"


class ListArguments(NamedTuple):
    limit: int
    offset: int
    connector_names: list[str]
    customer_id: str | None
    connector_config_id: str | None
    search_query: str | None
    include_secrets: bool
    expand_connector: bool
    refresh_policy: str


def repeats(arguments: GetArguments | ListArguments) -> Repeated:
    """What of a response can be reused: nothing if the call can refresh credentials."""
    may_refresh = arguments.include_secrets and arguments.refresh_policy != "none"
    return Repeated.NEVER if may_refresh else Repeated.TAG


# One connection


def get_arguments(call: Call) -> GetArguments:
    """The connection's id, and the parts to include.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    given = Input(call)
    id = given.path_id(CONNECTION_PREFIX)
    include_secrets = given.flag("include_secrets")
    refresh_policy = given.choice("refresh_policy", REFRESH_POLICIES, "auto")
    expand = given.choices("expand", ("connector",))
    given.check()
    return GetArguments(id, include_secrets, bool(expand), refresh_policy)


async def get_connection(context: Context, arguments: GetArguments) -> Connection:
    """One connection in the vendor's form.

    Raises:
        NotFound: the viewer sees no such connection, or its connector is requested and unknown.
    """
    row = await _row(context, arguments)
    if arguments.include_secrets and await check_credentials(context, [row], arguments.refresh_policy):
        row = await _row(context, arguments)
    connection: Connection
    [connection] = await _render(context, [row], arguments.include_secrets, arguments.expand_connector)
    if arguments.expand_connector and "connector" not in connection:
        raise NotFound(f"Connector not found for connection {arguments.id}")
    return connection


async def _row(context: Context, arguments: GetArguments) -> Row:
    return await one_of_kind(
        context,
        arguments.id,
        ConnectedAccountKind.CONNECTOR,
        columns=_columns(arguments.include_secrets),
        by="external_ref",
        missing=CONNECTION_NOT_FOUND,
    )


def get_variables(arguments: GetArguments) -> dict[str, Any]:
    return {
        "externalRef": arguments.id,
        "includeSecrets": arguments.include_secrets,
        "expandConnector": arguments.expand_connector,
    }


# The list


def list_arguments(call: Call) -> ListArguments:
    """The filters and the page of a list, and the parts to include.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    given = Input(call)
    limit = given.whole_number("limit", DEFAULT_LIMIT, MAX_LIMIT)
    offset = given.whole_number("offset", 0, MAX_OFFSET)
    connector_names = given.items("connector_names")
    customer_id = given.text("customer_id")
    connector_config_id = given.id("connector_config_id", CONFIG_PREFIX)
    include_secrets = given.flag("include_secrets")
    expand = given.choices("expand", ("connector",))
    search_query = given.text("search_query")
    refresh_policy = given.choice("refresh_policy", REFRESH_POLICIES, "none")
    given.check()
    return ListArguments(
        limit,
        offset,
        connector_names,
        customer_id,
        connector_config_id,
        search_query,
        include_secrets,
        bool(expand),
        refresh_policy,
    )


async def list_connections(context: Context, arguments: ListArguments) -> Connections:
    where = _where(arguments)
    page = await _page(context, arguments, where)
    rows = page.rows
    if arguments.include_secrets and await check_credentials(context, rows, arguments.refresh_policy):
        rows = await _as_they_are(context, rows)
    items = await _render(context, rows, arguments.include_secrets, arguments.expand_connector)
    total = await context.length(page, where) if items else 0
    return {
        "items": items,
        "total": total,
        "limit": arguments.limit,
        "offset": arguments.offset,
        "has_next_page": has_next_page(context, arguments.limit, arguments.offset, total),
    }


async def _page(context: Context, arguments: ListArguments, where: Where) -> Page:
    return await context.page(
        db.connected_accounts,
        ORDER,
        Window(arguments.limit, offset=arguments.offset),
        columns=_columns(arguments.include_secrets),
        where=where,
        total_count=True,
    )


async def _as_they_are(context: Context, rows: list[Row]) -> list[Row]:
    """The current rows of a page in its order. A check may have changed them, and their position in the list."""
    ids = [row.id for row in rows]
    found = await context.rows(db.connected_accounts, ids, columns=_columns(include_secrets=True))
    return [found[each] for each in ids if each in found]


def list_variables(arguments: ListArguments) -> dict[str, Any]:
    conditions: dict[str, Any] = {"kind": {"eq": "CONNECTOR"}}
    if arguments.connector_names:
        conditions["service"] = {"in": arguments.connector_names}
    if arguments.customer_id is not None:
        conditions["customerId"] = {"eq": arguments.customer_id}
    if arguments.connector_config_id is not None:
        conditions["connectorConfigId"] = {"eq": arguments.connector_config_id}
    if (part := arguments.search_query) is not None:
        conditions["or"] = [{name: {"contains": part}} for name in ("externalRef", "customerId", "service")]
    return {
        "first": arguments.limit,
        "offset": arguments.offset,
        "filter": conditions,
        "includeSecrets": arguments.include_secrets,
        "expandConnector": arguments.expand_connector,
    }


def _where(arguments: ListArguments) -> Where:
    """The condition on connections. A text that the store cannot hold matches none."""
    texts = (arguments.customer_id, arguments.connector_config_id, arguments.search_query)
    if not all(text is None or filters.is_text(text) for text in texts):
        return filters.NOTHING
    conditions = [CONNECTORS_ALONE]
    if arguments.connector_names:
        names = [name for name in dict.fromkeys(arguments.connector_names) if filters.is_text(name)]
        conditions.append(filters.is_in("service", names))
    if arguments.customer_id is not None:
        conditions.append(filters.eq("customer_id", arguments.customer_id))
    if arguments.connector_config_id is not None:
        conditions.append(filters.eq("connector_config_id", arguments.connector_config_id))
    if (part := arguments.search_query) is not None:
        searched = ("external_ref", "customer_id", "service")
        conditions.append(filters.any_of(*[filters.compare("contains", name, part) for name in searched]))
    return filters.all_of(*conditions)


# What they share


def _columns(include_secrets: bool) -> tuple[str, ...]:
    return (*CONNECTION.columns, *CHECKED) if include_secrets else CONNECTION.columns


async def _render(
    context: Context, rows: list[Row], include_secrets: bool, expand_connector: bool
) -> list[Any]:
    """The connections with only the requested parts, even if `extra` has kept others."""
    shape = WHOLE_CONNECTION if expand_connector else CONNECTION
    connections = await shape.render(context, rows)
    may_show_settings = include_secrets and context.viewer.may(Scope.SECRETS)
    hidden = [
        name
        for name, is_shown in (("settings", may_show_settings), ("connector", expand_connector))
        if not is_shown
    ]
    for connection in connections:
        for name in hidden:
            connection.pop(name, None)
    return connections
