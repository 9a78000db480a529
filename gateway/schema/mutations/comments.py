"""Mutations of comments."""

from gateway.resolvers import comments
from gateway.schema.comments import Comment
from gateway.schema.mutations.declaring import mutation

EARLIEST_FIRST = (("created_at", False), ("id", False))

MUTATIONS = (
    mutation(
        comments.add_comment,
        Comment,
        edge=EARLIEST_FIRST,
        description="Say something about a connection request",
    ),
    mutation(
        comments.update_comment,
        Comment,
        description="Correct a comment of one's own, or with the scope `admin` anybody's",
    ),
    mutation(
        comments.delete_comment,
        Comment,
        deletes=True,
        description="Take a comment of one's own back, or with the scope `admin` anybody's",
    ),
)
