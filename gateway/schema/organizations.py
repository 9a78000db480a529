"""Organization, and Viewer: who is asking."""

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


@row_type(db.organizations, description="The organization whose data this is.")
class Organization(Node):
    uuid: str = column("id", description="The record's own id.")
    name: str = column(description="The name.")
    kind: db.OrganizationKind = column(description="Which side of trade it is on.")
    timezone: str = column(description="IANA name of the time zone of its account.")
    forbids_own_approval: bool = computed(
        is_own_approval_forbidden,
        description="Whether nobody may approve a connection request that they made themselves.",
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


@strawberry.type(description="Who you are, and what your token allows.")
class Viewer:
    name: str = computed(shown_name, description="The name of the token.")
    scopes: list[str] = computed(sorted_scopes, description="What the token allows, sorted.")
    customer_id: str | None = computed(
        shown_customer_id,
        description="The customer to whose accounts the token is limited; null for the whole organization.",
    )
    person: Person | None = to_one(
        db.people, "person_id", description="The person whom the token belongs to."
    )
    organization: Organization | None = to_one(
        db.organizations,
        "organization_id",
        description="The organization whose rows the token sees; null where it is limited to a customer.",
    )
