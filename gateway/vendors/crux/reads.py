"""Crux's two reads of connection requests. As documented, their parameters are clamped to their bounds.

Sources: _discovery/get_requested_connetions.md (sic) and get_requested_connection_detail.md of its repository.
"""

import json
import re
from typing import Any, NamedTuple, TypedDict

from gateway.db import tables as db
from gateway.db.cursors import Order
from gateway.db.filters import eq
from gateway.db.pages import Window
from gateway.db.tables import ConnectionRequestKind
from gateway.resolvers.context import Context
from gateway.resolvers.kinds import one_of_kind
from gateway.rest.bodies import check_media_type
from gateway.rest.calls import Call
from gateway.rest.refusals import Refusal
from gateway.rest.vendor import Endpoint, Parameter
from gateway.vendors.crux.shapes import CONNECTION_REQUEST, ConnectionRequest

DEFAULT_LIMIT, MAX_LIMIT = 50, 100
MAX_START = 2**31 - 1  # no list is longer

PATH = "/organizations/connections/request/"
ORDER = Order.of(db.connection_requests, (("requested_at", False),))
TRADING_PARTNERS = eq("kind", ConnectionRequestKind.TRADING_PARTNER.value)

_WHOLE_NUMBER = re.compile(r"[0-9]+")


class Pagination(TypedDict):
    total_count: int
    start: int
    limit: int


class ConnectionRequests(TypedDict):
    requests: list[ConnectionRequest]
    pagination: Pagination


class ListArguments(NamedTuple):
    start: int
    limit: int


def list_arguments(call: Call) -> ListArguments:
    """`start` and `limit` of the query string, or of the JSON body that Crux's own samples send with GET."""
    body = _members(call) if call.body else {}
    start, limit = (
        _whole_number(body.get(name) if (text := call.parameter(name)) is None else text)
        for name in ("start", "limit")
    )
    return ListArguments(min(start or 0, MAX_START), min(limit or DEFAULT_LIMIT, MAX_LIMIT))


async def list_requests(context: Context, arguments: ListArguments) -> ConnectionRequests:
    page = await context.page(
        db.connection_requests,
        ORDER,
        Window(arguments.limit, offset=arguments.start),
        columns=CONNECTION_REQUEST.columns,
        where=TRADING_PARTNERS,
        total_count=True,
    )
    total = await context.length(page, TRADING_PARTNERS)
    requests: list[Any] = await CONNECTION_REQUEST.render(context, page.rows)
    start = min(arguments.start, total)
    return {
        "requests": requests,
        "pagination": {"total_count": total, "start": start, "limit": arguments.limit},
    }


def list_variables(arguments: ListArguments) -> dict[str, Any]:
    return {"first": arguments.limit, "offset": arguments.start}


def detail_arguments(call: Call) -> str:
    """The request's id in the path.

    Raises:
        UnsupportedMediaType: there is a body, and it is not JSON.
    """
    check_media_type(call)
    return call.path["record_uuid"]


async def get_request(context: Context, record_uuid: str) -> ConnectionRequest:
    """One connection request in the vendor's form.

    Raises:
        NotFound: the viewer sees no such request, or it is not a trading-partner request.
    """
    row = await one_of_kind(
        context,
        record_uuid,
        ConnectionRequestKind.TRADING_PARTNER,
        columns=CONNECTION_REQUEST.columns,
        missing="Not found.",
    )
    request: ConnectionRequest
    [request] = await CONNECTION_REQUEST.render(context, [row])
    return request


def detail_variables(record_uuid: str) -> dict[str, Any]:
    return {"uuid": record_uuid}


def _members(call: Call) -> dict[str, Any]:
    """The members of the body.

    Raises:
        UnsupportedMediaType: its media type is not JSON.
        Refusal: 400, it is not a JSON object; with the messages of the framework's JSONParser and Serializer.
    """
    check_media_type(call)
    if not call.body.strip():
        return {}
    try:
        body = json.loads(call.body, parse_int=str, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, {"detail": f"JSON parse error - {error}"}) from None
    if not isinstance(body, dict):
        raise _no_object("NoneType" if body is None else type(body).__name__)
    return body


def _no_object(kind: str) -> Refusal:
    message = f"Invalid data. Expected a dictionary, but got {kind}."
    return Refusal(400, {"non_field_errors": [message]})


def _refuse_constant(name: str) -> None:
    raise ValueError(f"Out of range float values are not JSON compliant: {name!r}")


def _whole_number(value: Any) -> int | None:
    """A non-negative integer, as a number or as text; None for any other value, which Crux ignores."""
    digits = value.strip() if isinstance(value, str) else ""
    if not _WHOLE_NUMBER.fullmatch(digits):
        return None
    significant = digits.lstrip("0") or "0"
    return int(significant) if len(significant) <= len(str(MAX_START)) else MAX_START


RECORD_UUID = Parameter(
    name="record_uuid",
    description="The id of the connection request.",
    schema={"type": "string"},
    place="path",
    shown=("crux-detail.json", "record_uuid"),
)

LISTING = Endpoint(
    path=PATH,
    operation_id="listConnectionRequests",
    summary="Get a list of requested connections",
    arguments=list_arguments,
    answer=list_requests,
    response=ConnectionRequests,
    document="requests",
    variables=list_variables,
    parameters=(
        Parameter(
            name="limit",
            description=(
                f"The number of requests on a page: an integer. A value above {MAX_LIMIT} is reduced to {MAX_LIMIT}. "
                "Other values are ignored."
            ),
            schema={"default": DEFAULT_LIMIT},
        ),
        Parameter(
            name="start",
            description=(
                "How many requests to skip before the page: an integer. A value above the number of requests is "
                "reduced to that number. Other values are ignored."
            ),
            schema={"default": 0},
        ),
    ),
    takes_body=True,
    example="crux-list.json",
    refusals=(_no_object("list"),),
)

READS = (
    LISTING,
    Endpoint(
        path=PATH + "{record_uuid}/",
        operation_id="getConnectionRequest",
        summary="Get details of a specific connection request",
        arguments=detail_arguments,
        answer=get_request,
        response=ConnectionRequest,
        document="request",
        variables=detail_variables,
        parameters=(RECORD_UUID,),
        takes_body=True,
        example="crux-detail.json",
    ),
)
