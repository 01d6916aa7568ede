"""Two transactions held beside each other: what agrees, which may stand for both, and what lapses.

Pure rules of the questions put to a person (I11); a person decides, never these.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from webapp.domain.transactions import normal_memo

# How far apart the days of two rows may lie for one to be offered as the other's double.
NEAR: Final = timedelta(days=10)

BOOKED: Final = "booked"
ENTERED: Final = "entered"
# Not booked (yet): a row of such a status may have been booked as another one.
UNBOOKED: Final = ("announced", "cancelled", "expired", ENTERED)
# A purchase that is not there (any more) is nobody's double.
WITHDRAWN: Final = ("cancelled", "expired")
DUPLICATE: Final = "duplicate"


class Aspect(StrEnum):
    """One thing in which two rows agree or differ, in the order shown."""

    AMOUNT = "amount"
    DAY = "day"
    WORDING = "wording"
    ACCOUNT = "account"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Told:
    """What is compared of a transaction; the amount is in minor units of ``currency``."""

    amount_minor: int
    currency: str
    day: date
    wording: str
    account_id: str
    status: str


def compare(first: Told, second: Told) -> dict[Aspect, bool]:
    """Say for each aspect whether two rows agree in it; wording as banks change it at will."""
    return {
        Aspect.AMOUNT: (first.amount_minor, first.currency)
        == (second.amount_minor, second.currency),
        Aspect.DAY: first.day == second.day,
        Aspect.WORDING: normal_memo(first.wording) == normal_memo(second.wording),
        Aspect.ACCOUNT: first.account_id == second.account_id,
        Aspect.STATUS: first.status == second.status,
    }


def takes_values(first: str, second: str) -> bool:
    """Say whether a row of status ``first`` takes what the bank says of the one of ``second``.

    What was announced and is booked under another id, and what a person entered before the bank
    told it: the row that stays then speaks with the newer one's words.
    """
    return first == ENTERED or (first in UNBOOKED and second == BOOKED)


def is_settled(first: str, second: str) -> bool:
    """Say whether nobody need answer any more whether rows of these statuses are one purchase."""
    return DUPLICATE in (first, second) or second in WITHDRAWN
