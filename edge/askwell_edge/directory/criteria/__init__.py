"""Criteria over contacts' facts: one by one, by the database, and in columns."""
