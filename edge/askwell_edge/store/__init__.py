"""The database: tables, engine, the group-commit writer and migrations."""
