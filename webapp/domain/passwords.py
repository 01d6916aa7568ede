"""Which passwords are refused: too short, or guessed at the first tries. No composition rules.

Source: OWASP ASVS 5.0, 6.2 (length counts, all characters are welcome, context words are not).
"""

from collections.abc import Iterable
from enum import StrEnum

SHORTEST = 12
LONGEST = 256
_SEQUENCES = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "azertyuiop", "asdfghjkl")
_OWN_WORDS = ("cardsync", "password", "motdepasse")


class Weakness(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    REPETITIVE = "repetitive"
    PERSONAL = "personal"


def weakness_of(password: str, personal: Iterable[str] = ()) -> Weakness | None:
    """Return why ``password`` is refused, or nothing.

    :param personal: names and addresses of the person and the company: a password that is little
        more than one of them is refused.
    """
    if len(password) < SHORTEST:
        return Weakness.SHORT
    if len(password) > LONGEST:
        return Weakness.LONG
    if len(set(password.lower())) < 5 or _is_sequence(password.lower()):
        return Weakness.REPETITIVE
    if _is_mostly(password, [*_OWN_WORDS, *_words(personal)]):
        return Weakness.PERSONAL
    return None


def _is_sequence(password: str) -> bool:
    """Say whether neighbours on a keyboard or in the alphabet make up most of the password."""
    pairs = {row[at : at + 2] for row in _SEQUENCES for at in range(len(row) - 1)} | {"90", "za"}
    steps = [password[at : at + 2] for at in range(len(password) - 1)]
    return sum(step in pairs or step[::-1] in pairs for step in steps) * 4 >= len(steps) * 3


def _words(texts: Iterable[str]) -> list[str]:
    separated = " ".join(texts).lower().replace("@", " ").replace(".", " ").replace("-", " ")
    return [word for word in separated.split() if len(word) >= 4]


def _is_mostly(password: str, words: Iterable[str]) -> bool:
    """Say whether fewer than eight characters are left once the words are taken out."""
    rest = password.lower()
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, "")
    return rest != password.lower() and len(rest) < 8
