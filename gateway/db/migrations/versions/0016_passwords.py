"""Passwords."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "login_attempts",
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("attempts", types.BigInt(), nullable=False),
        sa.Column("until", types.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_attempts")),
    )
    op.create_table(
        "passwords",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("person_id", types.OrderedText(), nullable=False),
        sa.Column("username", types.OrderedText(), nullable=False),
        sa.Column("password_hash", types.OrderedText(), nullable=False),
        sa.Column("scopes", types.Text(), nullable=False),
        sa.Column("version", types.BigInt(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "person_id"],
            ["people.organization_id", "people.id"],
            name="fk_passwords_person_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_passwords_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_passwords")),
        sa.UniqueConstraint(
            "organization_id", "person_id", name=op.f("uq_passwords_organization_id_person_id")
        ),
        sa.UniqueConstraint("username", name=op.f("uq_passwords_username")),
    )
    op.create_index("ix_login_attempts_until", "login_attempts", ["until"], unique=False)
