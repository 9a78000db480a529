"""Files are attached to several requests, in order: a table between the two in the place of a column of files."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_attachments",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connection_request_id", types.OrderedText(), nullable=False),
        sa.Column("file_id", types.OrderedText(), nullable=False),
        sa.Column("position", types.BigInt(), nullable=False),
        sa.Column("extra", types.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_request_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name="fk_file_attachments_connection_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "file_id"],
            ["files.organization_id", "files.id"],
            name="fk_file_attachments_file_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_file_attachments_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_file_attachments")),
        sa.UniqueConstraint(
            "organization_id",
            "file_id",
            "connection_request_id",
            name="uq_file_attachments_file_id",
        ),
    )
    op.execute(
        "INSERT INTO file_attachments (organization_id, id, created_at, updated_at, connection_request_id, file_id,"
        " position) SELECT organization_id, id, created_at, updated_at, connection_request_id, id, position"
        " FROM files WHERE connection_request_id IS NOT NULL"
    )
    op.create_index(
        "ix_file_attachments_connection_request_id_position",
        "file_attachments",
        ["organization_id", "connection_request_id", "position", "file_id"],
        unique=False,
    )
    op.execute("UPDATE child_counters SET table_name = 'file_attachments' WHERE table_name = 'files'")
    op.drop_index("ix_files_connection_request_id_position", "files")
    op.drop_index("ix_files_uuid", "files")
    with op.batch_alter_table("files") as batch_op:
        batch_op.drop_constraint("fk_files_connection_request_id")
        batch_op.drop_column("connection_request_id")
    op.create_index(
        "ix_files_uuid",
        "files",
        ["organization_id", sa.func.coalesce(sa.column("vendor_uuid"), sa.column("id")), "created_at", "id"],
        unique=False,
    )
