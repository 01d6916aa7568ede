"""Passwords at rest: argon2id at the cost OWASP asks for (19 MiB, two passes)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Return the salted hash to store."""
    return _HASHER.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Say whether ``password`` is the stored one.

    Without a stored hash the same work is done for nothing, so that the time taken does not tell
    whether an account exists.
    """
    if stored is None:
        _HASHER.hash(password)
        return False
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Say whether a hash was made at another cost and should be made anew."""
    return _HASHER.check_needs_rehash(stored)
