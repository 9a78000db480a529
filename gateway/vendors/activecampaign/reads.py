"""Read ActiveCampaign's connections.

Sources: https://developers.activecampaign.com/reference/list-all-connections, …/get-connection, …/pagination and
…/ordering-and-filtering. As in PHP, the last value of a repeated parameter counts, at the place of the first one.
"""

import re
from typing import Any, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.filters import Where, all_of, eq, is_in, is_text
from gateway.db.pages import Window
from gateway.db.tables import ConnectedAccountKind
from gateway.resolvers.context import Context
from gateway.resolvers.errors import NotFound
from gateway.resolvers.kinds import one_of_kind
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint, Parameter, by_tag_alone
from gateway.vendors.activecampaign.probes import Meta
from gateway.vendors.activecampaign.refusals import bad_directions
from gateway.vendors.activecampaign.shapes import (
    CONNECTION,
    MAX_DIGITS,
    MAX_NUMBER,
    SINGLE_CONNECTION,
    Connection,
    SingleConnection,
)

DEFAULT_LIMIT, MAX_LIMIT = 20, 100
MAX_OFFSET = 2**31 - 1  # no list is longer

COMMERCE = eq("kind", ConnectedAccountKind.COMMERCE.value)
FILTERS = {"service": "service", "externalid": "external_id"}
"""Columns by the name in ``filters[…]``. Other names are ignored, as in ActiveCampaign.

Published clients also send these names without the brackets to find one connection.
"""
VARIABLES = {"service": "service", "external_id": "externalId"}
"""Variables of the GraphQL document by the column of the filter."""
ORDERS = {
    "id": "number",
    "service": "service",
    "externalid": "external_id",
    "name": "name",
    "status": "status",  # by their names, too, the failing ones come first
    "lastSync": "last_synced_at",
    "cdate": "created_at",
    "udate": "updated_at",
}
"""Columns by the name in ``orders[…]``. Other names are ignored."""
BY_NUMBER = Order.of(db.connected_accounts, (("number", False),))
DIRECTIONS = {"ASC": False, "DESC": True}

_WHOLE_NUMBER = re.compile(r"[0-9]+")
_BRACKETED = re.compile(r"(filters|orders)\[(\w+)\]", re.ASCII)


class Connections(TypedDict):
    connections: list[Connection]
    meta: Meta


class OneConnection(TypedDict):
    connection: SingleConnection


class ListArguments(NamedTuple):
    """The filters, the order and the page of a list.

    Attributes:
        filters: pairs of a column and the value that it must equal.
        orders: pairs of a column and whether it descends. The order is total, because numbers are unique.
    """

    limit: int
    offset: int
    filters: tuple[tuple[str, str], ...]
    orders: tuple[tuple[str, bool], ...]


def list_arguments(call: Call) -> ListArguments:
    """The arguments of a list. Sizes are clamped to their bounds; empty filters and orders are ignored.

    Raises:
        Refusal: 422, the direction of an order is invalid.
    """
    bare = {name: value for name, value in call.query if name in FILTERS}
    given: dict[str, dict[str, str]] = {"filters": bare, "orders": {}}
    for name, value in call.query:
        if match := _BRACKETED.fullmatch(name):
            given[match[1]][match[2]] = value
    limit, offset = (whole_number(call.parameter(name)) for name in ("limit", "offset"))
    return ListArguments(
        limit=min(limit or DEFAULT_LIMIT, MAX_LIMIT),
        offset=min(offset or 0, MAX_OFFSET),
        filters=tuple(
            (column, given["filters"][name]) for name, column in FILTERS.items() if given["filters"].get(name)
        ),
        orders=_orders(given["orders"]),
    )


def _orders(given: dict[str, str]) -> tuple[tuple[str, bool], ...]:
    known = {name: direction for name, direction in given.items() if name in ORDERS and direction}
    wrong = {name: direction for name, direction in known.items() if direction.upper() not in DIRECTIONS}
    if wrong:
        raise bad_directions(wrong)
    orders = {ORDERS[name]: DIRECTIONS[direction.upper()] for name, direction in known.items()}
    orders.setdefault("number", False)
    return tuple(orders.items())


async def list_connections(context: Context, arguments: ListArguments) -> Connections:
    where = all_of(COMMERCE, *[_equals(column, value) for column, value in arguments.filters])
    page = await context.page(
        db.connected_accounts,
        Order.of(db.connected_accounts, arguments.orders),
        Window(arguments.limit, offset=arguments.offset),
        columns=CONNECTION.columns,
        where=where,
        total_count=True,
    )
    total = await context.length(page, where)
    connections: list[Any] = await CONNECTION.render(context, page.rows)
    return {"connections": connections, "meta": {"total": str(total)}}


def _equals(column: str, value: str) -> Where:
    return eq(column, value) if is_text(value) else is_in(column, [])


def list_variables(arguments: ListArguments) -> dict[str, Any]:
    variables: dict[str, Any] = {"first": arguments.limit, "offset": arguments.offset}
    for column, value in arguments.filters:
        variables[VARIABLES[column]] = {"eq": value} if is_text(value) else {"in": []}
    variables["orderBy"] = [
        {"field": column.upper(), "direction": "DESC" if descends else "ASC"}
        for column, descends in arguments.orders
    ]
    return variables


def single_arguments(call: Call) -> int:
    """The connection's number in the path.

    Raises:
        NotFound: no connection can have this id.
    """
    text = call.path["id"]
    number = whole_number(text)
    if number is None or not 0 < number <= MAX_NUMBER:
        raise NotFound(not_found(text))
    return number


async def get_connection(context: Context, number: int) -> OneConnection:
    """One connection in the vendor's form.

    Raises:
        NotFound: the viewer sees no such account, or it is not an account in a shop system.
    """
    row = await one_of_kind(
        context,
        number,
        ConnectedAccountKind.COMMERCE,
        columns=SINGLE_CONNECTION.columns,
        by="number",
        missing=not_found(str(number)),
    )
    [connection] = await SINGLE_CONNECTION.render(context, [row])
    return {"connection": connection}


def single_variables(number: int) -> dict[str, Any]:
    return {"number": number}


def not_found(number: str) -> str:
    """The message for a connection that does not exist."""
    return f"No Result found for Connection with id {number}"


def whole_number(text: str | None) -> int | None:
    """An integer without a sign, at most MAX_NUMBER + 1; None for any other value."""
    digits = (text or "").strip()
    if not _WHOLE_NUMBER.fullmatch(digits):
        return None
    significant = digits.lstrip("0") or "0"
    if len(significant) > MAX_DIGITS:
        return MAX_NUMBER + 1
    return min(int(significant), MAX_NUMBER + 1)


_TEXT = {"type": "string"}
# In upper or lower case; a blank one is no order.
_DIRECTION = {"type": "string", "pattern": "^([Aa][Ss][Cc]|[Dd][Ee][Ss][Cc])?$"}
NUMBER_PARAMETER = Parameter(
    name="id",
    description="The id of the connection, a decimal number.",
    schema=_TEXT,
    place="path",
    shown=("activecampaign-connections.json", "connections", 0, "id"),
)

READS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        path="/connections",
        operation_id="list-all-connections",
        summary="List all connections",
        arguments=list_arguments,
        answer=list_connections,
        repeats=by_tag_alone,
        response=Connections,
        document="connections",
        variables=list_variables,
        example="activecampaign-connections.json",
        refusals=(bad_directions({"service": "DOWN"}),),
        parameters=(
            Parameter(
                name="filters[service]",
                description="Return only connections of this service, such as `shopify`.",
                schema=_TEXT,
            ),
            Parameter(
                name="filters[externalid]",
                description="Return only the connections with this id in the external service, such as "
                "`foo.myshopify.com`.",
                schema=_TEXT,
            ),
            *(
                Parameter(name=name, description=f"Same as `filters[{name}]`.", schema=_TEXT)
                for name in FILTERS
            ),
            Parameter(
                name="limit",
                description=(
                    f"The number of connections on a page: an integer. A value above {MAX_LIMIT} is reduced to "
                    f"{MAX_LIMIT}. Other values are ignored."
                ),
                schema={"default": DEFAULT_LIMIT},
            ),
            Parameter(
                name="offset",
                description=(
                    "How many connections to skip before the page: an integer. Other values are ignored."
                ),
                schema={"default": 0},
            ),
            *(
                Parameter(
                    name=f"orders[{name}]",
                    description="Sort by this member: `ASC` or `DESC`. If there are several, the first one in the URL "
                    "takes precedence.",
                    schema=_DIRECTION,
                )
                for name in ORDERS
            ),
        ),
    ),
    Endpoint(
        path="/connections/{id}",
        operation_id="get-connection",
        summary="Retrieve a connection",
        arguments=single_arguments,
        answer=get_connection,
        repeats=by_tag_alone,
        response=OneConnection,
        document="connection",
        variables=single_variables,
        refusals=(NotFound(not_found("9")),),
        parameters=(NUMBER_PARAMETER,),
    ),
)
