"""The demo shop: a small site with the published snippets, and a panel that tells why."""
