"""Which rows hold a credential in a short column; looked for once in the rows that are there."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types
from gateway.db.marking import mark_rows

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SHORT = {
    "connection_requests": (
        *("org_name", "org_contact_full_name", "primary_contact_phone", "primary_contact_email"),
        *("retailer_account_number", "supplier_account_number", "target_group_id"),
    ),
    "requested_items": (
        *("resource_id", "group_id", "access_level_name", "access_level_remote_id"),
        *("name", "remote_id", "remote_name"),
    ),
    "integrations": ("integration_type",),
    "files": ("name", "content_type"),
    "people": ("first_name", "last_name", "email", "phone", "job_title"),
    "connected_accounts": (
        *("service", "external_id", "name", "list_id", "customer_id", "connector_config_id"),
        "integration_ref",
    ),
    "connectors": ("display_name", "stage", "platforms", "auth_type"),
}
COUNTED = ("connection_requests", "integrations", "files", "people", "connected_accounts")


def upgrade() -> None:
    for table, columns in SHORT.items():
        op.add_column(
            table,
            sa.Column("holds_credential", types.Boolean(), server_default=sa.false(), nullable=False),
        )
        if table in COUNTED:
            holds = sa.column("holds_credential").is_(sa.true())
            op.create_index(
                f"ix_{table}_holding",
                table,
                ["organization_id", "id"],
                unique=False,
                sqlite_where=holds,
                postgresql_where=holds,
            )
        mark_rows(op.get_bind(), table, columns)
