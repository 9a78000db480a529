"""Organization, and Viewer: the caller."""

from datetime import datetime

import strawberry

from gateway.db import tables as db
from gateway.resolvers.context import Context
from gateway.resolvers.shown import shown_text
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.people import Person
from gateway.schema.rows import column, computed, row_type, row_version
from gateway.schema.scalars import BigInt


def is_own_approval_forbidden(forbids_own_approval: bool | None) -> bool:
    return bool(forbids_own_approval)


@row_type(
    db.organizations,
    description="The organization that owns the data. Each token belongs to exactly one organization.",
)
class Organization(Node):
    uuid: str = column("id", description="The record's own id.")
    name: str = column(description="The name of the organization.")
    kind: db.OrganizationKind = column(description="The role of the organization in trade.")
    timezone: str = column(
        description="The organization's time zone: an IANA name such as `America/Chicago`. Cron expressions are read "
        "in this time zone."
    )
    forbids_own_approval: bool = computed(
        is_own_approval_forbidden,
        description="Whether people are forbidden to approve their own connection requests.",
    )
    created_at: datetime = column(description="When the record was created.")
    updated_at: datetime = column(description="When the record was last changed.")
    version: BigInt = row_version()
    history: History = history_of(db.organizations)


def shown_name(name: str, *, context: Context) -> str:
    return shown_text(name, context.viewer)


def shown_customer_id(customer_id: str | None, *, context: Context) -> str | None:
    return None if customer_id is None else shown_text(customer_id, context.viewer)


def sorted_scopes(scopes: frozenset[str]) -> list[str]:
    return sorted(scopes)


@strawberry.type(description="The token with which you send requests: who you are, and what it allows.")
class Viewer:
    name: str = computed(shown_name, description="The name of your token.")
    scopes: list[str] = computed(
        sorted_scopes,
        description="The scopes of your token, sorted by name, such as `approve`, `read` and `write`.",
    )
    customer_id: str | None = computed(
        shown_customer_id,
        description="The customer to whose connected accounts your token is limited. Null: your token is not limited.",
    )
    person: Person | None = to_one(
        db.people,
        "person_id",
        description="The person to whom your token belongs. Null if it belongs to no person.",
    )
    organization: Organization | None = to_one(
        db.organizations,
        "organization_id",
        description="The organization whose data you see. Null if your token is limited to a customer.",
    )
