"""Which purchase a refund gives back (D-L): linked and never netted, both stay as they are."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

# Shops take goods back for a season; card schemes settle disputes within four months.
REFUNDED_WITHIN: Final = timedelta(days=120)

# What banks write around the name of who was paid, on the one side and not on the other.
_AROUND: Final = frozenset(
    """achat annulation avoir carte cb card credit debit du facture fact le of on paiement
    payment purchase refund remboursement remb rembt retour return sarl sas the vir virement visa
    mastercard""".split()
)
# One word alone is too often a town.
_FEWEST_SHARED: Final = 2


@dataclass(frozen=True, slots=True)
class Spent:
    """A purchase that may be given back; amounts in minor units, ``minor`` and ``back`` positive.

    ``back``: how much of it was given back already.
    """

    id: str
    day: date
    minor: int
    currency: str
    merchant: str
    wording: str
    back: int = 0

    @property
    def left(self) -> int:
        """Return how much of it was not given back yet."""
        return self.minor - self.back


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that came back on the account; ``minor`` is positive."""

    id: str
    day: date
    minor: int
    currency: str
    merchant: str
    wording: str


def link(refunds: Sequence[Refund], purchases: Sequence[Spent]) -> dict[str, str]:
    """Return the purchase of each refund that has exactly one, by the refund's id.

    :param refunds: of one account, in the order in which they are to be looked at.
    :param purchases: of the same account.
    """
    by_id = {one.id: one for one in purchases}
    found: dict[str, str] = {}
    for refund in refunds:
        purchase = purchase_of(refund, list(by_id.values()))
        if purchase is not None:
            found[refund.id] = purchase.id
            by_id[purchase.id] = replace(purchase, back=purchase.back + refund.minor)
    return found


def purchase_of(refund: Refund, purchases: Sequence[Spent]) -> Spent | None:
    """Return the one purchase that ``refund`` gives back; nothing where several may be meant.

    One of exactly this amount comes first, else one of which at least this much is left.
    """
    meant = [one for one in purchases if _may_be(one, refund)]
    whole = [one for one in meant if one.left == one.minor == refund.minor]
    part = [one for one in meant if one.left >= refund.minor]
    fitting = whole or part
    return fitting[0] if len(fitting) == 1 else None


def _may_be(purchase: Spent, refund: Refund) -> bool:
    return (
        purchase.currency == refund.currency
        and refund.day - REFUNDED_WITHIN <= purchase.day <= refund.day
        and same_shop(purchase, refund)
    )


def same_shop(purchase: Spent, refund: Refund) -> bool:
    """Say whether both name the same merchant, or where one is not named, the same wording."""
    if purchase.merchant and refund.merchant:
        return words_of(purchase.merchant) == words_of(refund.merchant)
    one, other = words_of(purchase.wording), words_of(refund.wording)
    if not one or not other:
        return False
    shared = one & other
    return one == other or (shared in (one, other) and len(shared) >= _FEWEST_SHARED)


def words_of(text: str) -> frozenset[str]:
    """Return the words that name a shop: no accents, no numbers, nothing banks write around."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(char if char.isalnum() else " " for char in decomposed if _kept(char))
    words = (word for word in plain.split() if not any(char.isdigit() for char in word))
    return frozenset(word for word in words if word not in _AROUND)


def _kept(char: str) -> bool:
    return not unicodedata.combining(char)
