"""Webhooks."""

import sqlalchemy as sa
from alembic import op

from gateway.db import folding, types

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("url", types.OrderedText(), nullable=False),
        sa.Column("types", types.Text(), nullable=False),
        sa.Column("disabled_at", types.Timestamp(), nullable=True),
        sa.Column("disabled_reason", types.OrderedText(), nullable=True),
        sa.Column("undelivered_after", types.OrderedText(), nullable=True),
        sa.Column("version", types.BigInt(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "disabled_reason IN ('requested', 'failing', 'gone')",
            name=op.f("ck_webhook_endpoints_disabled_reason"),
        ),
        sa.CheckConstraint(
            "(disabled_at IS NULL) = (disabled_reason IS NULL)",
            name=op.f("ck_webhook_endpoints_disabled_for_a_reason"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_webhook_endpoints_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_table(
        "webhook_attempts",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("endpoint_id", types.OrderedText(), nullable=False),
        sa.Column("webhook_id", types.OrderedText(), nullable=False),
        sa.Column("event_id", types.BigInt(), nullable=False),
        sa.Column("event_type", types.OrderedText(), nullable=False),
        sa.Column("number", types.BigInt(), nullable=False),
        sa.Column("outcome", types.OrderedText(), nullable=False),
        sa.Column("status", types.BigInt(), nullable=True),
        sa.Column("error", types.OrderedText(), nullable=True),
        sa.Column("duration_ms", types.BigInt(), nullable=False),
        sa.Column("next_attempt_at", types.Timestamp(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('delivered', 'failed', 'given_up')", name=op.f("ck_webhook_attempts_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "endpoint_id"],
            ["webhook_endpoints.organization_id", "webhook_endpoints.id"],
            name="fk_webhook_attempts_endpoint_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_webhook_attempts_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook_attempts")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("endpoint_id", types.OrderedText(), nullable=False),
        sa.Column("event_id", types.BigInt(), nullable=False),
        sa.Column("mark_before", types.BigInt(), nullable=False),
        sa.Column("subject", types.OrderedText(), nullable=False),
        sa.Column("attempts", types.BigInt(), nullable=False),
        sa.Column("first_attempt_at", types.Timestamp(), nullable=True),
        sa.Column("next_attempt_at", types.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "endpoint_id"],
            ["webhook_endpoints.organization_id", "webhook_endpoints.id"],
            name="fk_webhook_deliveries_endpoint_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_webhook_deliveries_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook_deliveries")),
    )
    op.create_table(
        "webhook_leases",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("holder", types.OrderedText(), nullable=False),
        sa.Column("until", types.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "id"],
            ["webhook_endpoints.organization_id", "webhook_endpoints.id"],
            name="fk_webhook_leases_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_webhook_leases_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook_leases")),
    )
    op.create_table(
        "webhook_positions",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("event_id", types.BigInt(), nullable=False),
        sa.Column("mark", types.BigInt(), nullable=False),
        sa.Column("failing_since", types.Timestamp(), nullable=True),
        sa.Column("next_attempt_at", types.Timestamp(), nullable=True),
        sa.Column("is_full", types.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "id"],
            ["webhook_endpoints.organization_id", "webhook_endpoints.id"],
            name="fk_webhook_positions_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_webhook_positions_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook_positions")),
    )
    op.create_table(
        "webhook_secrets",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("endpoint_id", types.OrderedText(), nullable=False),
        sa.Column("secret", types.Text(), nullable=False),
        sa.Column("expires_at", types.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "endpoint_id"],
            ["webhook_endpoints.organization_id", "webhook_endpoints.id"],
            name="fk_webhook_secrets_endpoint_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_webhook_secrets_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_webhook_secrets")),
    )
    op.create_index(
        "ix_webhook_endpoints_created_at",
        "webhook_endpoints",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index("ix_webhook_attempts_created_at", "webhook_attempts", ["created_at"], unique=False)
    op.create_index(
        "ix_webhook_attempts_endpoint_id_created_at",
        "webhook_attempts",
        ["organization_id", "endpoint_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_webhook_deliveries_endpoint_id",
        "webhook_deliveries",
        ["organization_id", "endpoint_id", "event_id"],
        unique=True,
    )
    op.create_index(
        "ix_webhook_secrets_endpoint_id", "webhook_secrets", ["organization_id", "endpoint_id"], unique=False
    )
    op.create_index(
        "ix_webhook_secrets_secret_sealed_with",
        "webhook_secrets",
        [folding.leading(sa.column("secret"), 9)],
        unique=False,
    )
