"""Ids: a prefix that says of what, and 15 random letters and digits."""

import secrets

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
LENGTH = 15
COUNT = len(ALPHABET) ** LENGTH


def new_id(prefix: str) -> str:
    """`new_id("CID")` is `"CID_"` and 15 of `[A-Za-z0-9]`: never used before, not to be guessed."""
    number, characters = secrets.randbelow(COUNT), []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[place])
    return f"{prefix}_{''.join(characters)}"
