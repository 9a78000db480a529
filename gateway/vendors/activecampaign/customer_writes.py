"""Create, update and delete ActiveCampaign's e-commerce customers.

Source: https://developers.activecampaign.com/reference/create-customer, …/update-customer and …/delete-customer.
"""

from typing import Any, Final, NamedTuple, NotRequired, TypedDict

from gateway.db import tables as db
from gateway.db.tables import ConnectedAccountKind
from gateway.resolvers.commerce_customers import (
    CommerceCustomerChanges,
    CommerceCustomerToDelete,
    NewCommerceCustomer,
    create_commerce_customer,
    delete_commerce_customer,
    update_commerce_customer,
)
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid, NotFound
from gateway.resolvers.rules import perform
from gateway.resolvers.viewer import Scope
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint
from gateway.shapes.given import Given
from gateway.shapes.json_text import Number
from gateway.vendors.activecampaign.customers import (
    COLUMNS,
    NUMBER_PARAMETER,
    TABLE,
    CustomerLinks,
    ListedCustomer,
    customer_row,
    linked,
    listed,
    named,
    not_found,
    single_arguments,
)
from gateway.vendors.activecampaign.probes import Nothing
from gateway.vendors.activecampaign.reads import whole_number
from gateway.vendors.activecampaign.refusals import (
    RELATED,
    TAKEN,
    FieldProblem,
    missing,
    refused_fields,
    wrong,
)
from gateway.vendors.activecampaign.shapes import MAX_NUMBER, switch
from gateway.vendors.activecampaign.writes import Switch, member_object

_CUSTOMER: Final = "customer"
TEXTS: Final = ("connectionid", "externalid", "email")


class NewCustomer(TypedDict):
    connectionid: str | float
    externalid: str | float
    email: str | float
    acceptsMarketing: NotRequired[Switch]


class NewCustomerBody(TypedDict):
    ecomCustomer: NewCustomer


class CustomerChanges(TypedDict, total=False):
    connectionid: str | float
    externalid: str | float
    email: str | float
    acceptsMarketing: Switch


class CustomerChangesBody(TypedDict):
    ecomCustomer: CustomerChanges


class MadeCustomer(TypedDict):
    """The response to creating a customer."""

    connectionid: str
    externalid: str
    email: str
    links: CustomerLinks
    id: str
    connection: str


class OneMadeCustomer(TypedDict):
    ecomCustomer: MadeCustomer


class OneChangedCustomer(TypedDict):
    ecomCustomer: ListedCustomer


class Said(NamedTuple):
    """The members that a body has for a customer; None for an absent member.

    Attributes:
        connection: the number of the customer's connection.
    """

    connection: int | None
    external_id: str | None
    email: str | None
    accepts_marketing: bool | None


class Update(NamedTuple):
    number: int
    said: Said


def new_arguments(call: Call) -> Said:
    """The customer that a body describes.

    Raises:
        Invalid: it is not a JSON object.
        Refusal: 422, members are missing or invalid; all of them are listed.
    """
    return _said(member_object(call, "ecomCustomer") or Given({}, (), []), TEXTS)


def update_arguments(call: Call) -> Update:
    """The customer's number and its changes.

    Raises:
        NotFound: no customer can have this id.
        Invalid: the body is not a JSON object that has a customer.
        Refusal: 422, members are invalid; all of them are listed.
    """
    number = single_arguments(call)
    given = member_object(call, "ecomCustomer")
    if given is None:
        raise Invalid("The body has no customer.")
    return Update(number, _said(given, [each for each in TEXTS if each in given.members]))


def _said(given: Given, wanted: "tuple[str, ...] | list[str]") -> Said:
    """The members of a body. They must not be blank."""
    problems: list[FieldProblem] = []
    texts: dict[str, str] = {}
    for member in wanted:
        value = given.members.get(member)
        if value in (None, ""):
            problems.append(missing(_CUSTOMER, member))
        elif isinstance(value, str | Number):
            texts[member] = value if isinstance(value, str) else value.text
        else:
            problems.append(wrong(_CUSTOMER, member))
    accepts = switch(given, "acceptsMarketing")
    if accepts is None and given.members.get("acceptsMarketing") is not None:
        problems.append(wrong(_CUSTOMER, "acceptsMarketing"))
    number = None
    if not problems and "connectionid" in texts:
        number = whole_number(texts["connectionid"])
        if number is None or not 0 < number <= MAX_NUMBER:
            problems.append(_UNRELATED)
    if problems:
        raise refused_fields(problems)
    return Said(number, texts.get("externalid"), texts.get("email"), accepts)


async def create_customer(context: Context, said: Said) -> OneMadeCustomer:
    """Create a customer, and return it.

    Raises:
        Refusal: 422, there is no such connection.
    """
    number, external_id, email = said.connection, said.external_id, said.email
    assert number is not None
    assert external_id is not None
    assert email is not None
    customer = NewCommerceCustomer(
        connected_account_id=await _account_id(context, number),
        external_id=external_id,
        email=email,
        accepts_marketing=said.accepts_marketing,
    )
    outcome = await perform(context, create_commerce_customer, customer, is_legacy=True)
    [row] = (await context.rows(TABLE, [outcome.object_id], columns=COLUMNS)).values()
    return {"ecomCustomer": {**named(row, number), **linked(row, number)}}  # type: ignore[typeddict-item]


async def update_customer(context: Context, arguments: Update) -> OneChangedCustomer:
    """Update a customer, and return it.

    Raises:
        NotFound: the viewer sees no such customer.
        Refusal: 422, there is no such connection.
    """
    row, said = await customer_row(context, arguments.number), arguments.said
    changes: dict[str, Any] = {
        "external_id": said.external_id,
        "email": said.email,
        "accepts_marketing": said.accepts_marketing,
    }
    if said.connection is not None:
        changes["connected_account_id"] = await _account_id(context, said.connection)
    given = {name: value for name, value in changes.items() if value is not None}
    await perform(
        context, update_commerce_customer, CommerceCustomerChanges(id=row.id, **given), is_legacy=True
    )
    [customer] = await listed(context, [await customer_row(context, arguments.number)])
    return {"ecomCustomer": customer}


async def delete_customer(context: Context, number: int) -> Nothing:
    """Delete a customer.

    Raises:
        NotFound: the viewer sees no such customer.
    """
    row = await customer_row(context, number)
    await perform(context, delete_commerce_customer, CommerceCustomerToDelete(id=row.id), is_legacy=True)
    return {}


async def _account_id(context: Context, number: int) -> str:
    """The id of a connection.

    Raises:
        Refusal: 422, the viewer sees no such connection.
    """
    accounts = await context.rows(db.connected_accounts, [number], columns=("kind",), key="number")
    account = accounts.get(number)
    if account is None or account.kind != ConnectedAccountKind.COMMERCE:
        raise refused_fields([_UNRELATED])
    account_id: str = account.id
    return account_id


_UNRELATED: FieldProblem = ("connectionid", "The connection does not exist.", RELATED)
_NO_CUSTOMER = NotFound(not_found("9"))
_REFUSED = (
    refused_fields([missing(_CUSTOMER, "email")]),
    refused_fields([("externalid", "The shop has this customer already.", TAKEN)]),
    refused_fields([_UNRELATED]),
)

CUSTOMER_WRITES: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="POST",
        path="/ecomCustomers",
        operation_id="create-customer",
        summary="Create a customer",
        arguments=new_arguments,
        answer=create_customer,
        request=NewCustomerBody,
        response=OneMadeCustomer,
        status=201,
        scope=Scope.WRITE,
        refusals=_REFUSED,
    ),
    Endpoint(
        method="PUT",
        path="/ecomCustomers/{id}",
        operation_id="update-customer",
        summary="Update a customer",
        arguments=update_arguments,
        answer=update_customer,
        request=CustomerChangesBody,
        response=OneChangedCustomer,
        scope=Scope.WRITE,
        refusals=(*_REFUSED, _NO_CUSTOMER),
        parameters=(NUMBER_PARAMETER,),
    ),
    Endpoint(
        method="DELETE",
        path="/ecomCustomers/{id}",
        operation_id="delete-customer",
        summary="Delete a customer",
        arguments=single_arguments,
        answer=delete_customer,
        response=Nothing,
        scope=Scope.WRITE,
        refusals=(_NO_CUSTOMER,),
        parameters=(NUMBER_PARAMETER,),
    ),
)
