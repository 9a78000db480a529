"""ApiToken: what a credential allows; the credential itself is shown when it is made and never again."""

from datetime import datetime

from gateway.db import tables as db
from gateway.resolvers.viewer import Scope
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.people import Person
from gateway.schema.rows import column, computed, row_type, row_version
from gateway.schema.scalars import BigInt


def scopes_of(scopes: str) -> list[Scope]:
    return [Scope(each) for each in scopes.split()]


@row_type(
    db.api_tokens,
    description="A credential of the organization; who lacks the scope `admin` sees none.",
)
class ApiToken(Node):
    uuid: str = column("id", description="The record's own id.")
    name: str = column(description="Its name.")
    scopes: list[Scope] = computed(scopes_of, description="The scopes that it has.")
    customer_id: str | None = column(
        description="The customer to whose accounts it is limited; null for the whole organization."
    )
    created_at: datetime = column(description="When it was made.")
    expires_at: datetime | None = column(description="From when on it is no longer believed, if ever.")
    revoked_at: datetime | None = column(description="When it was revoked, if it was.")
    version: BigInt = row_version()
    person: Person | None = to_one(
        db.people, "person_id", description="The person whom it belongs to, if any."
    )
    history: History = history_of(db.api_tokens)
