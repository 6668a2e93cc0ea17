"""Passwords: argon2id, hashed at most two at a time so that sign-in cannot exhaust the machine."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from askwell_edge.access.refusals import Busy, Invalid

T = TypeVar("T")

PASSWORD_LENGTHS = (10, 200)
WAITING_LIMIT = 16

_hasher = PasswordHasher()
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_waiting = 0


async def hash_password(password: str) -> str:
    """The argon2id hash to keep for a password of acceptable length."""
    shortest, longest = PASSWORD_LENGTHS
    if not shortest <= len(password) <= longest:
        raise Invalid("password", f"must have {shortest} to {longest} characters")
    return await _in_pool(_hasher.hash, password)


async def verify_password(password_hash: str, password: str) -> bool:
    """True when `password` is the one that was hashed."""
    return await _in_pool(_verify, password_hash, password)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


async def _in_pool(call: Callable[..., T], *arguments: str) -> T:
    """Run one hash off the event loop; refuse at once when too many wait already."""
    global _waiting
    if _waiting >= WAITING_LIMIT:
        raise Busy("too many sign-ins at once", retry_after_s=2)
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_pool, call, *arguments)
    finally:
        _waiting -= 1
