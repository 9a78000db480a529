"""Sort keys beside the names that lists are ordered by; made once of the names that are there."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types
from gateway.db.sort_keys import make_sort_keys

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

SORTED = {
    "connectors": ("display_name",),
    "files": ("name",),
    "people": ("first_name", "last_name"),
    "connection_requests": ("org_name",),
    "connected_accounts": ("name",),
}


def upgrade() -> None:
    op.drop_index("ix_files_name", "files")
    op.drop_index("ix_people_first_name", "people")
    op.drop_index("ix_people_last_name", "people")
    op.drop_index("ix_connection_requests_org_name", "connection_requests")
    op.drop_index("ix_connected_accounts_name", "connected_accounts")
    op.add_column("connectors", sa.Column("display_name_sort", types.OrderedText(), nullable=True))
    op.add_column("files", sa.Column("name_sort", types.OrderedText(), nullable=True))
    op.add_column("people", sa.Column("first_name_sort", types.OrderedText(), nullable=True))
    op.add_column("people", sa.Column("last_name_sort", types.OrderedText(), nullable=True))
    op.add_column("connection_requests", sa.Column("org_name_sort", types.OrderedText(), nullable=True))
    op.add_column("connected_accounts", sa.Column("name_sort", types.OrderedText(), nullable=True))
    for table, names in SORTED.items():
        make_sort_keys(op.get_bind(), table, names)
    op.create_index(
        "ix_files_name_sort", "files", ["organization_id", types.nulls_first("name_sort"), "id"], unique=False
    )
    op.create_index(
        "ix_people_first_name_sort",
        "people",
        ["organization_id", types.nulls_first("first_name_sort"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_people_last_name_sort",
        "people",
        ["organization_id", types.nulls_first("last_name_sort"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_org_name_sort",
        "connection_requests",
        ["organization_id", types.nulls_first("org_name_sort"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connected_accounts_name_sort",
        "connected_accounts",
        ["organization_id", types.nulls_first("name_sort"), "id"],
        unique=False,
    )
