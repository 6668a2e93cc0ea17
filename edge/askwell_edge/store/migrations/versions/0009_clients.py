"""OAuth clients and their tokens, operators who are disabled, and when a token was last used."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is disabled, and no use is known of."""
    op.add_column("operators", sa.Column("disabled_at", sa.BigInteger(), nullable=True))
    op.add_column("api_tokens", sa.Column("last_used_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "api_clients",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_api_clients")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fk_api_clients_operator_id")
        ),
    )
    op.create_table(
        "access_tokens",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_access_tokens")),
        sa.ForeignKeyConstraint(
            ["client_id"], ["api_clients.client_id"], name=op.f("fk_access_tokens_client_id")
        ),
    )
    for column in ("client_id", "expires_at"):
        op.create_index(op.f(f"ix_access_tokens_{column}"), "access_tokens", [column])


def downgrade() -> None:
    """Clients and their tokens are gone; nobody is disabled any more."""
    op.drop_table("access_tokens")
    op.drop_table("api_clients")
    op.drop_column("api_tokens", "last_used_at")
    op.drop_column("operators", "disabled_at")
