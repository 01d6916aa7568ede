"""Questions put to a person: sameness that cardsync may not decide by itself (I11).

A question never blocks anything else. Its answer is remembered: it is not asked again.
"""

from enum import StrEnum


class QuestionKind(StrEnum):
    """What is asked.

    ``SAME_PURCHASE``: are two stored transactions one purchase? ``NEW_IDS``: rows of a known time
    came under other ids, and were held back. ``MOVED``: rows known from one account are shown under
    another now, and were held back. ``OTHER_CARD``: what the source shows under an account's id
    looks like another card; nothing of it is taken.
    """

    SAME_PURCHASE = "same_purchase"
    NEW_IDS = "new_ids"
    MOVED = "moved"
    OTHER_CARD = "other_card"


class Doubt(StrEnum):
    """Why two transactions may be one purchase, and why that is not sure."""

    AMOUNT_DIFFERS = "amount_differs"
    WORDING_DIFFERS = "wording_differs"
    SEVERAL_FIT = "several_fit"
    STILL_SHOWN = "still_shown"
    OTHER_SOURCE = "other_source"
    TWO_ACCOUNTS = "two_accounts"
    BY_HAND = "by_hand"


class Answer(StrEnum):
    """What a person said; ``LAPSED``: nobody had to, the doubt went by itself."""

    SAME = "same"
    DIFFERENT = "different"
    LAPSED = "lapsed"
