"""OpenInt's connectors: the list of them.

Source: packages/api-v1/trpc/routers/connector.ts of https://github.com/openintegrations/openint.
"""

from typing import Any, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.filters import all_of, compare, negate, some
from gateway.db.pages import Window
from gateway.resolvers.context import Context
from gateway.rest.calls import Call
from gateway.vendors.openint.parameters import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, Input, has_next_page
from gateway.vendors.openint.shapes import CONNECTOR, Connector

BY_NAME = Order.of(db.connectors, ())
ALONE = all_of(compare("ne", "organization_id", db.CATALOGUE), negate(some(db.connected_accounts, "service")))
"""What the organization has of its own, beside the operator's catalogue, and no connection of it shows."""


class Connectors(TypedDict):
    items: list[Connector]
    total: int
    limit: int
    offset: int
    has_next_page: bool


class ConnectorArguments(NamedTuple):
    limit: int
    offset: int
    expand_schemas: bool


def connector_arguments(call: Call) -> ConnectorArguments:
    """Which connectors are wanted, and what of them.

    Raises:
        BadInput: with every issue, in the order of the vendor's schema.
    """
    given = Input(call)
    limit = given.whole_number("limit", DEFAULT_LIMIT, MAX_LIMIT)
    offset = given.whole_number("offset", 0, MAX_OFFSET)
    expand = given.choices("expand", ("schemas",))
    given.check()
    return ConnectorArguments(limit, offset, bool(expand))


async def list_connectors(context: Context, arguments: ConnectorArguments) -> Connectors:
    """The catalogue and the organization's own connectors, by name.

    `total` is that of the whole list: the vendor's is the page's, and its own clients stop after the first page.
    """
    page = await context.page(
        db.connectors,
        BY_NAME,
        Window(arguments.limit, offset=arguments.offset),
        columns=CONNECTOR.columns,
        total_count=True,
    )
    items = await CONNECTOR.render(context, page.rows)
    if not arguments.expand_schemas:
        items = [{name: value for name, value in item.items() if name != "schemas"} for item in items]
    total = await context.length(page) if items else 0
    return {
        "items": items,
        "total": total,
        "limit": arguments.limit,
        "offset": arguments.offset,
        "has_next_page": has_next_page(context, arguments.limit, arguments.offset, total),
    }


def connector_variables(arguments: ConnectorArguments) -> dict[str, Any]:
    return {
        "first": arguments.limit,
        "offset": arguments.offset,
        "expandSchemas": arguments.expand_schemas,
    }
