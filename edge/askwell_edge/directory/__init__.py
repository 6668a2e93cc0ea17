"""The contact directory: contacts, identity, lists, segments, frequency rules and imports."""
