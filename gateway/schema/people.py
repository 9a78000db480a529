"""Person, and Approval: a person's approval of a request."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from gateway.db import tables as db
from gateway.db.filters import FULL_NAME, Where
from gateway.resolvers.context import Context
from gateway.schema.comparisons import StringFilter
from gateway.schema.connections import Connection, child_list
from gateway.schema.histories import History, history_of
from gateway.schema.node import Node, to_one
from gateway.schema.rows import column, computed, filter_of, order_of, own_uuid, row_type, row_version
from gateway.schema.scalars import BigInt

if TYPE_CHECKING:
    from gateway.schema.connection_requests import (
        ConnectionRequest,
        ConnectionRequestFilter,
        ConnectionRequestOrder,
    )

_LATER = strawberry.lazy("gateway.schema.connection_requests")


def full_name(first_name: str | None, last_name: str | None) -> str | None:
    return " ".join(name for name in (first_name, last_name) if name) or None


async def by_full_name(context: Context, given: StringFilter) -> Where:
    where: Where = given.where(FULL_NAME)
    return where


@row_type(db.approvals, description="The approval of a connection request by a person.")
class Approval(Node):
    uuid: str = own_uuid(filters=True)
    approved_at: datetime | None = column(
        description="When the request was approved. Null if unknown.", filters=True, orders=True
    )
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    person: Annotated["Person", strawberry.lazy("gateway.schema.people")] = to_one(
        db.people, "person_id", description="The person who approved the request.", filters=True
    )
    connection_request: Annotated[
        "ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")
    ] = to_one(
        db.connection_requests,
        "connection_request_id",
        description="The connection request that was approved.",
        filters=True,
    )
    history: History = history_of(db.approvals)


ApprovalFilter = filter_of(Approval)
ApprovalOrder = order_of(Approval)


@row_type(
    db.people,
    description="A person who makes, approves or comments on connection requests.",
)
class Person(Node):
    uuid: str = column(
        "id",
        description="The record's own id, exactly as the vendor's API writes it, such as "
        "`6c822de1-8f9a-48ca-87c1-c5c788a6caf3`.",
        filters=True,
    )
    first_name: str | None = column(description="The first name of the person.", filters=True, orders=True)
    last_name: str | None = column(description="The last name of the person.", filters=True, orders=True)
    full_name: str | None = computed(
        full_name,
        description="First and last name, separated by a space. Null if both are unknown.",
        filters=by_full_name,
    )
    email: str | None = column(
        description="The e-mail address, such as `ada@example.com`.", filters=True, orders=True
    )
    phone: str | None = column(
        description="The phone number as the vendor wrote it, such as `717.334.5425x58894`.", filters=True
    )
    job_title: str | None = column(description="The job title, such as `Account Manager`.", filters=True)
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    updated_at: datetime = column(description="When the record was last changed.")
    version: BigInt = row_version()
    approvals: Connection[Approval] = child_list(
        db.approvals,
        "person_id",
        filter=ApprovalFilter,
        order_by=ApprovalOrder,
        default=(("approved_at", True), ("id", True)),
        description="The approvals that the person gave, latest first.",
    )
    connection_requests: Connection[
        Annotated["ConnectionRequest", strawberry.lazy("gateway.schema.connection_requests")]
    ] = child_list(
        db.connection_requests,
        "requester_id",
        filter=Annotated["ConnectionRequestFilter", _LATER],
        order_by=Annotated["ConnectionRequestOrder", _LATER],
        default=(("requested_at", True), ("id", True)),
        description="The connection requests that the person made, latest first.",
    )
    history: History = history_of(db.people)


PersonFilter = filter_of(Person, is_related=True)
PersonOrder = order_of(Person)
