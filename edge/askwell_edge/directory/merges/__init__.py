"""Contacts who are one person: found, merged, reviewed, and parted again."""
