"""Configurations of connectors, and the customers whose accounts these connect."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final

import orjson

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.filters import eq
from gateway.db.ids import new_ulid
from gateway.db.pages import Window
from gateway.events import Event
from gateway.resolvers.connected_accounts import check_connector
from gateway.resolvers.errors import Conflict
from gateway.resolvers.inputs import (
    ABSENT,
    JsonObject,
    OrAbsent,
    Reference,
    RuleInput,
    columns_changed,
    columns_given,
)
from gateway.resolvers.problems import Problems
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.tokens import NewApiToken, create_api_token
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite

CONFIG: Final = db.connector_configs
CUSTOMER: Final = db.customers
OF_CUSTOMERS: Final = (Scope.READ, Scope.WRITE, Scope.SECRETS)
"""What a customer's token may do, as far as the token does that it is made with."""

ConfigId = Annotated[str, Reference(CONFIG, is_target=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnectorConfig(RuleInput):
    """How a connector is used."""

    table = CONFIG
    connector_name: str
    display_name: str | None = None
    disabled: bool = False
    config: JsonObject | None = None
    metadata: JsonObject | None = None

    def check(self, problems: Problems) -> None:
        """Note a name that no id can hold."""
        check_connector(problems, self.connector_name, "connector_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorConfigChanges(RuleInput):
    """What is to be changed of which configuration."""

    table = CONFIG
    id: ConfigId
    display_name: str | OrAbsent | None = ABSENT
    disabled: bool | OrAbsent = ABSENT
    config: JsonObject | OrAbsent | None = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorConfigToDelete(RuleInput):
    """Which configuration is to go."""

    table = CONFIG
    id: ConfigId


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerToKeep(RuleInput):
    """A customer, known by an id of the organization's own or by a new one."""

    table = CUSTOMER
    id: str | None = None
    metadata: JsonObject | None = None

    def check(self, problems: Problems) -> None:
        """Note an id that names nobody."""
        if self.id is not None and not self.id.strip():
            problems.add("A customer's id must not be blank.", "id")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerToken(RuleInput):
    """Who is to have a token, and for how long it is believed."""

    customer_id: str
    validity_in_seconds: float


@rule(Scope.WRITE)
async def create_connector_config(write: ViewerWrite, given: NewConnectorConfig) -> Outcome:
    """Configure a connector."""
    config = {**columns_given(given), "id": f"ccfg_{given.connector_name}_{new_ulid()}"}
    [config_id] = await write.insert(CONFIG, [config])
    write.happened(Event("connector_config.created", CONFIG.name, config_id))
    return Outcome(config_id)


@rule(Scope.WRITE)
async def update_connector_config(write: ViewerWrite, given: ConnectorConfigChanges) -> Outcome:
    """Change how a connector is used."""
    row = await target(write, CONFIG, given.id)
    changes = columns_changed(given)
    if await write.update_each(CONFIG, {row.id: changes}, before=[row]):
        write.happened(Event("connector_config.updated", CONFIG.name, row.id))
    return Outcome(row.id)


@rule(Scope.WRITE)
async def delete_connector_config(write: ViewerWrite, given: ConnectorConfigToDelete) -> Outcome:
    """Delete a configuration that no account is connected by.

    Raises:
        Rejected: there is no such configuration.
        Conflict: an account is connected by it.
    """
    row = await target(write, CONFIG, given.id, for_deletion=True)
    accounts = db.connected_accounts
    used = await write.context.page(
        accounts, Order.of(accounts, ()), Window(1), columns=("id",), where=eq("connector_config_id", row.id)
    )
    if used.rows:
        raise Conflict("Accounts are connected by this configuration.")
    await write.delete(CONFIG, [row.id])
    write.happened(Event("connector_config.deleted", CONFIG.name, row.id))
    return Outcome(deleted_id=row.id)


@rule(Scope.WRITE)
async def keep_customer(write: ViewerWrite, given: CustomerToKeep) -> Outcome:
    """Make a customer known, or add what is noted of one to what is noted already, member by member."""
    if given.id is not None and await write.context.rows(CUSTOMER, [given.id], columns=("id",)):
        row = await target(write, CUSTOMER, given.id)
        changes: dict[str, Any] = {}
        if given.metadata is not None:
            noted = {**_members(row.metadata or "{}"), **_members(given.metadata)}
            changes = {"metadata": orjson.dumps(noted).decode()}
        if await write.update_each(CUSTOMER, {row.id: changes}, before=[row]):
            write.happened(Event("customer.updated", CUSTOMER.name, row.id))
        return Outcome(row.id)
    customer = {"id": given.id or f"cus_{new_ulid()}", "metadata": given.metadata}
    [customer_id] = await write.insert(CUSTOMER, [customer])
    write.happened(Event("customer.created", CUSTOMER.name, customer_id))
    return Outcome(customer_id)


def _members(text: str) -> dict[str, Any]:
    """The members of a JSON object, whose numbers are written again as they stand there."""
    members: dict[str, Any] = json.loads(text, parse_int=orjson.Fragment, parse_float=orjson.Fragment)
    return members


@rule(Scope.ADMIN, shown_once=("token",))
async def create_customer_token(write: ViewerWrite, given: CustomerToken) -> Outcome:
    """Make a token that is limited to a customer's accounts, and the customer known."""
    await keep_customer(write, CustomerToKeep(id=given.customer_id))
    viewer = write.context.viewer
    token = NewApiToken(
        name=f"Customer {given.customer_id}"[:200],
        scopes=tuple(each for each in OF_CUSTOMERS if viewer.may(each)),
        customer_id=given.customer_id,
        expires_at=write.at + timedelta(seconds=given.validity_in_seconds),
    )
    return await create_api_token(write, token)
