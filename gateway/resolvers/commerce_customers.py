"""The customers of shops whose accounts are connected."""

from dataclasses import dataclass
from typing import Annotated, Final

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.failures import Refused, Rule
from gateway.db.filters import all_of, eq
from gateway.db.pages import Window
from gateway.events import Event
from gateway.resolvers.errors import ChangeProblem, ErrorCode, Rejected
from gateway.resolvers.inputs import ABSENT, OrAbsent, Reference, RuleInput, columns_changed, columns_given
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite

CUSTOMER: Final = db.commerce_customers
BATCH: Final = 1000

TAKEN: Final = ChangeProblem(ErrorCode.CONFLICT, "The shop has this customer already.", ("external_id",))

_BY_ID = Order.of(CUSTOMER, ())

CustomerId = Annotated[str, Reference(CUSTOMER, is_target=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommerceCustomer(RuleInput):
    """Somebody who buys at a shop."""

    table = CUSTOMER
    connected_account_id: Annotated[str, Reference(db.connected_accounts)]
    external_id: str
    email: str
    accepts_marketing: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommerceCustomerChanges(RuleInput):
    """What is to be changed of which customer."""

    table = CUSTOMER
    id: CustomerId
    connected_account_id: Annotated[str, Reference(db.connected_accounts)] | OrAbsent = ABSENT
    external_id: str | OrAbsent = ABSENT
    email: str | OrAbsent = ABSENT
    accepts_marketing: bool | OrAbsent | None = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class CommerceCustomerToDelete(RuleInput):
    """Which customer is to go."""

    table = CUSTOMER
    id: CustomerId


@rule(Scope.WRITE)
async def create_commerce_customer(write: ViewerWrite, given: NewCommerceCustomer) -> Outcome:
    """Make a shop's customer known.

    Raises:
        Rejected: the shop's account has a customer of this id and e-mail address.
    """
    same = all_of(
        eq("connected_account_id", given.connected_account_id),
        eq("external_id", given.external_id),
        eq("email", given.email),
    )
    page = await write.context.page(CUSTOMER, _BY_ID, Window(1), columns=("id",), where=same)
    if page.rows:
        raise Rejected([TAKEN], page.rows[0].id)
    try:
        [customer_id] = await write.insert(CUSTOMER, [columns_given(given)])
        await write.send()
    except Refused as refused:
        if refused.rule is not Rule.UNIQUE:
            raise
        raise Rejected([TAKEN]) from None
    write.happened(Event("commerce_customer.created", CUSTOMER.name, customer_id))
    return Outcome(customer_id)


@rule(Scope.WRITE)
async def update_commerce_customer(write: ViewerWrite, given: CommerceCustomerChanges) -> Outcome:
    """Correct what is known of a shop's customer.

    Raises:
        Rejected: there is no such customer, or the shop's account has another one like it.
    """
    row = await target(write, CUSTOMER, given.id)
    try:
        is_changed = await write.update_each(CUSTOMER, {row.id: columns_changed(given)}, before=[row])
        await write.send()
    except Refused as refused:
        if refused.rule is not Rule.UNIQUE:
            raise
        raise Rejected([TAKEN]) from None
    if is_changed:
        write.happened(Event("commerce_customer.updated", CUSTOMER.name, row.id))
    return Outcome(row.id)


@rule(Scope.WRITE)
async def delete_commerce_customer(write: ViewerWrite, given: CommerceCustomerToDelete) -> Outcome:
    """Forget a shop's customer."""
    row = await target(write, CUSTOMER, given.id, for_deletion=True)
    await write.delete(CUSTOMER, [row.id])
    write.happened(Event("commerce_customer.deleted", CUSTOMER.name, row.id))
    return Outcome(deleted_id=row.id)


async def delete_customers_of(write: ViewerWrite, account_id: str) -> int:
    """Delete every customer of a shop's account, which is to go, and say how many there were."""
    gone = 0
    while True:
        page = await write.context.page(
            CUSTOMER, _BY_ID, Window(BATCH), columns=("id",), where=eq("connected_account_id", account_id)
        )
        if not page.rows:
            break
        gone += await write.delete(CUSTOMER, [each.id for each in page.rows])
    if gone:
        write.happened(
            Event(
                "commerce_customer.deleted",
                CUSTOMER.name,
                data={"rows": {str(CUSTOMER.name): {"removed": gone}}},
            )
        )
    return gone
