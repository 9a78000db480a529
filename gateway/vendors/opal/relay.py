"""The deprecated list of access requests, as a Relay connection.

Source: https://docs.opal.dev/api-reference/requests. `to` is the user who is to get access. Opal does not document the
page size without `first` and `last`; here it is the maximum.
"""

from typing import Any, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.pages import Window
from gateway.db.tables import ConnectionRequestStatus
from gateway.resolvers.context import Context
from gateway.resolvers.errors import Invalid
from gateway.rest.calls import Call
from gateway.rest.vendor import Endpoint
from gateway.vendors.opal.conditions import Criteria, graph_filter, where
from gateway.vendors.opal.cursors import Place, cursor_of
from gateway.vendors.opal.pages import ID, ORDER, PATH, graph_cursor, place, query, query_size, rendered
from gateway.vendors.opal.parameters import identifier, size, status, text
from gateway.vendors.opal.shapes import REQUEST, Request

MAX_SIZE = 100


class RequestEdge(TypedDict):
    node: Request
    cursor: str


class PageInfo(TypedDict):
    """Opal's clients require every member. The cursors of an empty page are ""."""

    hasNextPage: bool
    endCursor: str
    hasPreviousPage: bool
    startCursor: str


class RequestConnection(TypedDict):
    edges: list[RequestEdge]
    pageInfo: PageInfo
    totalCount: int


class RelayArguments(NamedTuple):
    wanted: Criteria
    size: int
    backward: bool
    after: Place | None
    before: Place | None


def relay_arguments(call: Call) -> RelayArguments:
    """The filters and the page of the query string.

    Raises:
        Invalid: a parameter does not have its documented type or range, or both directions are given.
    """
    given = {name for name in ("first", "after", "last", "before") if text(call, name) is not None}
    backward = bool(given & {"last", "before"})
    if backward and given & {"first", "after"}:
        raise Invalid("Use either first/after or last/before, not both.")
    wanted = Criteria(
        status=status(call, "status"),
        requester_id=identifier(call, "from"),
        target_user_id=identifier(call, "to"),
    )
    count = size(call, "last" if backward else "first", MAX_SIZE, MAX_SIZE)
    return RelayArguments(wanted, count, backward, place(call, "after"), place(call, "before"))


async def list_requests_relay(context: Context, arguments: RelayArguments) -> RequestConnection:
    condition = where(arguments.wanted)
    page = await context.page(
        db.connection_requests,
        ORDER,
        Window(arguments.size, backward=arguments.backward, after=arguments.after, before=arguments.before),
        columns=REQUEST.columns,
        where=condition,
        next_page=True,
        previous_page=True,
        total_count=True,
    )
    total = await context.length(page, condition)
    cursors = [cursor_of(row) for row in page.rows]
    nodes = await rendered(context, page.rows)
    info: PageInfo = {
        "hasNextPage": bool(page.has_next_page),
        "endCursor": cursors[-1] if cursors else "",
        "hasPreviousPage": bool(page.has_previous_page),
        "startCursor": cursors[0] if cursors else "",
    }
    edges: list[RequestEdge] = [
        {"node": node, "cursor": cursor} for node, cursor in zip(nodes, cursors, strict=True)
    ]
    return {"edges": edges, "pageInfo": info, "totalCount": total}


def relay_variables(arguments: RelayArguments) -> dict[str, Any]:
    return {
        "filter": graph_filter(arguments.wanted),
        "last" if arguments.backward else "first": arguments.size,
        **graph_cursor("after", arguments.after),
        **graph_cursor("before", arguments.before),
    }


_STATUSES = ["", *(case(each) for each in ConnectionRequestStatus for case in (str.lower, str.upper))]

RELAY = Endpoint(
    path=f"{PATH}/relay",
    operation_id="getRequestsRelay",
    summary="Get requests via Relay",
    arguments=relay_arguments,
    answer=list_requests_relay,
    response=RequestConnection,
    document="relay",
    variables=relay_variables,
    parameters=(
        query_size("first", "Return this many requests from the start.", MAX_SIZE),
        query("after", "Return only requests after this cursor."),
        query_size(
            "last", "Return this many requests from the end. Not together with `first` and `after`.", MAX_SIZE
        ),
        query("before", "Return only requests before this cursor."),
        query("status", "Return only requests with this status.", enum=_STATUSES),
        query("to", "Return only requests for access of this user.", **ID),
        query("from", "Return only requests that this user made.", **ID),
    ),
)
