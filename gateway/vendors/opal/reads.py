"""Read Opal's access requests: the list, one request, and its comments. The latest request comes first.

Source: https://docs.opal.dev/api-reference/requests.
"""

from typing import Any, NamedTuple, NotRequired, TypedDict

from gateway.db import tables as db
from gateway.db.pages import Window
from gateway.db.statements import Row
from gateway.db.tables import ConnectionRequestKind, ConnectionRequestStatus
from gateway.resolvers.context import Context
from gateway.resolvers.kinds import one_of_kind
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint, Parameter
from gateway.vendors.opal.conditions import Criteria, graph_filter, where
from gateway.vendors.opal.cursors import Place, cursor_of
from gateway.vendors.opal.pages import (
    FLAG,
    ID,
    INSTANT,
    ORDER,
    PATH,
    drop,
    graph_cursor,
    place,
    query,
    query_size,
    rendered,
)
from gateway.vendors.opal.parameters import earliest, flag, identifier, latest, size
from gateway.vendors.opal.relay import RELAY
from gateway.vendors.opal.shapes import COMMENTS, REQUEST, Request, RequestCommentList

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 200, 1000


class RequestList(TypedDict):
    requests: list[Request]
    cursor: NotRequired[str]


class ListArguments(NamedTuple):
    wanted: Criteria
    page_size: int
    after: Place | None


def list_arguments(call: Call) -> ListArguments:
    """The filters and the page of the query string.

    Raises:
        Invalid: a parameter does not have its documented type or range.
    """
    pending = ConnectionRequestStatus.PENDING if flag(call, "show_pending_only") else None
    wanted = Criteria(
        status=pending,
        requester_id=identifier(call, "requester_id"),
        target_user_id=identifier(call, "target_user_id"),
        resource_id=identifier(call, "resource_id"),
        group_id=identifier(call, "group_id"),
        earliest=earliest(call, "start_date_filter"),
        latest=latest(call, "end_date_filter"),
    )
    page_size = size(call, "page_size", DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)
    return ListArguments(wanted, page_size, place(call, "cursor"))


async def list_requests(context: Context, arguments: ListArguments) -> RequestList:
    """A page. The last page has no cursor: an empty one would send Opal's own client back to the first page."""
    page = await context.page(
        db.connection_requests,
        ORDER,
        Window(arguments.page_size, after=arguments.after),
        columns=REQUEST.columns,
        where=where(arguments.wanted),
        next_page=True,
    )
    answer: RequestList = {"requests": await rendered(context, page.rows)}
    if page.has_next_page and page.rows:
        answer["cursor"] = cursor_of(page.rows[-1])
    return answer


def list_variables(arguments: ListArguments) -> dict[str, Any]:
    return {
        "filter": graph_filter(arguments.wanted),
        "first": arguments.page_size,
        **graph_cursor("after", arguments.after),
    }


def detail_arguments(call: Call) -> str:
    return call.path["id"]


async def get_request(context: Context, request_id: str) -> Request:
    """One request in the vendor's form.

    Raises:
        NotFound: the viewer sees no such request, or it is not an access request.
    """
    row = await access_request(context, request_id, REQUEST.columns)
    request: Request
    [request] = await rendered(context, [row])
    return request


async def list_comments(context: Context, request_id: str) -> RequestCommentList:
    """All comments on a request in the vendor's form.

    Raises:
        NotFound: the viewer sees no such request, or it is not an access request.
    """
    row = await access_request(context, request_id, COMMENTS.columns)
    answer: RequestCommentList
    [answer] = await COMMENTS.render(context, [row])
    if context.settings.opal_members == "schema":
        listed: list[Any] = answer["comments"]
        drop(listed, "id", "updated_at")
    return answer


def detail_variables(request_id: str) -> dict[str, Any]:
    return {"uuid": request_id}


async def access_request(context: Context, request_id: str, columns: tuple[str, ...]) -> Row:
    """The row of a request.

    Raises:
        NotFound: the viewer sees no such request, or it is not an access request.
    """
    access = ConnectionRequestKind.ACCESS
    return await one_of_kind(context, request_id, access, columns=columns, missing="Not Found")


ID_PARAMETER = Parameter(
    name="id",
    description="The id of the request.",
    schema={"type": "string"},
    place="path",
    shown=("opal-requests.json", "requests", 0, "id"),
)

READS = (
    Endpoint(
        path=PATH,
        operation_id="getRequests",
        summary="Get requests",
        arguments=list_arguments,
        answer=list_requests,
        response=RequestList,
        document="requests",
        variables=list_variables,
        example="opal-requests.json",
        parameters=(
            query(
                "start_date_filter",
                "Return only requests that were made at this time or later: a date such as `2021-11-01` or a time such "
                "as `2021-11-01T00:00:00Z`.",
                **INSTANT,
            ),
            query(
                "end_date_filter",
                "Return only requests that were made at this time or earlier. A date alone includes the whole day "
                "in UTC.",
                **INSTANT,
            ),
            query("requester_id", "Return only requests that this user made.", **ID),
            query("target_user_id", "Return only requests for access of this user.", **ID),
            query("resource_id", "Return only requests for access to this resource.", **ID),
            query(
                "group_id",
                "Return only requests for access to this group, or for access of this group.",
                **ID,
            ),
            query(
                "cursor",
                "The cursor that the previous page returned. Send it with the same filters as before.",
            ),
            query_size(
                "page_size", "The number of requests on a page.", MAX_PAGE_SIZE, default=DEFAULT_PAGE_SIZE
            ),
            Parameter(
                name="show_pending_only", description="If `true`, return only pending requests.", schema=FLAG
            ),
        ),
    ),
    RELAY,  # ahead of {id}, which would match it
    Endpoint(
        path=f"{PATH}/{{id}}",
        operation_id="getRequest",
        summary="Get request by ID",
        arguments=detail_arguments,
        answer=get_request,
        response=Request,
        document="request",
        variables=detail_variables,
        parameters=(ID_PARAMETER,),
    ),
    Endpoint(
        path=f"{PATH}/{{id}}/comments",
        operation_id="getRequestComments",
        summary="Get the comments of a request",
        arguments=detail_arguments,
        answer=list_comments,
        response=RequestCommentList,
        document="comments",
        variables=detail_variables,
        parameters=(ID_PARAMETER,),
    ),
)
