"""Configurations of connectors, the customers of organizations, and the customers of shops."""

import sqlalchemy as sa
from alembic import op

from gateway.db import folding, types

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "connector_configs",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connector_name", types.OrderedText(), nullable=False),
        sa.Column("display_name", types.OrderedText(), nullable=True),
        sa.Column("disabled", types.Boolean(), nullable=True),
        sa.Column("config", types.Text(), nullable=True),
        sa.Column("metadata", types.Text(), nullable=True),
        sa.Column("version", types.BigInt(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_connector_configs_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_connector_configs")),
    )
    op.create_table(
        "customers",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("metadata", types.Text(), nullable=True),
        sa.Column("version", types.BigInt(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_customers_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_customers")),
    )
    op.create_table(
        "commerce_customers",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("number", types.BigInt(), nullable=False),
        sa.Column("connected_account_id", types.OrderedText(), nullable=False),
        sa.Column("external_id", types.OrderedText(), nullable=False),
        sa.Column("email", types.OrderedText(), nullable=False),
        sa.Column("accepts_marketing", types.Boolean(), nullable=True),
        sa.Column("version", types.BigInt(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id", "connected_account_id"],
            ["connected_accounts.organization_id", "connected_accounts.id"],
            name="fk_commerce_customers_connected_account_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_commerce_customers_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_commerce_customers")),
        sa.UniqueConstraint(
            "organization_id",
            "connected_account_id",
            "external_id",
            name=op.f("uq_commerce_customers_organization_id_connected_account_id_external_id"),
        ),
        sa.UniqueConstraint(
            "organization_id", "number", name=op.f("uq_commerce_customers_organization_id_number")
        ),
    )
    op.create_index(
        "ix_connector_configs_config_sealed_with",
        "connector_configs",
        [folding.leading(sa.column("config"), 9)],
        unique=False,
    )
    op.create_index(
        "ix_connector_configs_updated_at",
        "connector_configs",
        ["organization_id", "updated_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_commerce_customers_email", "commerce_customers", ["organization_id", "email", "id"], unique=False
    )
