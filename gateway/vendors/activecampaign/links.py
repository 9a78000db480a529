"""The targets of the `links` in ActiveCampaign's connections and customers.

Source: its published OpenAPI document has such paths for other resources (`/contacts/{id}/contactLists`,
`/contacts/{id}/organization`). Several objects have the resource's name as their member, one object its own name.
"""

from typing import Any, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.resolvers.context import Context
from gateway.resolvers.errors import NotFound
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint, by_tag_alone
from gateway.vendors.activecampaign import customers, reads
from gateway.vendors.activecampaign.customers import Customers
from gateway.vendors.activecampaign.probes import Meta
from gateway.vendors.activecampaign.reads import OneConnection


class Orders(TypedDict):
    ecomOrders: list[Any]
    meta: Meta


class CustomersOf(NamedTuple):
    """A page of the customers of one connection."""

    connection: int
    listed: customers.ListArguments


def customers_arguments(call: Call) -> CustomersOf:
    """The connection's number, and the page.

    Raises:
        NotFound: no connection can have this id.
    """
    number = reads.single_arguments(call)
    return CustomersOf(number, customers.list_arguments(call)._replace(connection=str(number)))


async def customers_of_connection(context: Context, arguments: CustomersOf) -> Customers:
    """A page of the customers of a shop.

    Raises:
        NotFound: the viewer sees no such connection.
    """
    await reads.get_connection(context, arguments.connection)
    return await customers.list_customers(context, arguments.listed)


async def connection_of_customer(context: Context, number: int) -> OneConnection:
    """The connection that a customer belongs to.

    Raises:
        NotFound: the viewer sees no such customer.
    """
    row = await customers.customer_row(context, number)
    ids = [row.connected_account_id]
    account = (await context.rows(db.connected_accounts, ids, columns=("number",)))[row.connected_account_id]
    return await reads.get_connection(context, account.number)


async def orders_of_customer(context: Context, number: int) -> Orders:
    """An empty list, because the gateway stores no orders.

    Raises:
        NotFound: the viewer sees no such customer.
    """
    await customers.customer_row(context, number)
    return {"ecomOrders": [], "meta": {"total": "0"}}


LINKED: tuple[Endpoint[Any], ...] = (
    Endpoint(
        path="/connections/{id}/customers",
        operation_id="list-customers-of-connection",
        summary="List the customers of a connection",
        arguments=customers_arguments,
        answer=customers_of_connection,
        response=Customers,
        refusals=(NotFound(reads.not_found("9")),),
        parameters=(
            reads.NUMBER_PARAMETER,
            *(each for each in customers.LIST_PARAMETERS if each.name != "filters[connectionid]"),
        ),
    ),
    Endpoint(
        path="/ecomCustomers/{id}/connection",
        operation_id="get-connection-of-customer",
        summary="Retrieve the connection of a customer",
        arguments=customers.single_arguments,
        answer=connection_of_customer,
        repeats=by_tag_alone,
        response=OneConnection,
        refusals=(NotFound(customers.not_found("9")),),
        parameters=(customers.NUMBER_PARAMETER,),
    ),
    Endpoint(
        path="/ecomCustomers/{id}/orders",
        operation_id="list-orders-of-customer",
        summary="List the orders of a customer (always empty)",
        arguments=customers.single_arguments,
        answer=orders_of_customer,
        response=Orders,
        refusals=(NotFound(customers.not_found("9")),),
        parameters=(customers.NUMBER_PARAMETER,),
    ),
)
