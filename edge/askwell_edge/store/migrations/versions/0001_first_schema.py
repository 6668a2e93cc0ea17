"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("object_id", sa.String(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_object_id"), "audit", ["object_id"], unique=False)
    op.create_table(
        "claims",
        sa.Column("claim_id", sa.String(), nullable=False),
        sa.Column("page_view_id", sa.String(), nullable=False),
        sa.Column("intercept_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("survey_id", sa.String(), nullable=True),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_claims")),
        sa.UniqueConstraint(
            "page_view_id", "intercept_id", name=op.f("uq_claims_page_view_id_intercept_id")
        ),
    )
    op.create_index(
        op.f("ix_claims_contact_id_state_expires_at"),
        "claims",
        ["contact_id", "state", "expires_at"],
        unique=False,
    )
    op.create_table(
        "contact_redirects",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("survivor_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact_redirects")),
    )
    op.create_index(
        op.f("ix_contact_redirects_survivor_id"), "contact_redirects", ["survivor_id"], unique=False
    )
    op.create_table(
        "directories",
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("membership_mode", sa.String(), server_default="live", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("directory_id", name=op.f("pk_directories")),
    )
    op.create_table(
        "memberships",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("mask", sa.BigInteger(), nullable=False),
        sa.Column("built_at", sa.BigInteger(), nullable=False),
        sa.Column("next_change_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_memberships")),
    )
    op.create_index(
        op.f("ix_memberships_directory_id"), "memberships", ["directory_id"], unique=False
    )
    op.create_index(
        op.f("ix_memberships_next_change_at"), "memberships", ["next_change_at"], unique=False
    )
    op.create_table(
        "operators",
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("brand_administrator", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("operator_id", name=op.f("pk_operators")),
        sa.UniqueConstraint("email", name=op.f("uq_operators_email")),
    )
    op.create_table(
        "page_views",
        sa.Column("page_view_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("page_view_id", name=op.f("pk_page_views")),
    )
    op.create_index(
        op.f("ix_page_views_project_id_at"), "page_views", ["project_id", "at"], unique=False
    )
    op.create_table(
        "touchpoints",
        sa.Column("touchpoint_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=True),
        sa.Column("intercept_id", sa.String(), nullable=True),
        sa.Column("survey_id", sa.String(), nullable=True),
        sa.Column("list_id", sa.String(), nullable=True),
        sa.Column("distribution_id", sa.String(), nullable=True),
        sa.Column("session_id", sa.String(), nullable=True),
        sa.Column("counts_toward_caps", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("test", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("touchpoint_id", name=op.f("pk_touchpoints")),
    )
    op.create_index(
        op.f("ix_touchpoints_contact_id_at"), "touchpoints", ["contact_id", "at"], unique=False
    )
    op.create_table(
        "transactions",
        sa.Column("transaction_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("transaction_id", name=op.f("pk_transactions")),
    )
    op.create_index(
        op.f("ix_transactions_contact_id_at"), "transactions", ["contact_id", "at"], unique=False
    )
    op.create_table(
        "api_tokens",
        sa.Column("token_id", sa.String(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fk_api_tokens_operator_id")
        ),
        sa.PrimaryKeyConstraint("token_id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
    )
    op.create_table(
        "console_sessions",
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("csrf_token", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fk_console_sessions_operator_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_console_sessions")),
    )
    op.create_table(
        "contacts",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("external_reference", sa.String(), nullable=True),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("last_name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("embedded_data", sa.JSON(), nullable=False),
        sa.Column("email_key", sa.String(), nullable=True),
        sa.Column("phone_key", sa.String(), nullable=True),
        sa.Column("first_name_key", sa.String(), nullable=True),
        sa.Column("last_name_key", sa.String(), nullable=True),
        sa.Column("unsubscribed", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("unsubscribed_at", sa.BigInteger(), nullable=True),
        sa.Column("suppressed_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_id"], ["directories.directory_id"], name=op.f("fk_contacts_directory_id")
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contacts")),
    )
    op.create_index(
        op.f("ix_contacts_directory_id_contact_id"),
        "contacts",
        ["directory_id", "contact_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contacts_directory_id_email_key"),
        "contacts",
        ["directory_id", "email_key"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contacts_directory_id_external_reference"),
        "contacts",
        ["directory_id", "external_reference"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contacts_directory_id_first_name_key"),
        "contacts",
        ["directory_id", "first_name_key"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contacts_directory_id_last_name_key_first_name_key"),
        "contacts",
        ["directory_id", "last_name_key", "first_name_key"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contacts_directory_id_modified_at"),
        "contacts",
        ["directory_id", "modified_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contacts_directory_id_phone_key"),
        "contacts",
        ["directory_id", "phone_key"],
        unique=False,
    )
    op.create_table(
        "directory_roles",
        sa.Column("operator_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("access_contacts", sa.Boolean(), nullable=False),
        sa.Column("manage_directory", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.directory_id"],
            name=op.f("fk_directory_roles_directory_id"),
        ),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.operator_id"], name=op.f("fk_directory_roles_operator_id")
        ),
        sa.PrimaryKeyConstraint("operator_id", "directory_id", name=op.f("pk_directory_roles")),
    )
    op.create_table(
        "frequency_rules",
        sa.Column("rule_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("survey_id", sa.String(), nullable=True),
        sa.Column("list_id", sa.String(), nullable=True),
        sa.Column("messages", sa.String(), server_default="all", nullable=False),
        sa.Column("ignore_directory", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("min_gap_s", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.directory_id"],
            name=op.f("fk_frequency_rules_directory_id"),
        ),
        sa.PrimaryKeyConstraint("rule_id", name=op.f("pk_frequency_rules")),
    )
    op.create_index(
        op.f("ix_frequency_rules_directory_id"), "frequency_rules", ["directory_id"], unique=False
    )
    op.create_table(
        "identity_rules",
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.directory_id"],
            name=op.f("fk_identity_rules_directory_id"),
        ),
        sa.PrimaryKeyConstraint("directory_id", "position", name=op.f("pk_identity_rules")),
    )
    op.create_table(
        "import_runs",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("list_id", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("rows_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created", sa.Integer(), server_default="0", nullable=False),
        sa.Column("updated", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["directory_id"], ["directories.directory_id"], name=op.f("fk_import_runs_directory_id")
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_runs")),
    )
    op.create_index(
        op.f("ix_import_runs_directory_id_started_at"),
        "import_runs",
        ["directory_id", "started_at"],
        unique=False,
    )
    op.create_table(
        "mailing_lists",
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_id"],
            ["directories.directory_id"],
            name=op.f("fk_mailing_lists_directory_id"),
        ),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_mailing_lists")),
    )
    op.create_table(
        "merges",
        sa.Column("merge_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator_id", sa.String(), nullable=True),
        sa.Column("rule_position", sa.Integer(), nullable=False),
        sa.Column("survivor_id", sa.String(), nullable=False),
        sa.Column("merged_id", sa.String(), nullable=False),
        sa.Column("survivor_before", sa.JSON(), nullable=False),
        sa.Column("merged_before", sa.JSON(), nullable=False),
        sa.Column("survivor_after", sa.JSON(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["directory_id"], ["directories.directory_id"], name=op.f("fk_merges_directory_id")
        ),
        sa.PrimaryKeyConstraint("merge_id", name=op.f("pk_merges")),
    )
    op.create_index(
        op.f("ix_merges_directory_id_at"), "merges", ["directory_id", "at"], unique=False
    )
    op.create_table(
        "projects",
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=True),
        sa.Column("origins", sa.JSON(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("bundle_hash", sa.String(), nullable=True),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_id"], ["directories.directory_id"], name=op.f("fk_projects_directory_id")
        ),
        sa.PrimaryKeyConstraint("project_id", name=op.f("pk_projects")),
    )
    op.create_table(
        "segments",
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("directory_id", sa.String(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("member_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("built_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["directory_id"], ["directories.directory_id"], name=op.f("fk_segments_directory_id")
        ),
        sa.PrimaryKeyConstraint("segment_id", name=op.f("pk_segments")),
        sa.UniqueConstraint(
            "directory_id", "ordinal", name=op.f("uq_segments_directory_id_ordinal")
        ),
    )
    op.create_table(
        "bundles",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("prefilter", sa.JSON(), nullable=False),
        sa.Column("reads", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name=op.f("fk_bundles_project_id")
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_bundles")),
    )
    op.create_index(op.f("ix_bundles_project_id"), "bundles", ["project_id"], unique=False)
    op.create_table(
        "creatives",
        sa.Column("creative_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name=op.f("fk_creatives_project_id")
        ),
        sa.PrimaryKeyConstraint("creative_id", name=op.f("pk_creatives")),
    )
    op.create_index(op.f("ix_creatives_project_id"), "creatives", ["project_id"], unique=False)
    op.create_table(
        "import_errors",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["import_runs.import_id"], name=op.f("fk_import_errors_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_import_errors")),
    )
    op.create_table(
        "intercepts",
        sa.Column("intercept_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("published", sa.JSON(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name=op.f("fk_intercepts_project_id")
        ),
        sa.PrimaryKeyConstraint("intercept_id", name=op.f("pk_intercepts")),
    )
    op.create_index(op.f("ix_intercepts_project_id"), "intercepts", ["project_id"], unique=False)
    op.create_table(
        "list_members",
        sa.Column("list_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("unsubscribed", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("unsubscribed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"], ["mailing_lists.list_id"], name=op.f("fk_list_members_list_id")
        ),
        sa.PrimaryKeyConstraint("list_id", "contact_id", name=op.f("pk_list_members")),
    )
    op.create_index(
        op.f("ix_list_members_contact_id"), "list_members", ["contact_id"], unique=False
    )
    op.create_table(
        "segment_sizes",
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_id"], ["segments.segment_id"], name=op.f("fk_segment_sizes_segment_id")
        ),
        sa.PrimaryKeyConstraint("segment_id", "at", name=op.f("pk_segment_sizes")),
    )
    op.create_table(
        "signing_keys",
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name=op.f("fk_signing_keys_project_id")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_signing_keys")),
    )
    op.create_index(
        op.f("ix_signing_keys_project_id"), "signing_keys", ["project_id"], unique=False
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_index(op.f("ix_signing_keys_project_id"), table_name="signing_keys")
    op.drop_table("signing_keys")
    op.drop_table("segment_sizes")
    op.drop_index(op.f("ix_list_members_contact_id"), table_name="list_members")
    op.drop_table("list_members")
    op.drop_index(op.f("ix_intercepts_project_id"), table_name="intercepts")
    op.drop_table("intercepts")
    op.drop_table("import_errors")
    op.drop_index(op.f("ix_creatives_project_id"), table_name="creatives")
    op.drop_table("creatives")
    op.drop_index(op.f("ix_bundles_project_id"), table_name="bundles")
    op.drop_table("bundles")
    op.drop_table("segments")
    op.drop_table("projects")
    op.drop_index(op.f("ix_merges_directory_id_at"), table_name="merges")
    op.drop_table("merges")
    op.drop_table("mailing_lists")
    op.drop_index(op.f("ix_import_runs_directory_id_started_at"), table_name="import_runs")
    op.drop_table("import_runs")
    op.drop_table("identity_rules")
    op.drop_index(op.f("ix_frequency_rules_directory_id"), table_name="frequency_rules")
    op.drop_table("frequency_rules")
    op.drop_table("directory_roles")
    op.drop_index(op.f("ix_contacts_directory_id_phone_key"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_directory_id_modified_at"), table_name="contacts")
    op.drop_index(
        op.f("ix_contacts_directory_id_last_name_key_first_name_key"), table_name="contacts"
    )
    op.drop_index(op.f("ix_contacts_directory_id_first_name_key"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_directory_id_external_reference"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_directory_id_email_key"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_directory_id_contact_id"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_table("console_sessions")
    op.drop_table("api_tokens")
    op.drop_index(op.f("ix_transactions_contact_id_at"), table_name="transactions")
    op.drop_table("transactions")
    op.drop_index(op.f("ix_touchpoints_contact_id_at"), table_name="touchpoints")
    op.drop_table("touchpoints")
    op.drop_index(op.f("ix_page_views_project_id_at"), table_name="page_views")
    op.drop_table("page_views")
    op.drop_table("operators")
    op.drop_index(op.f("ix_memberships_next_change_at"), table_name="memberships")
    op.drop_index(op.f("ix_memberships_directory_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("directories")
    op.drop_index(op.f("ix_contact_redirects_survivor_id"), table_name="contact_redirects")
    op.drop_table("contact_redirects")
    op.drop_index(op.f("ix_claims_contact_id_state_expires_at"), table_name="claims")
    op.drop_table("claims")
    op.drop_index(op.f("ix_audit_object_id"), table_name="audit")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
