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
        description="Adds a comment to a connection request",
    ),
    mutation(
        comments.update_comment,
        Comment,
        description="Changes the text of a comment. Only its author may do this, or a token with the scope `admin`",
    ),
    mutation(
        comments.delete_comment,
        Comment,
        deletes=True,
        description="Deletes a comment. Only its author may do this, or a token with the scope `admin`",
    ),
)
