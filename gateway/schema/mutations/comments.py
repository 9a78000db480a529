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
        description="Comment on a connection request",
    ),
    mutation(
        comments.update_comment,
        Comment,
        description="Edit a comment: your own, or with the scope `admin` anybody's",
    ),
    mutation(
        comments.delete_comment,
        Comment,
        deletes=True,
        description="Delete a comment: your own, or with the scope `admin` anybody's",
    ),
)
