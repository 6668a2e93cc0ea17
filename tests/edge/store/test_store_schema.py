"""The schema's history: one line of migrations, and each way back leads where it came from."""

from alembic.script import ScriptDirectory

from askwell_edge.store.migrate import migrations_config


def test_migrations_are_one_line() -> None:
    scripts = ScriptDirectory.from_config(migrations_config())
    assert len(scripts.get_heads()) == 1, "two migrations follow the same one"
    assert len(scripts.get_bases()) == 1
    line = list(scripts.walk_revisions())
    assert all(len(each.nextrev) <= 1 for each in line)
    assert not any(each.is_merge_point for each in line)
