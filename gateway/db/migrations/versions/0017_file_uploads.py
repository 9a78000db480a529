"""File uploads."""

import sqlalchemy as sa
from alembic import op

from gateway.db import folding, types

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_uploads",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("name", types.OrderedText(), nullable=False),
        sa.Column("content_type", types.OrderedText(), nullable=True),
        sa.Column("size", types.BigInt(), nullable=True),
        sa.Column("sha256", types.OrderedText(), nullable=True),
        sa.Column("storage_key", types.OrderedText(), nullable=True),
        sa.Column("received_size", types.BigInt(), nullable=True),
        sa.Column("received_sha256", types.OrderedText(), nullable=True),
        sa.Column("completed_at", types.Timestamp(), nullable=True),
        sa.Column("expires_at", types.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_file_uploads_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_file_uploads")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("secret", types.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_signing_keys_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_signing_keys")),
    )
    op.create_index("ix_file_uploads_expires_at", "file_uploads", ["expires_at"], unique=False)
    op.create_index(
        "ix_signing_keys_secret_sealed_with",
        "signing_keys",
        [folding.leading(sa.column("secret"), 9)],
        unique=False,
    )
