"""Connected accounts: making, changing, disabling and deleting them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.failures import Refused, Rule
from gateway.db.filters import Where, all_of, eq
from gateway.db.ids import new_ulid
from gateway.db.pages import Window
from gateway.db.tables import ConnectedAccountKind, ConnectedAccountStatus
from gateway.events import Event
from gateway.resolvers.commerce_customers import delete_customers_of
from gateway.resolvers.errors import UNPRINTABLE, ChangeProblem, ErrorCode, Rejected
from gateway.resolvers.inputs import (
    ABSENT,
    JsonObject,
    OrAbsent,
    Reference,
    RuleInput,
    VersionedInput,
    columns_changed,
    columns_given,
    said,
)
from gateway.resolvers.problems import Problems
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite

ACCOUNT: Final = db.connected_accounts
TAKEN: Final = "There is an account of this service with this id already."
REFERENCE_TAKEN: Final = "There is an account with this reference already."

_BY_ID = Order.of(ACCOUNT, ())
_STATUS_OF_NEW = {
    ConnectedAccountKind.COMMERCE: ConnectedAccountStatus.HEALTHY,
    ConnectedAccountKind.CONNECTOR: ConnectedAccountStatus.UNKNOWN,
}

AccountId = Annotated[str, Reference(ACCOUNT, is_target=True)]
RequestId = Annotated[str, Reference(db.connection_requests)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnectedAccount(RuleInput):
    """An account that is connected."""

    table = ACCOUNT
    kind: ConnectedAccountKind
    service: str
    external_ref: str | None = said(
        "The id of the account in the API of OpenInt: `conn_`, the connector's name, `_`, and a unique rest. Only "
        "for the kind `CONNECTOR`. Default: a new id.",
        None,
    )
    external_id: str | None = None
    name: str | None = None
    status: ConnectedAccountStatus | None = said(
        "The health of the account. Default: `HEALTHY` for the kind `COMMERCE`, `UNKNOWN` for the kind "
        "`CONNECTOR`.",
        None,
    )
    status_message: str | None = None
    is_syncing: bool = False
    logo_url: str | None = None
    link_url: str | None = None
    list_id: str | None = None
    customer_id: str | None = None
    connector_config_id: str | None = None
    integration_ref: str | None = None
    disabled: bool = False
    metadata: JsonObject | None = None
    settings: JsonObject | None = None
    connection_request_id: RequestId | None = None

    def check(self, problems: Problems) -> None:
        """Note what an account of its kind cannot be called."""
        prefix = _prefix(self.service)
        if self.kind is not ConnectedAccountKind.CONNECTOR:
            _check_service(problems, self.service)
            if self.external_ref is not None:
                problems.add("Only an account of a connector has a reference.", "external_ref")
        elif not check_connector(problems, self.service, "service"):
            return
        elif self.external_ref is not None and not self.external_ref.startswith(prefix):
            problems.add(f"The reference must start with {prefix}, as its connector has it.", "external_ref")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedAccountChanges(VersionedInput):
    """What is to be changed of which account."""

    table = ACCOUNT
    id: AccountId = said("The global id of the account.")
    service: str | OrAbsent = ABSENT
    external_id: str | OrAbsent | None = ABSENT
    name: str | OrAbsent | None = ABSENT
    status: ConnectedAccountStatus | OrAbsent = ABSENT
    status_message: str | OrAbsent | None = ABSENT
    is_syncing: bool | OrAbsent = ABSENT
    logo_url: str | OrAbsent | None = ABSENT
    link_url: str | OrAbsent | None = ABSENT
    list_id: str | OrAbsent | None = ABSENT
    customer_id: str | OrAbsent | None = ABSENT
    connector_config_id: str | OrAbsent | None = ABSENT
    integration_ref: str | OrAbsent | None = ABSENT
    disabled: bool | OrAbsent = ABSENT
    metadata: JsonObject | OrAbsent | None = ABSENT
    settings: JsonObject | OrAbsent | None = ABSENT
    connection_request_id: RequestId | OrAbsent | None = ABSENT

    def check(self, problems: Problems) -> None:
        """Note that the service must have a name."""
        if self.service is not ABSENT:
            _check_service(problems, self.service)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountToDisable(VersionedInput):
    """Which account is to be switched off."""

    table = ACCOUNT
    id: AccountId = said("The global id of the account.")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountToDelete(VersionedInput):
    """Which account is to go."""

    table = ACCOUNT
    id: AccountId = said("The global id of the account.")


@rule(Scope.WRITE)
async def create_connected_account(write: ViewerWrite, given: NewConnectedAccount) -> Outcome:
    """Connect an account; one made with a customer's token is that customer's.

    Raises:
        Rejected: another account has its id in the service, or its reference.
    """
    account: dict[str, Any] = {
        **columns_given(given),
        "external_id": given.external_id or None,  # no id, which other accounts may lack as well
        "status": given.status or _STATUS_OF_NEW[given.kind],
        "is_internal": False,
    }
    if given.customer_id is None:
        del account["customer_id"]  # a customer's token puts in its own
    if given.kind is ConnectedAccountKind.CONNECTOR and given.external_ref is None:
        account["external_ref"] = _prefix(given.service) + new_ulid()
    await _check_free(write, account)
    with _seeking_twins(account):
        [account_id] = await write.insert(ACCOUNT, [account])
        await write.send()
    write.happened(Event("connected_account.created", ACCOUNT.name, account_id))
    return Outcome(account_id)


@rule(Scope.WRITE)
async def update_connected_account(write: ViewerWrite, given: ConnectedAccountChanges) -> Outcome:
    """Correct an account.

    Raises:
        Rejected: there is no such account, it has another version by now, another account has its id in the service, or
            its connector would be another one.
    """
    row = await target(write, ACCOUNT, given.id, expected=given.expected_version)
    changes = columns_changed(given)
    if changes.get("external_id") == "":
        changes["external_id"] = None
    is_moved = changes.get("service", row.service) != row.service
    if is_moved and row.kind == ConnectedAccountKind.CONNECTOR:
        message = "The service of this account cannot be changed: it is the connector in its reference."
        raise Rejected([ChangeProblem(ErrorCode.BAD_USER_INPUT, message, ("service",))])
    if is_moved or changes.get("external_id", row.external_id) != row.external_id:
        named = {"service": row.service, "external_id": row.external_id, **changes}
        await _check_free(write, {name: named[name] for name in ("service", "external_id")})
    with _seeking_twins(changes):
        is_changed = await write.update_each(ACCOUNT, {row.id: changes}, before=[row])
        await write.send()
    if is_changed:
        write.happened(Event("connected_account.updated", ACCOUNT.name, row.id))
    return Outcome(row.id)


@rule(Scope.WRITE)
async def disable_connected_account(write: ViewerWrite, given: AccountToDisable) -> Outcome:
    """Switch an account off, so that nothing uses it; it stays, and an update switches it on again."""
    row = await target(write, ACCOUNT, given.id, expected=given.expected_version)
    if await write.update_each(ACCOUNT, {row.id: {"disabled": True}}, before=[row]):
        write.happened(Event("connected_account.disabled", ACCOUNT.name, row.id))
    return Outcome(row.id)


@rule(Scope.WRITE)
async def delete_connected_account(write: ViewerWrite, given: AccountToDelete) -> Outcome:
    """Delete an account with the credentials that it keeps; a shop's goes with its customers."""
    row = await target(write, ACCOUNT, given.id, expected=given.expected_version, for_deletion=True)
    is_shop = row.kind == ConnectedAccountKind.COMMERCE
    customers = await delete_customers_of(write, row.id) if is_shop else 0
    await write.delete(ACCOUNT, [row.id])
    gone = {"CommerceCustomer": customers} if customers else {}
    write.happened(Event("connected_account.deleted", ACCOUNT.name, row.id, {"with": gone}))
    return Outcome(deleted_id=row.id, deleted_with_it=gone)


def check_connector(problems: Problems, name: str, member: str) -> bool:
    """Note a connector's name that cannot stand in the ids that are made of it; whether it can."""
    if not name.strip() or "_" in name or UNPRINTABLE.search(name):
        problems.add("A connector's name is one line of text without an underscore.", member)
        return False
    return True


def _prefix(connector: str) -> str:
    return f"conn_{connector}_"


def _check_service(problems: Problems, service: str) -> None:
    if not service.strip():
        problems.add("The service must have a name.", "service")


# What only one account may have


async def _check_free(write: ViewerWrite, account: dict[str, Any]) -> None:
    """Refuse the ids of an account that another one has, and say which, if the viewer sees it.

    Raises:
        Rejected: it is taken.
    """
    if account["external_id"] is not None:
        same = all_of(eq("service", account["service"]), eq("external_id", account["external_id"]))
        if (twin := await _twin(write, same)) is not None:
            raise _taken(TAKEN, "external_id", twin)
    reference = account.get("external_ref")
    if reference is not None and (twin := await _twin(write, eq("external_ref", reference))) is not None:
        raise _taken(REFERENCE_TAKEN, "external_ref", twin)


async def _twin(write: ViewerWrite, where: Where) -> str | None:
    page = await write.context.page(ACCOUNT, _BY_ID, Window(1), columns=("id",), where=where)
    return page.rows[0].id if page.rows else None


@contextmanager
def _seeking_twins(account: dict[str, Any]) -> Iterator[None]:
    """Say as `_check_free` does what the store refuses: an account that another writer makes now, or hidden ones."""
    try:
        yield
    except Refused as refused:
        if refused.rule is not Rule.UNIQUE:
            raise
        if account.get("external_id") is None and account.get("external_ref") is not None:
            raise _taken(REFERENCE_TAKEN, "external_ref") from None
        raise _taken(TAKEN, "external_id") from None


def _taken(message: str, member: str, twin: str | None = None) -> Rejected:
    return Rejected([ChangeProblem(ErrorCode.CONFLICT, message, (member,))], twin)
