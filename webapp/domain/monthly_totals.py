"""The monthly total of a deferred-debit card, as the account shows it that pays for the card (D-N).

The purchases are expenses; their sum is not. Aggregators name such rows (``summary``); a bank's own
feed or file only words them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from webapp.domain.transactions import normal_memo

# How French and English banks word it: "DEBIT MENSUEL CARTE", "ACHATS CARTE DIFFERE", "RELEVE CB".
_WORDED = re.compile(
    r"\b(mensuel|mensuelle|differe|differes|releve|encours|arrete|deferred|monthly)\b"
)
_OF_A_CARD = re.compile(r"\b(carte|cartes|cb|card|cards|visa|mastercard)\b")
_FOUR_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)|(?<=[x*])\d{4}(?!\d)")


@dataclass(frozen=True, slots=True)
class CardSums:
    """A card of the legal entity, with what was bought with it and no total has settled yet.

    ``sums``: signed minor units of the purchases of each period that a total may stand for;
    ``purchases``: how many make the largest of them.
    """

    account_id: str
    last4: str
    sums: frozenset[int] = frozenset()
    purchases: int = 0


def could_be_total(memo: str, amount_minor: int) -> bool:
    """Say whether a row of an account is worth comparing with the cards at all."""
    text = normal_memo(memo)
    spoken = _WORDED.search(text) or _FOUR_DIGITS.search(text)
    return amount_minor < 0 and bool(spoken) and bool(_OF_A_CARD.search(text))


def settled_card(
    memo: str, amount_minor: int, cards: Sequence[CardSums], *, named: bool = False
) -> str | None:
    """Return the card whose monthly total a row is, or nothing where that is not sure.

    Two of three proofs are asked for: the wording, the card's last four digits, and a sum of at
    least two purchases that agrees to the cent. One purchase with its card's digits is a purchase.

    :param named: the source itself calls the row a monthly total; only the card is looked for.
    """
    text = normal_memo(memo)
    worded = named or bool(_WORDED.search(text))
    digits = set(_FOUR_DIGITS.findall(text))
    proved = [
        card.account_id
        for card in cards
        if worded + (card.last4 in digits) + (card.purchases > 1 and amount_minor in card.sums) >= 2
    ]
    return proved[0] if len(set(proved)) == 1 else None


@dataclass(frozen=True, slots=True)
class TickedOff:
    """A monthly total beside the purchases it stands for, in signed minor units."""

    first: date
    last: date
    purchases: int
    sum_minor: int
    total_minor: int

    @property
    def apart(self) -> int:
        """Return what differs; nothing is ever plugged."""
        return self.total_minor - self.sum_minor


def tick_off(
    total_minor: int, purchases: Sequence[tuple[date, int]], since: date | None
) -> TickedOff | None:
    """Return the purchases that a monthly total stands for, or nothing where there are none.

    A gapless run of them that adds up to the cent; where none does, all since the total before.

    :param purchases: day and signed minor units of what was booked on the card, the oldest first.
    :param since: the day of the total before, if it is known.
    """
    for start in range(len(purchases)):
        reached = 0
        for end in range(start, len(purchases)):
            reached += purchases[end][1]
            if reached == total_minor and end > start:
                return _ticked(total_minor, purchases[start : end + 1])
    return _ticked(total_minor, [one for one in purchases if since is None or one[0] > since])


def _ticked(total_minor: int, some: Sequence[tuple[date, int]]) -> TickedOff | None:
    if not some:
        return None
    amounts = [minor for _day, minor in some]
    return TickedOff(some[0][0], some[-1][0], len(some), sum(amounts), total_minor)
