"""Mailing lists, opt-outs, and who may be written to now."""
