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
    db.connection_requests,
    description="A request for a connection: an organization asks for data feeds, or a person asks for access.",
)
class ConnectionRequest(Node):
    uuid: str = column(
        "id",
        description="The record's own id, exactly as the vendor's API writes it, such as "
        "`6c822de1-8f9a-48ca-87c1-c5c788a6caf3`.",
        filters=True,
    )
    kind: ConnectionRequestKind = column(
        description="Whether the request is a trading-partner request or an access request.",
        filters=True,
        orders=True,
    )
    status: ConnectionRequestStatus = column(
        description="The status of the request.", filters=True, orders=True
    )
    is_approved: bool = computed(is_approved, description="Whether `status` is `APPROVED`.")
    org_name: str | None = column(
        description="The name of the other organization, such as `Thomas-Perkins`.", filters=True, orders=True
    )
    org_contact_full_name: str | None = column(
        description="The full name of the contact person at the other organization.", filters=True
    )
    primary_contact_phone: str | None = column(
        description="The phone number of the contact person as the vendor wrote it, such as `1-541-219-3109x433`.",
        filters=True,
    )
    primary_contact_email: str | None = column(
        description="The e-mail address of the contact person, such as `ada@example.com`.", filters=True
    )
    retailer_account_number: str | None = column(
        description="The account number of the retailer in the supplier's system.", filters=True
    )
    supplier_account_number: str | None = column(
        description="The account number of the supplier in the retailer's system.", filters=True
    )
    additional_information: str | None = column(
        description="Additional information about the request, as free text.", filters=True
    )
    reason: str | None = column(description="The reason why access is requested, as free text.", filters=True)
    duration_minutes: int | None = column(
        description="How long access is requested, in minutes. -1: without end. Null if not specified.",
        filters=True,
    )
    target_group_id: str | None = column(
        description="The id of the group that is to get access. Null if no group is named.", filters=True
    )
    requested_at: datetime = column(description="When the request was made.", filters=True, orders=True)
    created_at: datetime = column(description="When the record was created.", filters=True, orders=True)
    updated_at: datetime = column(description="When the record was last changed.", filters=True, orders=True)
    version: BigInt = row_version()
    approved_by: Approval | None = to_one(
        db.approvals,
        "id",
        by="connection_request_id",
        description="The approval of the request. Null if there is none.",
    )
    decision: Decision | None = relation(
        decisions_of,
        description="Who decided on the request, when and why. Null while the request is pending, and if the decision "
        "was not recorded.",
    )
    viewer_can: ViewerCan = computed(
        viewer_can,
        description="What you may do with the request now, for example to enable buttons in a user interface.",
        varies=always,
    )
    requester: Person | None = to_one(
        db.people, "requester_id", description="The person who made the request.", filters=True
    )
    target_user: Person | None = to_one(
        db.people,
        "target_user_id",
        description="The person who is to get access. Null if no person is named.",
        filters=True,
    )
    organization: Organization = to_one(
        db.organizations,
        "organization_id",
        description="The organization whose people can see and decide on the request.",
    )
    integrations: Connection[Integration] = child_list(
        db.integrations,
        "connection_request_id",
        filter=IntegrationFilter,
        order_by=IntegrationOrder,
        default=AS_GIVEN,
        description="The requested data feeds, in the order in which they were given.",
    )
    uploaded_files: Connection[File] = child_list(
        db.files,
        FILES_OF_REQUEST,
        filter=FileFilter,
        order_by=FileOrder,
        default=AS_GIVEN,
        description="The files that are attached to the request, in the order in which they were given.",
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
        description="The accounts that were connected because of the request, earliest first.",
    )
    comments: Connection[Comment] = child_list(
        db.comments,
        "connection_request_id",
        filter=CommentFilter,
        order_by=CommentOrder,
        default=(("created_at", False), ("id", False)),
        description="The comments on the request, earliest first.",
    )
    history: History = history_of(db.connection_requests)


def _of_person(name: str) -> tuple[Member, str]:
    """A deprecated member of the approval's filter that concerns the person: it existed before the member `person`."""
    member, sentence = members_of(Person)[name]
    kept = replace(
        member,
        condition=through(db.people, "person_id", member, to_camel_case(name)),
        deprecation_reason="Use `person`.",
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
        "The approval of the request.",
    ),
)
ConnectionRequestOrder = order_of(ConnectionRequest)
