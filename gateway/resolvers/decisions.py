"""Decisions: who may approve, deny or cancel a connection request, and what that does."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.db.tables import CHILD_OF, ConnectionRequestStatus, DecisionOutcome
from gateway.events import Event
from gateway.resolvers.errors import ChangeProblem, ErrorCode, Rejected
from gateway.resolvers.inputs import VersionedInput, said
from gateway.resolvers.request_inputs import REQUEST, RequestId
from gateway.resolvers.rules import Outcome, rule, target
from gateway.resolvers.viewer import Scope, Viewer
from gateway.resolvers.writes import ViewerWrite

SCOPES: Final[Mapping[DecisionOutcome, Scope]] = {
    DecisionOutcome.APPROVED: Scope.APPROVE,
    DecisionOutcome.DENIED: Scope.APPROVE,
    DecisionOutcome.CANCELED: Scope.WRITE,
}
"""What it takes to decide."""

NOBODYS: Final = "Only a person can decide, but this token belongs to no person."


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDecision(VersionedInput):
    """Which request is decided on, and why."""

    table = db.connection_requests
    id: RequestId = said(REQUEST)
    comment: str | None = said(
        "The reason for the decision, as free text.", None, like=db.decisions.c.comment
    )


@rule(SCOPES[DecisionOutcome.APPROVED])
async def approve_connection_request(write: ViewerWrite, given: RequestDecision) -> Outcome:
    """Approve a request that is pending."""
    return await decide(write, given, DecisionOutcome.APPROVED)


@rule(SCOPES[DecisionOutcome.DENIED])
async def deny_connection_request(write: ViewerWrite, given: RequestDecision) -> Outcome:
    """Deny a request that is pending."""
    return await decide(write, given, DecisionOutcome.DENIED)


@rule(SCOPES[DecisionOutcome.CANCELED])
async def cancel_connection_request(write: ViewerWrite, given: RequestDecision) -> Outcome:
    """Cancel a request that is pending."""
    return await decide(write, given, DecisionOutcome.CANCELED)


async def decide(write: ViewerWrite, given: RequestDecision, outcome: DecisionOutcome) -> Outcome:
    """Decide on a pending request, if the viewer may; called by a rule that has checked the scope.

    Raises:
        Rejected: the request is not there, or is another version by now, or the viewer may not decide so on it.
    """
    viewer = write.context.viewer
    table, has = db.connection_requests, (db.approvals,)
    request = await target(write, table, given.id, expected=given.expected_version, has=has)
    forbids_own = False
    if request.requester_id is not None and request.requester_id == viewer.person_id:
        [organization] = await write.rows_of_organization()
        forbids_own = bool(organization.forbids_own_approval)
    may = permission(viewer, outcome, request.status, request.requester_id, forbids_own=forbids_own)
    if may.code is not None and may.reason is not None:
        raise Rejected([ChangeProblem(may.code, may.reason, ("id",))], request.id)
    await _forget_earlier(write, request, outcome)
    changes = {request.id: {"status": outcome.value}}
    await write.update_each(db.connection_requests, changes, before=[request])
    await _note(write, request, outcome, given.comment)
    write.happened(Event(f"connection_request.{outcome}", "connection_requests", request.id))
    return Outcome(request.id)


async def _forget_earlier(write: ViewerWrite, request: Row, outcome: DecisionOutcome) -> None:
    """Delete what is there of a decision, although the request is pending."""
    if request.version > 1:  # a document may have made it pending again after it was decided on here
        earlier = await write.rows(db.decisions, [request.id], key=CHILD_OF)
        await write.delete(db.decisions, [each.id for each in earlier])
    # Documents name people who have not approved yet.
    if outcome is DecisionOutcome.APPROVED and request.has_approvals:
        named = await write.rows(db.approvals, [request.id], key=CHILD_OF)
        await write.delete(db.approvals, [each.id for each in named])


async def _note(write: ViewerWrite, request: Row, outcome: DecisionOutcome, comment: str | None) -> None:
    """Keep who decided, when and why."""
    made = {CHILD_OF: request.id, "person_id": write.context.viewer.person_id}
    decision = {**made, "outcome": outcome.value, "decided_at": write.at, "comment": comment}
    await write.insert(db.decisions, [decision])
    if outcome is DecisionOutcome.APPROVED:
        await write.insert(db.approvals, [{**made, "approved_at": write.at}])


class Permission(NamedTuple):
    """Whether a viewer may do something.

    Attributes:
        is_allowed: whether they may.
        code: what sort of reason there is why not; None where they may.
        reason: why not, a sentence for the viewer.
    """

    is_allowed: bool
    code: ErrorCode | None = None
    reason: str | None = None


ALLOWED: Final = Permission(True)


def permission(
    viewer: Viewer,
    outcome: DecisionOutcome,
    status: str,
    requester_id: str | None,
    *,
    forbids_own: bool,
) -> Permission:
    """Whether the viewer may decide so on a request.

    Args:
        viewer: who would.
        outcome: of the decision.
        status: of the request.
        requester_id: who asks.
        forbids_own: whether the organization lets nobody approve what they ask for themselves.
    """
    if not (may := permission_of_scope(viewer, SCOPES[outcome])).is_allowed:
        return may
    if viewer.person_id is None:
        return Permission(False, ErrorCode.PERSON_REQUIRED, NOBODYS)
    if status != ConnectionRequestStatus.PENDING:
        return Permission(False, ErrorCode.CONFLICT, f"The connection request is {status} already.")
    if outcome is DecisionOutcome.APPROVED and forbids_own and viewer.person_id == requester_id:
        message = "In this organization, people may not approve their own connection requests."
        return Permission(False, ErrorCode.FORBIDDEN, message)
    return ALLOWED


def permission_of_scope(viewer: Viewer, scope: Scope) -> Permission:
    """Whether the viewer may do what needs a scope."""
    if viewer.may(scope):
        return ALLOWED
    return Permission(False, ErrorCode.FORBIDDEN, f"This needs a token with the scope `{scope}`.")


@dataclass(frozen=True, slots=True)
class RequestPermissions:
    """What a viewer may do with one request."""

    update: Permission
    approve: Permission
    deny: Permission
    cancel: Permission


def permissions(viewer: Viewer, status: str, requester_id: str | None) -> RequestPermissions:
    """What the viewer may do with a request of this status that this person asks for."""
    forbids_own = viewer.forbids_own_approval
    return RequestPermissions(
        permission_of_scope(viewer, Scope.WRITE),
        *(permission(viewer, each, status, requester_id, forbids_own=forbids_own) for each in SCOPES),
    )
