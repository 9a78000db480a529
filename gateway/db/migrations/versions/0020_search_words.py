"""The words that rows are found by; made once of the rows that are there."""

import sqlalchemy as sa
from alembic import op

from gateway.db import types
from gateway.db.search import make_words

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

SEARCHED = {
    "connection_requests": (
        *("org_name", "org_contact_full_name", "primary_contact_phone", "primary_contact_email"),
        *("retailer_account_number", "supplier_account_number", "additional_information", "reason"),
    ),
    "people": ("first_name", "last_name", "email", "phone", "job_title"),
}


def upgrade() -> None:
    op.create_table(
        "search_words",
        sa.Column("organization_id", types.OrderedText(), nullable=False),
        sa.Column("table_name", types.OrderedText(), nullable=False),
        sa.Column("word", types.OrderedText(), nullable=False),
        sa.Column("row_id", types.OrderedText(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_search_words_organization_id")
        ),
        sa.PrimaryKeyConstraint(
            "organization_id", "table_name", "word", "row_id", name=op.f("pk_search_words")
        ),
        sqlite_with_rowid=False,
    )
    for table, columns in SEARCHED.items():
        make_words(op.get_bind(), table, columns)
