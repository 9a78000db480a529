"""Create, approve, deny and comment on Opal's access requests.

Source: https://docs.opal.dev/api-reference/requests. A new request gets 200, not 201.

The reason of a decision also becomes a comment on the request, because Opal's requests show it nowhere else.
"""

from dataclasses import dataclass
from typing import Any, TypedDict

import orjson

from gateway.db import tables as db
from gateway.db.tables import ConnectionRequestKind
from gateway.resolvers.comments import NewComment, add_comment
from gateway.resolvers.context import Context
from gateway.resolvers.decisions import (
    NOBODYS,
    RequestDecision,
    approve_connection_request,
    deny_connection_request,
)
from gateway.resolvers.errors import Conflict, Invalid, NotFound, PersonRequired
from gateway.resolvers.inputs import RuleInput, said
from gateway.resolvers.request_changes import create_connection_request
from gateway.resolvers.request_inputs import NewConnectionRequest
from gateway.resolvers.rules import ChangeRule, Outcome, perform, rule
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite
from gateway.rest.vendor import Endpoint
from gateway.vendors.opal.bodies import (
    Approval,
    CreateRequestInfo,
    Denial,
    NewRequestComment,
    Said,
    Wanted,
    approval,
    denial,
    new_comment,
    wanted,
)
from gateway.vendors.opal.pages import PATH
from gateway.vendors.opal.reads import ID_PARAMETER, access_request, get_request
from gateway.vendors.opal.shapes import REQUEST, Request


class CreatedRequest(TypedDict):
    id: str


class OneRequest(TypedDict):
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccessRequest(RuleInput):
    """A request for access, made on Opal's path."""

    request: NewConnectionRequest = said("What is asked for.", is_apart=True)
    custom_fields: str | None = said(
        "The answers to the organization's questions; JSON.", None, like=db.connection_requests.c.extra
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidDecision(RuleInput):
    """A decision made on Opal's path, with its comment."""

    decision: RequestDecision = said("Which request, and why.", is_apart=True)


@rule(Scope.WRITE)
async def ask_for_access(write: ViewerWrite, given: NewAccessRequest) -> Outcome:
    """Create an access request. Members without a column are kept as for an imported request."""
    outcome = await create_connection_request(write, given.request)
    if given.custom_fields is not None and outcome.object_id is not None:
        kept = {REQUEST.name: {"members": {"custom_fields_responses": [given.custom_fields]}}}
        extra = {"extra": orjson.dumps(kept).decode()}
        await write.update(db.connection_requests, outcome.object_id, extra)
    return outcome


@rule(approve_connection_request.scope)
async def approve_access(write: ViewerWrite, given: SaidDecision) -> Outcome:
    """Approve a request, and add the comment."""
    return await _decide(write, approve_connection_request, given.decision)


@rule(deny_connection_request.scope)
async def deny_access(write: ViewerWrite, given: SaidDecision) -> Outcome:
    """Deny a request, and add the comment."""
    return await _decide(write, deny_connection_request, given.decision)


async def _decide(
    write: ViewerWrite, decide: ChangeRule[RequestDecision], decision: RequestDecision
) -> Outcome:
    outcome = await decide(write, decision)
    if decision.comment:
        await add_comment(write, NewComment(connection_request_id=decision.id, body=decision.comment))
    return outcome


async def create_request(context: Context, asked: Wanted) -> CreatedRequest:
    request = NewConnectionRequest(
        kind=ConnectionRequestKind.ACCESS,
        reason=asked.reason,
        duration_minutes=asked.duration_minutes,
        requested_items=asked.items,
        target=asked.target,
        additional_information=asked.ticket,
    )
    given = NewAccessRequest(request=request, custom_fields=asked.custom_fields)
    outcome = await perform(context, ask_for_access, given, is_legacy=True)
    assert outcome.object_id is not None
    return {"id": outcome.object_id}


async def approve_request(context: Context, told: Said) -> OneRequest:
    return await _decided(context, approve_access, told)


async def deny_request(context: Context, told: Said) -> OneRequest:
    return await _decided(context, deny_access, told)


async def _decided(context: Context, decide: ChangeRule[SaidDecision], told: Said) -> OneRequest:
    """Decide on a request, and return it.

    Raises:
        NotFound: the viewer sees no such request.
        Conflict: it is decided on already.
    """
    await access_request(context, told.request_id, ("id",))
    decision = RequestDecision(id=told.request_id, comment=told.comment or None)
    await perform(context, decide, SaidDecision(decision=decision), is_legacy=True)
    return {"request": await get_request(context, told.request_id)}


async def create_comment(context: Context, told: Said) -> OneRequest:
    """Comment on a request, and return the request.

    Raises:
        NotFound: the viewer sees no such request.
    """
    await access_request(context, told.request_id, ("id",))
    comment = NewComment(connection_request_id=told.request_id, body=told.comment or "")
    await perform(context, add_comment, comment, is_legacy=True)
    return {"request": await get_request(context, told.request_id)}


_NOT_FOUND = NotFound("Not Found")
_UNDECIDABLE = (
    _NOT_FOUND,
    Conflict("The connection request is approved already."),
    PersonRequired(NOBODYS),
)

WRITES: tuple[Endpoint[Any], ...] = (
    Endpoint(
        method="POST",
        path=PATH,
        operation_id="createRequest",
        summary="Create a request",
        arguments=wanted,
        answer=create_request,
        mutation="create-request",
        request=CreateRequestInfo,
        response=CreatedRequest,
        scope=Scope.WRITE,
        refusals=(Invalid("reason: It is missing."), _NOT_FOUND),
    ),
    Endpoint(
        method="POST",
        path=f"{PATH}/{{id}}/approve",
        operation_id="approveRequest",
        summary="Approve a request",
        arguments=approval,
        answer=approve_request,
        mutation="approve-request",
        request=Approval,
        response=OneRequest,
        scope=approve_connection_request.scope,
        refusals=_UNDECIDABLE,
        parameters=(ID_PARAMETER,),
    ),
    Endpoint(
        method="POST",
        path=f"{PATH}/{{id}}/deny",
        operation_id="denyRequest",
        summary="Deny a request",
        arguments=denial,
        answer=deny_request,
        mutation="deny-request",
        request=Denial,
        response=OneRequest,
        scope=deny_connection_request.scope,
        refusals=_UNDECIDABLE,
        parameters=(ID_PARAMETER,),
    ),
    Endpoint(
        method="POST",
        path=f"{PATH}/{{id}}/comments",
        operation_id="createRequestComment",
        summary="Comment on a request",
        arguments=new_comment,
        answer=create_comment,
        mutation="create-comment",
        request=NewRequestComment,
        response=OneRequest,
        scope=Scope.WRITE,
        refusals=(_NOT_FOUND,),
        parameters=(ID_PARAMETER,),
    ),
)
