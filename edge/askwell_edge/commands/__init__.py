"""The verbs of the command line; each is a function of the settings and what was typed."""
