"""Every table of the edge, for SQLite and PostgreSQL alike; statements come from here.

Instants are integer UTC milliseconds. JSON columns hold what one row's owner alone reads.
"""

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    literal_column,
    select,
    text,
)
from sqlalchemy.engine.default import DefaultExecutionContext

from askwell_edge.store.access_tables import (
    access_tokens,
    api_clients,
    api_tokens,
    audit,
    console_sessions,
    directory_roles,
    operators,
)
from askwell_edge.store.batch_tables import batched_transactions, transaction_batches
from askwell_edge.store.due_tables import due_marks, sweeps
from askwell_edge.store.import_tables import import_errors, import_outcomes, import_runs
from askwell_edge.store.merge_tables import (
    contact_redirects,
    distinct_contacts,
    merge_runs,
    merge_undo_refusals,
    merge_undos,
    merges,
)
from askwell_edge.store.metadata import metadata
from askwell_edge.store.timeline_tables import segment_move_log, timelines, touchpoint_kinds

__all__ = [
    "access_tokens",
    "api_clients",
    "api_tokens",
    "audit",
    "batched_transactions",
    "console_sessions",
    "contact_redirects",
    "directory_roles",
    "distinct_contacts",
    "due_marks",
    "import_errors",
    "import_outcomes",
    "import_runs",
    "merge_runs",
    "merge_undo_refusals",
    "merge_undos",
    "merges",
    "metadata",
    "operators",
    "segment_move_log",
    "sweeps",
    "timelines",
    "touchpoint_kinds",
    "transaction_batches",
]

# Compared and ordered by its bytes, whatever language the database speaks: texts that begin alike
# stand together in an index. SQLite does so by itself.
ByBytes = String().with_variant(String(collation="C"), "postgresql")


def _directory_key(context: DefaultExecutionContext) -> Any:
    row: dict[str, Any] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    here = directories.c.directory_id == row["directory_id"]
    return context.connection.scalar(select(directories.c.directory_key).where(here))


directories = Table(
    "directories",
    metadata,
    Column("directory_id", String, primary_key=True),
    Column("name", String, nullable=False),
    # "live": membership of a changed contact is evaluated at once; "daily": at the next rebuild.
    Column("membership_mode", String, nullable=False, server_default="live"),
    Column("created_at", BigInteger, nullable=False),
    # What contacts are indexed by: much shorter than the id. 0 is none, for none to be forgotten.
    Column(
        "directory_key",
        Integer,
        default=text("(SELECT COALESCE(MAX(directory_key), 0) + 1 FROM directories)"),
        nullable=False,
        server_default="0",
    ),
    Index("uq_directories_directory_key", "directory_key", unique=True),
)

identity_rules = Table(
    "identity_rules",
    metadata,
    Column("directory_id", String, ForeignKey("directories.directory_id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # 1, 2 or 3
    Column("fields", JSON, nullable=False),  # ["external_reference"], ["first_name", "last_name"]
    Column("enabled", Boolean, nullable=False),
)


def _index_of(name: str, sqlite: str, postgresql: str = "") -> Index:
    """Of those contacts alone who are so, mostly few: everybody else's row costs it nothing."""
    return Index(
        f"ix_contacts_{name}",
        *("directory_key", "contact_id"),
        sqlite_where=text(sqlite),
        postgresql_where=text(postgresql or sqlite),
    )


contacts = Table(
    "contacts",
    metadata,
    Column("contact_id", String, primary_key=True),
    Column("directory_id", String, nullable=False),
    Column(  # by which contacts are found: `directory_keys.within`
        "directory_key",
        Integer,
        ForeignKey("directories.directory_key"),
        default=_directory_key,
        nullable=False,
    ),
    Column("external_reference", ByBytes),  # compared byte for byte, never normalised
    Column("first_name", String),
    Column("last_name", String),
    Column("email", String),
    Column("phone", String),
    Column("language", String),
    Column("embedded_data", JSON, nullable=False),
    # Normalised to be found by, names without accents too; what was written stays as it is.
    Column("email_key", ByBytes),
    Column("phone_key", ByBytes),
    Column("first_name_key", ByBytes),
    Column("last_name_key", ByBytes),
    Column("unsubscribed", Boolean, nullable=False, server_default="0"),
    Column("unsubscribed_at", BigInteger),
    Column("suppressed_at", BigInteger),  # bounced or blocked: not the contact's own wish
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
    Index(None, "directory_key", "external_reference"),
    Index(None, "directory_key", "email_key"),
    Index(None, "directory_key", "phone_key"),
    Index(None, "directory_key", "last_name_key", "first_name_key"),
    Index(None, "directory_key", "first_name_key"),
    Index(None, "directory_key", "modified_at"),
    Index(None, "directory_key", "contact_id"),
    _index_of("opted_out", "unsubscribed IS 1", "unsubscribed IS TRUE"),
    _index_of("suppressed", "suppressed_at IS NOT NULL"),
    _index_of("without_reference", "external_reference IS NULL"),
)

# Addresses whose owners want nothing from any directory, those of contacts yet to come included.
opted_out_addresses = Table(
    "opted_out_addresses",
    metadata,
    Column("kind", String, primary_key=True),  # email, phone
    Column("address_key", String, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("operator_id", String),
)

transactions = Table(
    "transactions",
    metadata,
    Column("transaction_id", String, primary_key=True),
    Column("contact_id", String, nullable=False),
    Column("directory_id", String, nullable=False),
    Column("list_id", String),
    Column("at", BigInteger, nullable=False),
    Column("fields", JSON, nullable=False),
    Index(None, "contact_id", "at"),
)

mailing_lists = Table(
    "mailing_lists",
    metadata,
    Column("list_id", String, primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), nullable=False),
    Column("name", String, nullable=False),
    Column("owner_id", String),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger),
)

list_members = Table(
    "list_members",
    metadata,
    Column("list_id", String, ForeignKey("mailing_lists.list_id"), primary_key=True),
    Column("contact_id", String, primary_key=True),
    Column("unsubscribed", Boolean, nullable=False, server_default="0"),
    Column("unsubscribed_at", BigInteger),
    Index("ix_list_members_of_contact", "contact_id", "list_id", "unsubscribed"),
)

segments = Table(
    "segments",
    metadata,
    Column("segment_id", String, primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), nullable=False),
    Column("ordinal", Integer, nullable=False),  # the contact's bit in memberships.mask, 0 … 49
    Column("name", String, nullable=False),
    Column("description", String),
    Column("criteria", JSON, nullable=False),
    Column("status", String, nullable=False),  # building, ready, failed
    Column("member_count", Integer, nullable=False, server_default="0"),
    Column("built_at", BigInteger),
    Column("created_by", String),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("directory_id", "ordinal"),
)

segment_sizes = Table(
    "segment_sizes",
    metadata,
    Column("segment_id", String, ForeignKey("segments.segment_id"), primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("member_count", Integer, nullable=False),
)

due_day = literal_column(f"next_change_at / {24 * 60 * 60 * 1000}", BigInteger)

memberships = Table(
    "memberships",
    metadata,
    Column("contact_id", String, primary_key=True),
    Column("directory_id", String, nullable=False),
    Column("mask", BigInteger, nullable=False),  # bit n = in the segment whose ordinal is n
    Column("built_at", BigInteger, nullable=False),
    # When time alone may next change the mask (a period's window moves on); null = never.
    Column("next_change_at", BigInteger),
    Column("last_move_no", BigInteger),  # in segment_move_log; null = none is there
    # Of those alone for whom there is such a time, by its day, and then as memberships are: what
    # contacts of one range enter lies in few pages.
    Index(
        "ix_memberships_due",
        *("directory_id", text(f"({due_day})"), "contact_id", "next_change_at"),
        sqlite_where=text("next_change_at IS NOT NULL"),
        postgresql_where=text("next_change_at IS NOT NULL"),
    ),
    sqlite_with_rowid=False,  # one compact row for each contact, in the order of ids
)

# Who joined and left which segment, as part of the contact's timeline: never changed, in a tree of
# its own. On SQLite new ones are in segment_move_log: store/move_log.py.
segment_moves = Table(
    "segment_moves",
    metadata,
    Column("contact_id", String, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("move_id", String, primary_key=True),  # TP_…
    Column("segment_id", String, nullable=False),
    Column("joined", Boolean, nullable=False),  # else left
    sqlite_with_rowid=False,
)

frequency_rules = Table(
    "frequency_rules",
    metadata,
    Column("rule_id", String, primary_key=True),
    Column("directory_id", String, ForeignKey("directories.directory_id"), nullable=False),
    Column("scope", String, nullable=False),  # directory, survey, list
    Column("survey_id", String),
    Column("list_id", String),
    Column("messages", String, nullable=False, server_default="all"),  # all, invites
    Column("ignore_directory", Boolean, nullable=False, server_default="0"),
    Column("limits", JSON, nullable=False),  # [{"max": 1, "window_s": 86400}]
    Column("min_gap_s", Integer),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "directory_id"),
)

projects = Table(
    "projects",
    metadata,
    Column("project_id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("directory_id", String, ForeignKey("directories.directory_id")),
    Column("origins", JSON, nullable=False),  # ["https://shop.example"], exact
    Column("settings", JSON, nullable=False),  # the draft of the bundle's "settings"
    Column("bundle_hash", String),  # what visitors get; null until published
    Column("published_at", BigInteger),
    Column("created_at", BigInteger, nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("key_id", String, primary_key=True),
    Column("project_id", String, ForeignKey("projects.project_id"), nullable=False, index=True),
    Column("secret", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
)

intercepts = Table(
    "intercepts",
    metadata,
    Column("intercept_id", String, primary_key=True),
    Column("project_id", String, ForeignKey("projects.project_id"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("position", Integer, nullable=False),
    Column("version", Integer, nullable=False),  # of the last publication; 0 = never published
    Column("draft", JSON, nullable=False),  # an intercept of the bundle without id, version, active
    Column("published", JSON),
    Column("active", Boolean, nullable=False, server_default="0"),
    Column("created_at", BigInteger, nullable=False),
    Column("modified_at", BigInteger, nullable=False),
)

creatives = Table(
    "creatives",
    metadata,
    Column("creative_id", String, primary_key=True),
    Column("project_id", String, ForeignKey("projects.project_id"), nullable=False, index=True),
    Column("name", String, nullable=False),
    Column("definition", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

bundles = Table(
    "bundles",
    metadata,
    Column("hash", String, primary_key=True),
    Column("project_id", String, ForeignKey("projects.project_id"), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("prefilter", JSON, nullable=False),
    Column("reads", JSON, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

touchpoints = Table(
    "touchpoints",
    metadata,
    Column("touchpoint_id", String, primary_key=True),  # client-made where a browser records it
    Column("contact_id", String, nullable=False),
    Column("directory_id", String, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("type", String, nullable=False),  # intercept_displayed, email_sent, contact_created …
    Column("channel", String, nullable=False),  # web, email, sms, app, api
    Column("project_id", String),
    Column("intercept_id", String),
    Column("survey_id", String),
    Column("list_id", String),
    Column("distribution_id", String),
    Column("session_id", String),
    Column("counts_toward_caps", Boolean, nullable=False, server_default="0"),
    Column("test", Boolean, nullable=False, server_default="0"),
    Column("details", JSON),
    # What caps and segments ask of a timeline is answered by the index alone.
    Index(
        "ix_touchpoints_timeline",
        *("contact_id", "at", "type", "survey_id", "intercept_id", "test"),
        *("counts_toward_caps", "list_id"),
    ),
)

claims = Table(
    "claims",
    metadata,
    Column("claim_id", String, primary_key=True),
    Column("page_view_id", String, nullable=False),
    Column("intercept_id", String, nullable=False),
    Column("contact_id", String, nullable=False),
    Column("directory_id", String, nullable=False),
    Column("survey_id", String),
    Column("granted_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("state", String, nullable=False),  # granted, confirmed, cancelled
    UniqueConstraint("page_view_id", "intercept_id"),
    Index(None, "contact_id", "state", "expires_at"),
)

page_views = Table(
    "page_views",
    metadata,
    Column("page_view_id", String, primary_key=True),
    Column("project_id", String, nullable=False),
    Column("contact_id", String),
    Column("at", BigInteger, nullable=False),
    Index(None, "project_id", "at"),
)
