"""ConnectionRequest: the type to which everything else belongs."""

from dataclasses import replace
from datetime import datetime

from strawberry.utils.str_converters import to_camel_case

from gateway.db import tables as db
from gateway.db.links import FILES_OF_REQUEST
from gateway.db.tables import ConnectionRequestKind, ConnectionRequestStatus
from gateway.execution import always, relation
from gateway.schema.comments import Comment, CommentFilter, CommentOrder
from gateway.schema.connected_accounts import ConnectedAccount, ConnectedAccountFilter, ConnectedAccountOrder
from gateway.schema.connections import Connection, child_list
from gateway.schema.decisions import Decision, ViewerCan, decisions_of, viewer_can
from gateway.schema.files import File, FileFilter, FileOrder
from gateway.schema.filters import Member, on_only_child, through
from gateway.schema.histories import History, history_of
from gateway.schema.integrations import Integration, IntegrationFilter, IntegrationOrder
from gateway.schema.node import Node, to_one
from gateway.schema.organizations import Organization
from gateway.schema.people import Approval, Person
from gateway.schema.requested_items import RequestedItem, RequestedItemFilter
from gateway.schema.rows import column, computed, filter_of, members_of, order_of, row_type, row_version
from gateway.schema.scalars import BigInt

LATEST_FIRST = (("requested_at", True), ("id", True))
AS_GIVEN = (("position", False), ("id", False))


def is_approved(status: str) -> bool:
    return status == ConnectionRequestStatus.APPROVED


@row_type(
    db.connection_requests, description="A request for a connection, which somebody approves or denies."
)
class ConnectionRequest(Node):
    uuid: str = column("id", description="The record's own id, as its vendor writes it.", filters=True)
    kind: ConnectionRequestKind = column(
        description="Whether it is a trading-partner request or an access request.", filters=True, orders=True
    )
    status: ConnectionRequestStatus = column(description="The request's status.", filters=True, orders=True)
    is_approved: bool = computed(is_approved, description="Whether the request is approved.")
    org_name: str | None = column(description="The name of the counterparty.", filters=True, orders=True)
    org_contact_full_name: str | None = column(
        description="The full name of the counterparty's contact.", filters=True
    )
    primary_contact_phone: str | None = column(
        description="The contact's phone number, as the vendor wrote it.", filters=True
    )
    primary_contact_email: str | None = column(description="The contact's e-mail address.", filters=True)
    retailer_account_number: str | None = column(
        description="The retailer's number in the supplier's system.", filters=True
    )
    supplier_account_number: str | None = column(
        description="The supplier's number in the retailer's system.", filters=True
    )
    additional_information: str | None = column(description="Additional information.", filters=True)
    reason: str | None = column(description="Why access is requested.", filters=True)
    duration_minutes: int | None = column(
        description="For how long access is requested, in minutes.", filters=True
    )
    target_group_id: str | None = column(description="The group that is to get access.", filters=True)
    requested_at: datetime = column(description="When it was requested.", filters=True, orders=True)
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    updated_at: datetime = column(description="When the record was last changed.", filters=True, orders=True)
    version: BigInt = row_version()
    approved_by: Approval | None = to_one(
        db.approvals,
        "id",
        by="connection_request_id",
        description="The approval, if somebody has approved it.",
    )
    decision: Decision | None = relation(
        decisions_of,
        description="Who decided, when and why; null while it is pending, and if nobody recorded who decided.",
    )
    viewer_can: ViewerCan = computed(
        viewer_can,
        description="What you may do with it now, for enabling buttons.",
        varies=always,
    )
    requester: Person | None = to_one(
        db.people, "requester_id", description="The person who made the request.", filters=True
    )
    target_user: Person | None = to_one(
        db.people, "target_user_id", description="The person who is to get access.", filters=True
    )
    organization: Organization = to_one(
        db.organizations, "organization_id", description="The organization whose staff see the request."
    )
    integrations: Connection[Integration] = child_list(
        db.integrations,
        "connection_request_id",
        filter=IntegrationFilter,
        order_by=IntegrationOrder,
        default=AS_GIVEN,
        description="The data feeds that are requested, in the order in which they were given.",
    )
    uploaded_files: Connection[File] = child_list(
        db.files,
        FILES_OF_REQUEST,
        filter=FileFilter,
        order_by=FileOrder,
        default=AS_GIVEN,
        description="The files attached to it, in the order in which they were given.",
    )
    requested_items: Connection[RequestedItem] = child_list(
        db.requested_items,
        "connection_request_id",
        filter=RequestedItemFilter,
        default=AS_GIVEN,
        description="The resources and groups to which access is requested, in the order in which they were given.",
    )
    connected_accounts: Connection[ConnectedAccount] = child_list(
        db.connected_accounts,
        "connection_request_id",
        filter=ConnectedAccountFilter,
        order_by=ConnectedAccountOrder,
        default=(("created_at", False), ("id", False)),
        description="The accounts that were connected because of it, earliest first.",
    )
    comments: Connection[Comment] = child_list(
        db.comments,
        "connection_request_id",
        filter=CommentFilter,
        order_by=CommentOrder,
        default=(("created_at", False), ("id", False)),
        description="The comments on it, earliest first.",
    )
    history: History = history_of(db.connection_requests)


def _of_person(name: str) -> tuple[Member, str]:
    """A member of the filter by the approval that is about the person: they stood there before `person` did."""
    member, sentence = members_of(Person)[name]
    kept = replace(
        member,
        condition=through(db.people, "person_id", member, to_camel_case(name)),
        deprecation_reason="It is about the person: use `person`.",
    )
    return kept, sentence


PERSONS_MEMBERS = ("uuid", "first_name", "last_name", "email", "phone", "job_title", "created_at")

ApprovedByFilter = filter_of(
    Approval,
    name="ApprovedByFilter",
    is_related=True,
    only=("approved_at", "person"),
    **{name: _of_person(name) for name in PERSONS_MEMBERS},
)

ConnectionRequestFilter = filter_of(
    ConnectionRequest,
    is_related=True,
    approved_by=(
        Member(ApprovedByFilter, on_only_child(db.approvals, "connection_request_id"), is_relation=True),
        "The approval.",
    ),
)
ConnectionRequestOrder = order_of(ConnectionRequest)
