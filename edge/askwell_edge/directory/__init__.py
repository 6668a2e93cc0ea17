"""The directory: contacts, transactions, lists, imports, merges, criteria, segments, rules."""
