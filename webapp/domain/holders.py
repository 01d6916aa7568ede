"""Who may hold a card: guessed from the name the bank gives, for a person to check."""

import re
from collections.abc import Iterable
from typing import Final

from webapp.domain.searching import folded

_TITLES: Final = frozenset({"m", "mr", "mrs", "ms", "mme", "mlle", "monsieur", "madame"})


def proposed_holder(bank_name: str, people: Iterable[tuple[str, str]]) -> str | None:
    """Return the id of the only one of ``people`` (id, name) whom the bank's name fits.

    Every word of the person's name must stand in the bank's, whatever the order, the accents and
    the case: "MME DUBOIS AMELIE" is Amélie Dubois. Two who fit are none: nobody is guessed at.
    """
    told = _words(bank_name)
    fitting = [key for key, name in people if len(_words(name)) > 1 and _words(name) <= told]
    return fitting[0] if len(fitting) == 1 else None


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", folded(name))) - _TITLES
