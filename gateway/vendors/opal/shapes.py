"""Opal's objects: an access request with its comments and requested items, with a mapping in each direction.

The members and their order are those of the documented example. Opal's OpenAPI document has fewer members. Source:
https://docs.opal.dev/api-reference/requests and https://github.com/opalsecurity/opal-python (api/openapi.yaml).
"""

from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.db.tables import ConnectionRequestKind, ConnectionRequestStatus
from gateway.shapes.given import Given
from gateway.shapes.shape import Beside, Children, Owner, Shape

UPPER, LOWER = "upper", "lower"
"""The cases of a status. The documented example has lower case; clients since April 2025 accept only upper case."""

Status = Literal["pending", "approved", "denied", "canceled", "PENDING", "APPROVED", "DENIED", "CANCELED"]


class RequestedItem(TypedDict):
    resource_id: NotRequired[str]
    group_id: NotRequired[str]
    access_level_name: NotRequired[str]
    access_level_remote_id: NotRequired[str]
    name: NotRequired[str]
    remote_id: NotRequired[str]
    remote_name: NotRequired[str]


class EmbeddedComment(TypedDict):
    """A comment inside its request, as in the documented example. The OpenAPI document has no such member."""

    id: NotRequired[str]
    created_at: str
    updated_at: str
    request_id: str
    user_id: str
    comment: str


class RequestComment(TypedDict):
    """A comment in the list of comments, with its author's name."""

    id: NotRequired[str]
    created_at: str
    updated_at: NotRequired[str]
    request_id: str
    user_id: str
    user_full_name: NotRequired[str]
    user_email: NotRequired[str]
    comment: str


class RequestCommentList(TypedDict):
    comments: list[RequestComment]


class Request(TypedDict):
    id: str
    organization_id: NotRequired[str]
    created_at: str
    updated_at: str
    requester_id: str
    target_user_id: NotRequired[str]
    target_group_id: NotRequired[str]
    status: Status
    reason: str
    duration_minutes: NotRequired[int]
    requested_items_list: NotRequired[list[RequestedItem]]
    request_comments: NotRequired[list[EmbeddedComment]]


def requested_item(row: Row) -> Any:
    """The item. Opal leaves out unknown members."""
    members = {
        "resource_id": row.resource_id,
        "group_id": row.group_id,
        "access_level_name": row.access_level_name,
        "access_level_remote_id": row.access_level_remote_id,
        "name": row.name,
        "remote_id": row.remote_id,
        "remote_name": row.remote_name,
    }
    return {name: value for name, value in members.items() if value is not None}


def comment(row: Row) -> Any:
    """The comment of a request. If it was imported without an id, it is shown without one."""
    id = _own_id(row.vendor_uuid or row.id, row.connection_request_id)
    return {
        **({} if id is None else {"id": id}),
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "request_id": row.connection_request_id,
        "user_id": row.author_id or "",
        "comment": row.body,
    }


def listed_comment(row: Row, author: Row | None) -> Any:
    """The comment in the list of comments, with its author's name and address as far as they are known."""
    id = _own_id(row.vendor_uuid or row.id, row.connection_request_id)
    members = {
        **({} if id is None else {"id": id}),
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "request_id": row.connection_request_id,
        "user_id": row.author_id or "",
    }
    if author is not None:
        named = " ".join(each for each in (author.first_name, author.last_name) if each)
        known = {"user_full_name": named, "user_email": author.email}
        members |= {name: text for name, text in known.items() if text}
    return {**members, "comment": row.body}


def comments(row: Row, listed: list[RequestComment]) -> RequestCommentList:
    return {"comments": listed}


def _own_id(id: str, request_id: str) -> str | None:
    """A comment's id; None if it is only its position in the request's list."""
    return None if id.startswith(f"{request_id}/") else id


def request(
    row: Row, requested_items: list[RequestedItem], comments: list[EmbeddedComment], status_case: str | None
) -> Any:
    """The request, with its status in the case of its document. Unknown optional members are left out, never null.

    Opal requires the requester and the reason: its clients fail without them, and read "" for an unknown one.

    Args:
        status_case: the case in the organization's documents, for a request that was read from none.
    """
    members: dict[str, Any] = {
        "id": row.id,
        "organization_id": row.organization_id,
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
        "requester_id": row.requester_id or "",
    }
    if row.target_user_id is not None:
        members["target_user_id"] = row.target_user_id
    if row.target_group_id is not None:
        members["target_group_id"] = row.target_group_id
    members["status"] = row.status.upper() if (row.status_case or status_case) == UPPER else row.status
    members["reason"] = row.reason or ""
    if row.duration_minutes is not None:
        members["duration_minutes"] = row.duration_minutes
    if requested_items:
        members["requested_items_list"] = requested_items
    members["request_comments"] = comments
    return members


def instant(at: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, as Opal writes it: ``2021-01-06T20:00:00.000Z``."""
    return f"{at.isoformat(timespec='milliseconds')[:23]}Z"


_INSTANT = "an instant such as 2021-01-06T20:00:00.000Z"


def incoming_comment(given: Given) -> dict[str, Any]:
    """The columns of a comment. In the form of the OpenAPI document, a comment has no id."""
    columns = {
        "created_at": given.instant("created_at", _INSTANT),
        "updated_at": given.instant("updated_at", _INSTANT),
        "author_id": given.text("user_id") or None,
        "body": given.required("comment"),
    }
    return columns if given.members.get("id") is None else {"id": given.id("id"), **columns}


def incoming_comments(given: Given) -> dict[str, Any]:
    """The request of a list of comments. Only the comments themselves name it."""
    found = None
    for index, each in enumerate(given.members["comments"]):
        id = each.get("request_id") if isinstance(each, dict) else None
        if not isinstance(id, str) or not id:
            given.wrong("comments", "It must be the id of the request.", index, "request_id")
        elif found not in (None, id):
            given.wrong("comments", "It must be the same in all comments of an answer.", index, "request_id")
        else:
            found = id
    return {"id": found}


def incoming_request(given: Given) -> dict[str, Any]:
    """The columns of a request. The status can be in either case, which is kept."""
    created_at = given.instant("created_at", _INSTANT)
    status = given.required("status")
    return {
        "id": given.id("id"),
        "created_at": created_at,
        "updated_at": given.instant("updated_at", _INSTANT),
        "requested_at": created_at,
        "requester_id": given.text("requester_id") or None,
        "target_user_id": given.text("target_user_id") or None,
        "status": given.one_of("status", ConnectionRequestStatus) if status else None,
        "status_case": UPPER if status.isupper() else LOWER,
    }


OLDEST_FIRST = (("created_at", False), ("id", False))

REQUESTED_ITEM = Shape(
    name="opal.requested_item",
    table=db.requested_items,
    body=RequestedItem,
    outgoing=requested_item,
)
# What a comment is known by that has no id of its own, as in the OpenAPI document's form.
_ALIKE = ("created_at", "author_id", "body")

COMMENT = Shape(
    name="opal.comment",
    table=db.comments,
    body=EmbeddedComment,
    outgoing=comment,
    incoming=incoming_comment,
    names={"author_id": "user_id", "body": "comment"},
    references={"author_id": db.people},
)
LISTED_COMMENT = Shape(
    name="opal.listed_comment",
    table=db.comments,
    body=RequestComment,
    outgoing=listed_comment,
    incoming=incoming_comment,
    nested=(Beside(column="author_id", table=db.people, columns=("id", "first_name", "last_name", "email")),),
    references={"author_id": db.people},
)
_ACCESS = {"kind": ConnectionRequestKind.ACCESS.value}
COMMENTS = Shape(
    name="opal.comments",
    table=db.connection_requests,
    body=RequestCommentList,
    outgoing=comments,
    incoming=incoming_comments,
    names={"id": "request_id"},
    nested=(
        Children(
            member="comments",
            shape=LISTED_COMMENT,
            key="connection_request_id",
            order=OLDEST_FIRST,
            alike=_ALIKE,
        ),
    ),
    fixed=_ACCESS,
    is_part=True,
)
REQUEST = Shape(
    name="opal.request",
    table=db.connection_requests,
    body=Request,
    outgoing=request,
    incoming=incoming_request,
    nested=(
        Children(member="requested_items_list", shape=REQUESTED_ITEM, key="connection_request_id"),
        Children(
            member="request_comments",
            shape=COMMENT,
            key="connection_request_id",
            order=OLDEST_FIRST,
            alike=_ALIKE,
        ),
        Owner(column="status_case", unless="status_case"),
    ),
    fixed=_ACCESS,
    references={"requester_id": db.people, "target_user_id": db.people},
    left_out=frozenset(("organization_id", "request_comments")),
)
