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
from gateway.resolvers.inputs import Reference, RuleInput, columns_given
from gateway.resolvers.rules import Outcome, rule
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite

CUSTOMER: Final = db.commerce_customers
BATCH: Final = 1000

_BY_ID = Order.of(CUSTOMER, ())


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommerceCustomer(RuleInput):
    """Somebody who buys at a shop."""

    table = CUSTOMER
    connected_account_id: Annotated[str, Reference(db.connected_accounts)]
    external_id: str
    email: str
    accepts_marketing: bool | None = None


@rule(Scope.WRITE)
async def create_commerce_customer(write: ViewerWrite, given: NewCommerceCustomer) -> Outcome:
    """Make a shop's customer known.

    Raises:
        Rejected: the shop's account has a customer of this id.
    """
    same = all_of(
        eq("connected_account_id", given.connected_account_id), eq("external_id", given.external_id)
    )
    page = await write.context.page(CUSTOMER, _BY_ID, Window(1), columns=("id",), where=same)
    taken = ChangeProblem(
        ErrorCode.CONFLICT, "The shop has a customer with this id already.", ("external_id",)
    )
    if page.rows:
        raise Rejected([taken], page.rows[0].id)
    try:
        [customer_id] = await write.insert(CUSTOMER, [columns_given(given)])
    except Refused as refused:
        if refused.rule is not Rule.UNIQUE:
            raise
        raise Rejected([taken]) from None
    write.happened(Event("commerce_customer.created", CUSTOMER.name, customer_id))
    return Outcome(customer_id)


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
