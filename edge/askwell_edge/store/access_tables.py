"""The tables of who may do what, and of who did what."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, String, Table

from askwell_edge.store.metadata import metadata

operators = Table(
    "operators",
    metadata,
    Column("operator_id", String, primary_key=True),
    Column("email", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("password_hash", String, nullable=False),
    Column("brand_administrator", Boolean, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
)

directory_roles = Table(
    "directory_roles",
    metadata,
    Column("operator_id", String, ForeignKey("operators.operator_id"), primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), primary_key=True),
    Column("access_contacts", Boolean, nullable=False),
    Column("manage_directory", Boolean, nullable=False),
)

console_sessions = Table(
    "console_sessions",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("operator_id", String, ForeignKey("operators.operator_id"), nullable=False),
    Column("csrf_token", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("token_id", String, primary_key=True),
    Column("operator_id", String, ForeignKey("operators.operator_id"), nullable=False),
    Column("name", String, nullable=False),
    Column("prefix", String, nullable=False),  # shown, to tell tokens apart
    Column("token_hash", String, nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),  # the beginning of that day
)

api_clients = Table(
    "api_clients",
    metadata,
    Column("client_id", String, primary_key=True),
    Column("operator_id", String, ForeignKey("operators.operator_id"), nullable=False),
    Column("name", String, nullable=False),
    Column("secret_hash", String, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("last_used_at", BigInteger),  # the beginning of that day
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_hash", String, primary_key=True),
    Column("client_id", String, ForeignKey("api_clients.client_id"), nullable=False, index=True),
    Column("scopes", JSON, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

audit = Table(
    "audit",
    metadata,
    Column("audit_id", String, primary_key=True),
    Column("at", BigInteger, nullable=False, index=True),
    Column("operator_id", String),
    Column("action", String, nullable=False),
    Column("object_id", String, nullable=False, index=True),
    Column("before", JSON),
    Column("after", JSON),
)
