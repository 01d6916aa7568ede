"""The monthly total of a deferred-debit card, as the account shows it that pays for the card (D-N).

The purchases are expenses; their sum is not. Aggregators name such rows (``summary``); a bank's own
feed or file only words them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

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


def settled_card(memo: str, amount_minor: int, cards: Sequence[CardSums]) -> str | None:
    """Return the card whose monthly total a row is, or nothing where that is not sure.

    Two of three proofs are asked for: the wording, the card's last four digits, and a sum of at
    least two purchases that agrees to the cent. One purchase with its card's digits is a purchase.
    """
    text = normal_memo(memo)
    worded = bool(_WORDED.search(text))
    digits = set(_FOUR_DIGITS.findall(text))
    proved = [
        card.account_id
        for card in cards
        if worded + (card.last4 in digits) + (card.purchases > 1 and amount_minor in card.sums) >= 2
    ]
    return proved[0] if len(set(proved)) == 1 else None
