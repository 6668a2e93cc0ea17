"""The API's own description, for people and for programs."""
