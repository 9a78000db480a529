"""Customers of a shop that have one id, but not one e-mail address: WP Fusion calls all guests `guest`."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The tables that it refers to have indexes of expressions, which SQLAlchemy does not reflect.
    alone = {"resolve_fks": False}
    with op.batch_alter_table("commerce_customers", reflect_kwargs=alone) as batch_op:
        # PostgreSQL has its name shortened, as it was made.
        batch_op.drop_constraint(
            op.f("uq_commerce_customers_organization_id_connected_account_id_external_id"), type_="unique"
        )
        batch_op.create_unique_constraint(
            "uq_commerce_customers_external_id",
            ["organization_id", "connected_account_id", "external_id", "email"],
        )
