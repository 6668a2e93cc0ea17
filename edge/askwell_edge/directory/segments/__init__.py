"""Segments: what they hold, previewed, kept fresh and rebuilt."""
