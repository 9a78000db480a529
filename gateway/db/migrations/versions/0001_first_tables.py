"""The first tables."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("name", types.OrderedText(), nullable=False),
        sa.Column("kind", types.OrderedText(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('retailer', 'supplier', 'none')", name=op.f("ck_organizations_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
    )
    op.create_table(
        "counters",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("table_name", types.OrderedText(), nullable=False),
        sa.Column("kind", types.OrderedText(), nullable=False),
        sa.Column("status", types.OrderedText(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_counters_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "table_name", "kind", "status", name=op.f("pk_counters")),
    )
    op.create_table(
        "events",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("type", types.OrderedText(), nullable=False),
        sa.Column("subject_type", types.OrderedText(), nullable=False),
        sa.Column("subject_id", types.OrderedText(), nullable=True),
        sa.Column("actor_id", types.OrderedText(), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("occurred_at", types.Timestamp(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_events_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_events")),
    )
    op.create_index(
        "ix_events_subject", "events", ["organization_id", "subject_type", "subject_id", "id"], unique=False
    )
    op.create_table(
        "people",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("first_name", types.OrderedText(), nullable=True),
        sa.Column("last_name", types.OrderedText(), nullable=True),
        sa.Column("email", types.OrderedText(), nullable=True),
        sa.Column("phone", types.OrderedText(), nullable=True),
        sa.Column("job_title", types.OrderedText(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_people_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_people")),
    )
    op.create_index("ix_people_created_at", "people", ["organization_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_people_email", "people", ["organization_id", types.nulls_first("email"), "id"], unique=False
    )
    op.create_index(
        "ix_people_last_name",
        "people",
        ["organization_id", types.nulls_first("last_name"), "id"],
        unique=False,
    )
    op.create_table(
        "api_tokens",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("person_id", types.OrderedText(), nullable=True),
        sa.Column("customer_id", types.OrderedText(), nullable=True),
        sa.Column("name", types.OrderedText(), nullable=False),
        sa.Column("token_hash", types.OrderedText(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("expires_at", types.Timestamp(), nullable=True),
        sa.Column("last_used_at", types.Timestamp(), nullable=True),
        sa.Column("revoked_at", types.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "person_id"],
            ["people.organization_id", "people.id"],
            name="fk_api_tokens_person_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_api_tokens_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_index(
        "ix_api_tokens_person_id",
        "api_tokens",
        ["organization_id", types.nulls_first("person_id"), "id"],
        unique=False,
    )
    op.create_table(
        "connection_requests",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("kind", types.OrderedText(), nullable=False),
        sa.Column("org_name", types.OrderedText(), nullable=True),
        sa.Column("org_contact_full_name", types.OrderedText(), nullable=True),
        sa.Column("primary_contact_phone", types.OrderedText(), nullable=True),
        sa.Column("primary_contact_email", types.OrderedText(), nullable=True),
        sa.Column("retailer_account_number", types.OrderedText(), nullable=True),
        sa.Column("supplier_account_number", types.OrderedText(), nullable=True),
        sa.Column("additional_information", types.OrderedText(), nullable=True),
        sa.Column("reason", types.OrderedText(), nullable=True),
        sa.Column("duration_minutes", sa.BigInteger(), nullable=True),
        sa.Column("requester_id", types.OrderedText(), nullable=True),
        sa.Column("target_user_id", types.OrderedText(), nullable=True),
        sa.Column("target_group_id", types.OrderedText(), nullable=True),
        sa.Column("status", types.OrderedText(), nullable=False),
        sa.Column("requested_at", types.Timestamp(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('trading_partner', 'access')", name=op.f("ck_connection_requests_kind")),
        sa.CheckConstraint(
            "status IN ('pending', 'approved', 'denied', 'canceled')",
            name=op.f("ck_connection_requests_status"),
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "requester_id"],
            ["people.organization_id", "people.id"],
            name="fk_connection_requests_requester_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "target_user_id"],
            ["people.organization_id", "people.id"],
            name="fk_connection_requests_target_user_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_connection_requests_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_connection_requests")),
    )
    op.create_index(
        "ix_connection_requests_created_at",
        "connection_requests",
        ["organization_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_kind_created_at",
        "connection_requests",
        ["organization_id", "kind", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_kind_requested_at",
        "connection_requests",
        ["organization_id", "kind", "requested_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_kind_status_requested_at",
        "connection_requests",
        ["organization_id", "kind", "status", "requested_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_org_name",
        "connection_requests",
        ["organization_id", types.nulls_first("org_name"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_requested_at",
        "connection_requests",
        ["organization_id", "requested_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_requester_id_requested_at",
        "connection_requests",
        ["organization_id", types.nulls_first("requester_id"), "requested_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_status_requested_at",
        "connection_requests",
        ["organization_id", "status", "requested_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_target_user_id_requested_at",
        "connection_requests",
        ["organization_id", types.nulls_first("target_user_id"), "requested_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_connection_requests_updated_at",
        "connection_requests",
        ["organization_id", "updated_at", "id"],
        unique=False,
    )
    op.create_table(
        "approvals",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connection_request_id", types.OrderedText(), nullable=False),
        sa.Column("person_id", types.OrderedText(), nullable=False),
        sa.Column("approved_at", types.Timestamp(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_request_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name="fk_approvals_connection_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "person_id"],
            ["people.organization_id", "people.id"],
            name="fk_approvals_person_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_approvals_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_approvals")),
        sa.UniqueConstraint(
            "organization_id",
            "connection_request_id",
            name=op.f("uq_approvals_organization_id_connection_request_id"),
        ),
    )
    op.create_index(
        "ix_approvals_person_id_approved_at",
        "approvals",
        ["organization_id", "person_id", types.nulls_first("approved_at"), "id"],
        unique=False,
    )
    op.create_table(
        "comments",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connection_request_id", types.OrderedText(), nullable=False),
        sa.Column("author_id", types.OrderedText(), nullable=True),
        sa.Column("body", types.OrderedText(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "author_id"],
            ["people.organization_id", "people.id"],
            name="fk_comments_author_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_request_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name="fk_comments_connection_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_comments_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_comments")),
    )
    op.create_index(
        "ix_comments_author_id",
        "comments",
        ["organization_id", types.nulls_first("author_id"), "id"],
        unique=False,
    )
    op.create_index(
        "ix_comments_connection_request_id_created_at",
        "comments",
        ["organization_id", "connection_request_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "files",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connection_request_id", types.OrderedText(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("name", types.OrderedText(), nullable=False),
        sa.Column("content_type", types.OrderedText(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", types.OrderedText(), nullable=True),
        sa.Column("storage_key", types.OrderedText(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_request_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name="fk_files_connection_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_files_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_files")),
    )
    op.create_index(
        "ix_files_connection_request_id_position",
        "files",
        ["organization_id", types.nulls_first("connection_request_id"), "position", "id"],
        unique=False,
    )
    op.create_index("ix_files_created_at", "files", ["organization_id", "created_at", "id"], unique=False)
    op.create_index("ix_files_name", "files", ["organization_id", "name", "id"], unique=False)
    op.create_table(
        "integrations",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("id", types.OrderedText(), nullable=False),
        sa.Column("created_at", types.Timestamp(), nullable=False),
        sa.Column("updated_at", types.Timestamp(), nullable=False),
        sa.Column("connection_request_id", types.OrderedText(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("integration_type", types.OrderedText(), nullable=False),
        sa.Column("update_frequency", types.OrderedText(), nullable=True),
        sa.Column("feed_source_file_locations", types.OrderedText(), nullable=True),
        sa.Column("file_specs", types.OrderedText(), nullable=True),
        sa.Column("rules", types.OrderedText(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id", "connection_request_id"],
            ["connection_requests.organization_id", "connection_requests.id"],
            name="fk_integrations_connection_request_id",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_integrations_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", "id", name=op.f("pk_integrations")),
    )
    op.create_index(
        "ix_integrations_connection_request_id_position",
        "integrations",
        ["organization_id", "connection_request_id", "position", "id"],
        unique=False,
    )
    op.create_index(
        "ix_integrations_created_at", "integrations", ["organization_id", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_integrations_integration_type_created_at",
        "integrations",
        ["organization_id", "integration_type", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_integrations_update_frequency_created_at",
        "integrations",
        ["organization_id", types.nulls_first("update_frequency"), "created_at", "id"],
        unique=False,
    )
