"""Website projects: intercepts, creatives, links to a directory, and what is published."""
