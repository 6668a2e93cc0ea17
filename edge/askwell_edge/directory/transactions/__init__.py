"""Transactions of contacts, and batches that put them together."""
