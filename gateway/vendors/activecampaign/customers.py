"""List and read ActiveCampaign's e-commerce customers.

Source: https://developers.activecampaign.com/reference/list-all-customers and …/get-customer. The gateway stores no
orders, so all totals of orders are zero.
"""

from typing import Any, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.filters import NOTHING, Where, all_of, eq, is_text
from gateway.db.pages import Window
from gateway.db.statements import Row
from gateway.resolvers.context import Context
from gateway.resolvers.errors import NotFound
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint, Parameter
from gateway.vendors.activecampaign.probes import Meta
from gateway.vendors.activecampaign.reads import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET, whole_number
from gateway.vendors.activecampaign.shapes import MAX_NUMBER, date

TABLE = db.commerce_customers
COLUMNS = tuple(TABLE.c.keys())
BY_NUMBER = Order.of(TABLE, (("number", False),))
REQUIRED = ("connectionid", "externalid", "email")


class CustomerLinks(TypedDict):
    connection: str
    orders: str


class ListedCustomer(TypedDict):
    """An item of the list."""

    connectionid: str
    externalid: str
    email: str
    totalRevenue: str
    totalOrders: str
    totalProducts: str
    avgRevenuePerOrder: str
    avgProductCategory: str
    tstamp: str
    links: CustomerLinks
    id: str
    connection: str


class WholeCustomer(TypedDict):
    """The response to reading one customer."""

    connectionid: str
    externalid: str
    email: str
    totalRevenue: str
    totalOrders: str
    totalProducts: str
    avgRevenuePerOrder: str
    avgProductCategory: str
    tstamp: str
    acceptsMarketing: str
    links: CustomerLinks
    id: str
    connection: str


class OneCustomer(TypedDict):
    ecomCustomer: WholeCustomer


class Customers(TypedDict):
    ecomCustomers: list[ListedCustomer]
    meta: Meta


class ListArguments(NamedTuple):
    limit: int
    offset: int
    email: str | None
    external_id: str | None
    connection: str | None


def list_arguments(call: Call) -> ListArguments:
    """The filters and the page of a list. Sizes are clamped to their bounds; empty filters are ignored."""
    limit, offset = (whole_number(call.parameter(name)) for name in ("limit", "offset"))
    email, external_id, connection = (
        call.parameter(f"filters[{name}]") or None for name in ("email", "externalid", "connectionid")
    )
    return ListArguments(
        min(limit or DEFAULT_LIMIT, MAX_LIMIT), min(offset or 0, MAX_OFFSET), email, external_id, connection
    )


async def list_customers(context: Context, arguments: ListArguments) -> Customers:
    where = await _where(context, arguments)
    window = Window(arguments.limit, offset=arguments.offset)
    page = await context.page(TABLE, BY_NUMBER, window, columns=COLUMNS, where=where, total_count=True)
    total = await context.length(page, where)
    return {"ecomCustomers": await listed(context, page.rows), "meta": {"total": str(total)}}


async def listed(context: Context, rows: list[Row]) -> list[ListedCustomer]:
    """The customers in the form of the list. An updated customer has the same form."""
    timezone = context.viewer.timezone
    customers: list[Any] = [
        {**named(row, number), **_summed(row, timezone), **linked(row, number)}
        for row, number in zip(rows, await _numbers(context, rows), strict=True)
    ]
    return customers


async def _where(context: Context, arguments: ListArguments) -> Where:
    conditions: list[Where] = []
    for column, value in (("email", arguments.email), ("external_id", arguments.external_id)):
        if value is not None:
            conditions.append(eq(column, value) if is_text(value) else NOTHING)
    if arguments.connection is not None:
        number = whole_number(arguments.connection)
        wanted = [number] if number is not None and number <= MAX_NUMBER else []
        accounts = await context.rows(db.connected_accounts, wanted, columns=("id",), key="number")
        conditions += [eq("connected_account_id", each.id) for each in accounts.values()] or [NOTHING]
    return all_of(*conditions)


def single_arguments(call: Call) -> int:
    """The customer's number in the path.

    Raises:
        NotFound: no customer can have this id.
    """
    number = whole_number(call.path["id"])
    if number is None or not 0 < number <= MAX_NUMBER:
        raise NotFound(not_found(call.path["id"]))
    return number


async def get_customer(context: Context, number: int) -> OneCustomer:
    """One customer in the vendor's form.

    Raises:
        NotFound: the viewer sees no such customer.
    """
    row = await customer_row(context, number)
    [connection] = await _numbers(context, [row])
    customer: Any = {
        **named(row, connection),
        **_summed(row, context.viewer.timezone),
        "acceptsMarketing": "1" if row.accepts_marketing else "0",
        **linked(row, connection),
    }
    return {"ecomCustomer": customer}


async def customer_row(context: Context, number: int) -> Row:
    """The row of a customer.

    Raises:
        NotFound: the viewer sees no such customer.
    """
    row = (await context.rows(TABLE, [number], columns=COLUMNS, key="number")).get(number)
    if row is None:
        raise NotFound(not_found(str(number)))
    return row


async def _numbers(context: Context, rows: list[Row]) -> list[int]:
    """The number of each customer's connection."""
    ids = {row.connected_account_id for row in rows}
    found = await context.rows(db.connected_accounts, ids, columns=("number",)) if ids else {}
    return [found[row.connected_account_id].number for row in rows]


def named(row: Row, connection: int) -> dict[str, Any]:
    return {"connectionid": str(connection), "externalid": row.external_id, "email": row.email}


def _summed(row: Row, timezone: str) -> dict[str, Any]:
    return {
        "totalRevenue": "0",
        "totalOrders": "0",
        "totalProducts": "0",
        "avgRevenuePerOrder": "0",
        "avgProductCategory": "",
        "tstamp": date(row.updated_at, timezone),
    }


def linked(row: Row, connection: int) -> dict[str, Any]:
    links = {name: f"/api/3/ecomCustomers/{row.number}/{name}" for name in ("connection", "orders")}
    return {"links": links, "id": str(row.number), "connection": str(connection)}


def not_found(number: str) -> str:
    return f"No Result found for EcomCustomer with id {number}"


_TEXT = {"type": "string"}
NUMBER_PARAMETER = Parameter(
    name="id", description="The id of the customer, a decimal number.", schema=_TEXT, place="path"
)

LIST_PARAMETERS = (
    *(
        Parameter(
            name=f"filters[{name}]", description=f"Return only customers with this {what}.", schema=_TEXT
        )
        for name, what in (
            ("email", "e-mail address"),
            ("externalid", "id in the external service"),
            ("connectionid", "connection, by its id"),
        )
    ),
    Parameter(
        name="limit",
        description=f"The number of customers on a page. A value above {MAX_LIMIT} is reduced to {MAX_LIMIT}.",
        schema={"default": DEFAULT_LIMIT},
    ),
    Parameter(
        name="offset", description="How many customers to skip before the page.", schema={"default": 0}
    ),
)

CUSTOMER_READS: tuple[Endpoint[Any], ...] = (
    Endpoint(
        path="/ecomCustomers",
        operation_id="list-all-customers",
        summary="List all customers",
        arguments=list_arguments,
        answer=list_customers,
        response=Customers,
        parameters=LIST_PARAMETERS,
    ),
    Endpoint(
        path="/ecomCustomers/{id}",
        operation_id="get-customer",
        summary="Retrieve a customer",
        arguments=single_arguments,
        answer=get_customer,
        response=OneCustomer,
        refusals=(NotFound(not_found("9")),),
        parameters=(NUMBER_PARAMETER,),
    ),
)
