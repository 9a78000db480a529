"""Comments: what people say about connection requests."""

from dataclasses import dataclass
from typing import Annotated

from gateway.db import tables as db
from gateway.events import Event
from gateway.resolvers.inputs import Reference, RuleInput
from gateway.resolvers.problems import Problems
from gateway.resolvers.rules import Outcome, rule
from gateway.resolvers.viewer import Scope
from gateway.resolvers.writes import ViewerWrite


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComment(RuleInput):
    """What is said about which request."""

    table = db.comments
    connection_request_id: Annotated[str, Reference(db.connection_requests)]
    body: str

    def check(self, problems: Problems) -> None:
        """Note a comment that says nothing."""
        check_comment(problems, self.body, "body")


def check_comment(problems: Problems, text: str | None, member: str) -> None:
    """Note a comment that says nothing; None is none."""
    if text is not None and not text.strip() and not problems.is_legacy:
        problems.add("A comment must say something.", member)


@rule(Scope.WRITE)
async def add_comment(write: ViewerWrite, given: NewComment) -> Outcome:
    """Say something about a connection request, as the person whom the token belongs to, if to anyone."""
    comment = {
        "connection_request_id": given.connection_request_id,
        "author_id": write.context.viewer.person_id,
        "body": given.body,
    }
    [comment_id] = await write.insert(db.comments, [comment])
    write.happened(Event("comment.created", "comments", comment_id))
    return Outcome(comment_id)
