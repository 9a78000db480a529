"""List OpenInt's customers: the customers of connections, counted.

Source: packages/api-v1/trpc/routers/customer.ts of https://github.com/openintegrations/openint. It derives the list
from the connections, not from the customers that were stored.
"""

from typing import NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.filters import Where, all_of, any_of, compare, is_in, is_text
from gateway.db.pages import Window
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Forbidden
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint, Parameter
from gateway.vendors.openint.configs import ORGANIZATION_ONLY, for_organizations_alone
from gateway.vendors.openint.connections import CONNECTORS_ALONE
from gateway.vendors.openint.parameters import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_OFFSET,
    Input,
    has_next_page,
    number_issues,
)
from gateway.vendors.openint.reads import LIMIT, OFFSET
from gateway.vendors.openint.refusals import BadInput
from gateway.vendors.openint.shapes import timestamp


class ListedCustomer(TypedDict):
    id: str | None
    connection_count: int
    created_at: str
    updated_at: str


class Customers(TypedDict):
    items: list[ListedCustomer]
    total: int
    limit: int
    offset: int
    has_next_page: bool


class CustomerArguments(NamedTuple):
    limit: int
    offset: int
    search_query: str | None


def list_arguments(call: Call) -> CustomerArguments:
    """The filter and the page of the list.

    Raises:
        BadInput: all issues.
    """
    given = Input(call)
    arguments = CustomerArguments(
        given.whole_number("limit", DEFAULT_LIMIT, MAX_LIMIT),
        given.whole_number("offset", 0, MAX_OFFSET),
        (given.text("search_query") or "").strip() or None,
    )
    given.check()
    return arguments


async def list_customers(context: Context, arguments: CustomerArguments) -> Customers:
    """The customers of connections, sorted by id. Connections without a customer are counted under the id null.

    Raises:
        Forbidden: the token is limited to a customer.
    """
    for_organizations_alone(context)
    window = Window(arguments.limit, offset=arguments.offset)
    rows = await context.groups(db.connected_accounts, "customer_id", window, where=_where(arguments))
    total = rows[0].total if rows else 0
    items: list[ListedCustomer] = [
        {
            "id": row.value,
            "connection_count": row.n,
            "created_at": timestamp(row.earliest),
            "updated_at": timestamp(row.latest),
        }
        for row in rows
    ]
    return {
        "items": items,
        "total": total,
        "limit": arguments.limit,
        "offset": arguments.offset,
        "has_next_page": has_next_page(context, arguments.limit, arguments.offset, total),
    }


def _where(arguments: CustomerArguments) -> Where:
    if (part := arguments.search_query) is None:
        return CONNECTORS_ALONE
    if not is_text(part):
        return is_in("customer_id", [])
    found = any_of(*[compare("contains", name, part) for name in ("customer_id", "service")])
    return all_of(CONNECTORS_ALONE, found)


CUSTOMERS = Endpoint(
    path="/customer",
    operation_id="listCustomers",
    summary="List Customers",
    arguments=list_arguments,
    answer=list_customers,
    response=Customers,
    refusals=(BadInput(number_issues("limit", 5000.0, MAX_LIMIT)), Forbidden(ORGANIZATION_ONLY)),
    parameters=(
        LIMIT,
        OFFSET,
        Parameter(
            name="search_query",
            description="Return only customers whose id, or the name of one of whose connectors, contains this text. "
            "Case is ignored.",
            schema={"type": "string"},
        ),
    ),
)
