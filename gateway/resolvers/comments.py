"""Comments: what people say about connection requests."""

from dataclasses import dataclass
from typing import Annotated

from gateway.db import tables as db
from gateway.db.statements import Row
from gateway.events import Event
from gateway.resolvers.errors import ChangeProblem, ErrorCode, Rejected
from gateway.resolvers.inputs import Reference, RuleInput, VersionedInput, said
from gateway.resolvers.problems import Problems
from gateway.resolvers.rules import Outcome, rule, target
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
    """Comment on a connection request, as the person whom the token belongs to, if to anyone."""
    comment = {
        "connection_request_id": given.connection_request_id,
        "author_id": write.context.viewer.person_id,
        "body": given.body,
    }
    [comment_id] = await write.insert(db.comments, [comment])
    write.happened(Event("comment.created", "comments", comment_id))
    return Outcome(comment_id)


CommentId = Annotated[str, Reference(db.comments, is_target=True)]
COMMENT = "The global id of the comment."


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentChanges(VersionedInput):
    """The new text of a comment."""

    table = db.comments
    id: CommentId = said(COMMENT)
    body: str

    def check(self, problems: Problems) -> None:
        """Note a comment that says nothing."""
        check_comment(problems, self.body, "body")


@rule(Scope.WRITE)
async def update_comment(write: ViewerWrite, given: CommentChanges) -> Outcome:
    """Correct a comment of one's own."""
    row = await target(write, db.comments, given.id, expected=given.expected_version)
    _check_author(write, row)
    if await write.update_each(db.comments, {row.id: {"body": given.body}}, before=[row]):
        write.happened(Event("comment.updated", "comments", row.id))
    return Outcome(row.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentToDelete(VersionedInput):
    """Which comment to delete."""

    table = db.comments
    id: CommentId = said(COMMENT)


@rule(Scope.WRITE)
async def delete_comment(write: ViewerWrite, given: CommentToDelete) -> Outcome:
    """Delete a comment of one's own."""
    row = await target(write, db.comments, given.id, expected=given.expected_version, for_deletion=True)
    _check_author(write, row)
    await write.delete(db.comments, [row.id])
    write.happened(Event("comment.deleted", "comments", row.id))
    return Outcome(deleted_id=row.id)


def _check_author(write: ViewerWrite, row: Row) -> None:
    viewer = write.context.viewer
    if row.author_id not in (None, viewer.person_id) and not viewer.may(Scope.ADMIN):
        message = "A comment is its author's to change, or that of a token with the scope `admin`."
        raise Rejected([ChangeProblem(ErrorCode.FORBIDDEN, message, ("id",))], row.id)
