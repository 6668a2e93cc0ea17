"""The operator's console: pages that make the same calls as the API, for whoever is signed in."""
