"""ConnectionRequest: the thing that everything else hangs on."""

from datetime import datetime

import strawberry

from gateway.db import tables as db
from gateway.db.filters import Where, related, some
from gateway.db.tables import ConnectionRequestKind, ConnectionRequestStatus
from gateway.execution import column, computed
from gateway.resolvers.context import Context
from gateway.schema.comments import Comment
from gateway.schema.connected_accounts import (
    ConnectedAccount,
    ConnectedAccountFilter,
    ConnectedAccountListFilter,
    ConnectedAccountOrder,
)
from gateway.schema.connections import Connection, child_list, ordering
from gateway.schema.files import File, FileFilter, FileListFilter, FileOrder
from gateway.schema.filters import (
    DateTimeFilter,
    EnumFilter,
    IntFilter,
    StringFilter,
    on_children,
    on_id,
    on_parent,
    option,
    where_of,
)
from gateway.schema.integrations import (
    Integration,
    IntegrationFilter,
    IntegrationListFilter,
    IntegrationOrder,
)
from gateway.schema.node import Node, to_one
from gateway.schema.organizations import Organization
from gateway.schema.people import Approval, Person, PersonFilter
from gateway.schema.requested_items import RequestedItem, RequestedItemFilter, RequestedItemListFilter


async def approved_by(context: Context, given: PersonFilter) -> Where:
    person = await where_of(context, db.people, given)
    return some(db.approvals, "connection_request_id", related(db.people, "person_id", person))


@strawberry.input(description="Conditions on a connection request.")
class ConnectionRequestFilter:
    and_: list["ConnectionRequestFilter"] | None = option("All of them hold.", name="and")
    or_: list["ConnectionRequestFilter"] | None = option("At least one of them holds.", name="or")
    not_: "ConnectionRequestFilter | None" = option("It does not hold.", name="not")
    uuid: StringFilter | None = option("The record's own id.", condition=on_id())
    kind: EnumFilter[ConnectionRequestKind] | None = option("What sort of connection is asked for.")
    status: EnumFilter[ConnectionRequestStatus] | None = option("Where the request stands.")
    org_name: StringFilter | None = option("The counterparty's name.")
    org_contact_full_name: StringFilter | None = option("The counterparty's contact.")
    primary_contact_phone: StringFilter | None = option("The contact's phone number.")
    primary_contact_email: StringFilter | None = option("The contact's e-mail address.")
    retailer_account_number: StringFilter | None = option("The retailer's account number.")
    supplier_account_number: StringFilter | None = option("The supplier's account number.")
    additional_information: StringFilter | None = option(
        "The additional information; needs the scope `secrets`."
    )
    reason: StringFilter | None = option("Why access is asked for; needs the scope `secrets`.")
    duration_minutes: IntFilter | None = option("How long access is asked for, in minutes.")
    target_group_id: StringFilter | None = option("The group that access is asked for.")
    requested_at: DateTimeFilter | None = option("When it was requested.")
    created_at: DateTimeFilter | None = option("When the record was made.")
    updated_at: DateTimeFilter | None = option("When the record was last changed.")
    requester: PersonFilter | None = option("Who asks.", condition=on_parent(db.people, "requester_id"))
    target_user: PersonFilter | None = option("For whom.", condition=on_parent(db.people, "target_user_id"))
    approved_by: PersonFilter | None = option("Who approved it.", condition=approved_by)
    integrations: IntegrationListFilter | None = option(
        "Its integrations.", condition=on_children(db.integrations, "connection_request_id")
    )
    uploaded_files: FileListFilter | None = option(
        "Its files.", condition=on_children(db.files, "connection_request_id")
    )
    requested_items: RequestedItemListFilter | None = option(
        "What access is asked to.", condition=on_children(db.requested_items, "connection_request_id")
    )
    connected_accounts: ConnectedAccountListFilter | None = option(
        "The accounts that came of it.",
        condition=on_children(db.connected_accounts, "connection_request_id"),
    )


ConnectionRequestOrder = ordering(
    "ConnectionRequest",
    requested_at="When it was requested.",
    created_at="When the record was made.",
    updated_at="When the record was last changed.",
    org_name="The counterparty's name.",
    status="Where the request stands.",
    kind="What sort of connection is asked for.",
)

LATEST_FIRST = (("requested_at", True), ("id", True))
AS_GIVEN = (("position", False), ("id", False))


def is_approved(status: str) -> bool:
    return status == ConnectionRequestStatus.APPROVED


@strawberry.type(description="Somebody asks for a connection; somebody else decides.")
class ConnectionRequest(Node):
    uuid: str = column("id", description="The record's own id.")
    kind: ConnectionRequestKind = column(description="What sort of connection is asked for.")
    status: ConnectionRequestStatus = column(description="Where the request stands.")
    is_approved: bool = computed(is_approved, description="Whether the request is approved.")
    org_name: str | None = column(description="The name of the counterparty.")
    org_contact_full_name: str | None = column(description="The full name of the counterparty's contact.")
    primary_contact_phone: str | None = column(
        description="The contact's phone number, as the vendor wrote it."
    )
    primary_contact_email: str | None = column(description="The contact's e-mail address.")
    retailer_account_number: str | None = column(
        description="The retailer's number in the supplier's system."
    )
    supplier_account_number: str | None = column(
        description="The supplier's number in the retailer's system."
    )
    additional_information: str | None = column(
        description="What else there is to say; credentials masked without the scope `secrets`."
    )
    reason: str | None = column(
        description="Why access is asked for; credentials masked without the scope `secrets`."
    )
    duration_minutes: int | None = column(description="How long access is asked for, in minutes.")
    target_group_id: str | None = column(description="The group that access is asked for.")
    requested_at: datetime = column(description="When it was requested.")
    created_at: datetime = column(description="When the record was made.")
    updated_at: datetime = column(description="When the record was last changed.")
    approved_by: Approval | None = to_one(
        db.approvals, "id", by="connection_request_id", description="The approval; null until there is one."
    )
    requester: Person | None = to_one(db.people, "requester_id", description="Who asks.")
    target_user: Person | None = to_one(db.people, "target_user_id", description="For whom access is asked.")
    organization: Organization = to_one(
        db.organizations, "organization_id", description="The organization whose staff see the request."
    )
    integrations: Connection[Integration] = child_list(
        db.integrations,
        "connection_request_id",
        filter=IntegrationFilter,
        order_by=IntegrationOrder,
        default=AS_GIVEN,
        description="The feeds that are asked for, as the vendor listed them.",
    )
    uploaded_files: Connection[File] = child_list(
        db.files,
        "connection_request_id",
        filter=FileFilter,
        order_by=FileOrder,
        default=AS_GIVEN,
        description="The files uploaded for it, as the vendor listed them.",
    )
    requested_items: Connection[RequestedItem] = child_list(
        db.requested_items,
        "connection_request_id",
        filter=RequestedItemFilter,
        default=AS_GIVEN,
        description="The resources and groups that access is asked to, as the vendor listed them.",
    )
    connected_accounts: Connection[ConnectedAccount] = child_list(
        db.connected_accounts,
        "connection_request_id",
        filter=ConnectedAccountFilter,
        order_by=ConnectedAccountOrder,
        default=(("created_at", False), ("id", False)),
        description="The accounts that came of it, the earliest first.",
    )
    comments: Connection[Comment] = child_list(
        db.comments,
        "connection_request_id",
        default=(("created_at", False), ("id", False)),
        description="What was said about it, the earliest first.",
    )
