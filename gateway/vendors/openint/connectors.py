"""List OpenInt's connectors.

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
"""The organization's own connectors that are not in the operator's catalogue and that no connection of it uses."""


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
    """The page of the list, and the related objects to include.

    Raises:
        BadInput: all issues, in the order of the vendor's schema.
    """
    given = Input(call)
    limit = given.whole_number("limit", DEFAULT_LIMIT, MAX_LIMIT)
    offset = given.whole_number("offset", 0, MAX_OFFSET)
    expand = given.choices("expand", ("schemas",))
    given.check()
    return ConnectorArguments(limit, offset, bool(expand))


async def list_connectors(context: Context, arguments: ConnectorArguments) -> Connectors:
    """The catalogue and the organization's own connectors, sorted by name.

    `total` counts the whole list. In the vendor's response it counts the page, so that its own clients stop after the
    first page.
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
