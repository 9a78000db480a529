"""Many connection requests at once: made, or decided on."""

from dataclasses import dataclass

from gateway.db import tables as db
from gateway.db.tables import DecisionOutcome
from gateway.resolvers.batches import BatchMode, each_of
from gateway.resolvers.decisions import RequestDecision, decide
from gateway.resolvers.inputs import MAX_LIST, RuleInput, said
from gateway.resolvers.request_changes import create_connection_request
from gateway.resolvers.request_inputs import NewConnectionRequest
from gateway.resolvers.rules import ChangeRule, Outcome, rule
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite

MODE = "What happens to the other entries if one entry fails."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConnectionRequests(RuleInput):
    """Connections that are asked for together."""

    requests: tuple[NewConnectionRequest, ...] = said(
        f"The connection requests to create. At most {MAX_LIST}.", is_apart=True
    )
    mode: BatchMode = said(MODE)


@rule(Scope.WRITE)
async def create_connection_requests(write: ViewerWrite, given: NewConnectionRequests) -> Outcome:
    """Ask for many connections."""
    return await each_of(write, create_connection_request, given.requests, given.mode, member="requests")


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOfDecisions(RequestDecision):
    """A decision on one connection request."""

    table = db.connection_requests
    outcome: DecisionOutcome = said(
        "The outcome of the decision. `CANCELED` also requires the scope `write`."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDecisions(RuleInput):
    """Decisions that are made together."""

    decisions: tuple[OneOfDecisions, ...] = said(f"The decisions. At most {MAX_LIST}.", is_apart=True)
    mode: BatchMode = said(MODE)


async def _decide_one(write: ViewerWrite, given: OneOfDecisions) -> Outcome:
    return await decide(write, given, given.outcome)


DECIDE_ONE = ChangeRule("decide_connection_request", Scope.APPROVE, OneOfDecisions, _decide_one)


@rule(Scope.APPROVE)
async def decide_connection_requests(write: ViewerWrite, given: RequestDecisions) -> Outcome:
    """Decide on many requests."""
    # In the order of ids, which is every writer's: in that of the list, two batches could wait for each other for ever.
    await write.lock(db.connection_requests, {each.id for each in given.decisions})
    return await each_of(write, DECIDE_ONE, given.decisions, given.mode, member="decisions")
