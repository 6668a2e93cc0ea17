"""The sample directory and shop project, the same on every machine."""
