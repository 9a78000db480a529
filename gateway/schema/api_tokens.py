"""ApiToken: the name, scopes and dates of a token. The secret text itself is shown only when the token is created."""

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
    description="An API token of the organization: a bearer credential. Only tokens with the scope `admin` can see it.",
)
class ApiToken(Node):
    uuid: str = column("id", description="The record's own id. It is not the secret text of the token.")
    name: str = column(description="The token's name, one line of text, such as `nightly import`.")
    scopes: list[Scope] = computed(scopes_of, description="What the token allows.")
    customer_id: str | None = column(
        description="Limits the token to the connected accounts of this customer. Null: the token is not limited."
    )
    created_at: datetime = column(description="When the token was created.")
    expires_at: datetime | None = column(description="When the token expires. Null: it does not expire.")
    revoked_at: datetime | None = column(description="When the token was revoked. Null: it is not revoked.")
    version: BigInt = row_version()
    person: Person | None = to_one(
        db.people,
        "person_id",
        description="The person for whom the token acts. Null: it acts for no person, so it cannot approve or deny "
        "requests.",
    )
    history: History = history_of(db.api_tokens)
