"""Tables of contacts: read, imported in the background, and written."""
