"""Contacts: fields, identity, search, and how somebody arrives."""
