"""Person, and Approval: what a person did to a request."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.db import tables as db
from gateway.execution import column, computed
from gateway.schema.connections import Connection, child_list, ordering
from gateway.schema.filters import DateTimeFilter, StringFilter, on_id, option
from gateway.schema.node import Node, to_one

if TYPE_CHECKING:
    from gateway.schema.connection_requests import ConnectionRequest


def full_name(first_name: str | None, last_name: str | None) -> str | None:
    return " ".join(name for name in (first_name, last_name) if name) or None


@strawberry.type(description="The approval of a connection request.")
class Approval(Node):
    uuid: str = column("id", description="The record's own id.")
    approved_at: datetime | None = column(description="When it was given; null where no document says so.")
    created_at: datetime = column(description="When the record was made.")
    person: Annotated["Person", strawberry.lazy("gateway.schema.people")] = to_one(
        db.people, "person_id", description="Who approved."
    )
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(db.connection_requests, "connection_request_id", description="What was approved.")


@strawberry.input(description="Conditions on a person.")
class PersonFilter:
    and_: list["PersonFilter"] | None = option("All of them hold.", name="and")
    or_: list["PersonFilter"] | None = option("At least one of them holds.", name="or")
    not_: "PersonFilter | None" = option("It does not hold.", name="not")
    uuid: StringFilter | None = option("The record's own id.", condition=on_id())
    first_name: StringFilter | None = option("The first name.")
    last_name: StringFilter | None = option("The last name.")
    email: StringFilter | None = option("The e-mail address.")
    phone: StringFilter | None = option("The phone number.")
    job_title: StringFilter | None = option("The job title.")
    created_at: DateTimeFilter | None = option("When the record was made.")


PersonOrder = ordering(
    "Person",
    created_at="When the record was made.",
    last_name="The last name.",
    first_name="The first name.",
    email="The e-mail address.",
)


@strawberry.type(description="A person: somebody who asks for, approves or comments on connection requests.")
class Person(Node):
    uuid: str = column("id", description="The record's own id.")
    first_name: str | None = column(description="The first name.")
    last_name: str | None = column(description="The last name.")
    full_name: str | None = computed(full_name, description="First and last name, as far as they are known.")
    email: str | None = column(description="The e-mail address.")
    phone: str | None = column(description="The phone number as the vendor wrote it.")
    job_title: str | None = column(description="The job title.")
    created_at: datetime = column(description="When the record was made.")
    updated_at: datetime = column(description="When the record was last changed.")
    approvals: Connection[Approval] = child_list(
        db.approvals,
        "person_id",
        default=(("approved_at", True), ("id", True)),
        description="The approvals that the person gave, the latest first.",
    )
    connection_requests: Connection[
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")]
    ] = child_list(
        db.connection_requests,
        "requester_id",
        default=(("requested_at", True), ("id", True)),
        description="The connection requests that the person made, the latest first.",
    )
