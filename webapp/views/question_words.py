"""The words of questions about sameness: what is asked, why it is not sure, what an answer does."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import LazyString, lazy_gettext

from webapp.domain.expenses import ExpenseStatus
from webapp.domain.merging import MergeRefusal
from webapp.domain.questions import Answer, Doubt, QuestionKind
from webapp.domain.sameness import Aspect
from webapp.views.history_words import EXPENSES


@dataclass(frozen=True, slots=True)
class Asked:
    """How a kind of question is put: its title, both answers, and what each of them does."""

    title: LazyString
    same: LazyString
    different: LazyString
    if_same: LazyString
    if_different: LazyString


KINDS: Mapping[QuestionKind, Asked] = {
    QuestionKind.SAME_PURCHASE: Asked(
        lazy_gettext("One purchase or two?"),
        lazy_gettext("One purchase"),
        lazy_gettext("Two purchases"),
        lazy_gettext(
            "One expense is left, with the receipts and comments of both. The other row is kept as "
            "its duplicate. You can take this back."
        ),
        lazy_gettext("Both stay as they are, and nobody is asked again about these two."),
    ),
    QuestionKind.NEW_IDS: Asked(
        lazy_gettext("Known operations under new numbers?"),
        lazy_gettext("They are the known ones"),
        lazy_gettext("They are new purchases"),
        lazy_gettext(
            "The known operations go on under the new numbers; expenses and receipts stay as they "
            "are. A row without a known one comes in as a new operation."
        ),
        lazy_gettext("Every row held back comes in as a new operation, with its own expense."),
    ),
    QuestionKind.MOVED: Asked(
        lazy_gettext("The same operations on another account?"),
        lazy_gettext("They are the known ones"),
        lazy_gettext("They are new purchases"),
        lazy_gettext(
            "The operations stay where they are known, with their expenses; this account brings "
            "nothing twice. A row without a known one comes in as a new operation."
        ),
        lazy_gettext("Every row held back comes in as a new operation, with its own expense."),
    ),
    QuestionKind.OTHER_CARD: Asked(
        lazy_gettext("Is this still our card?"),
        lazy_gettext("It is our card, renumbered"),
        lazy_gettext("Another card: stop syncing it"),
        lazy_gettext("The account takes the new number and name, and its sync goes on."),
        lazy_gettext(
            "Nothing more is fetched for this account. Its expenses and its history stay."
        ),
    ),
}

WHY: Mapping[QuestionKind, LazyString] = {
    QuestionKind.SAME_PURCHASE: lazy_gettext("These two rows may be one purchase."),
    QuestionKind.NEW_IDS: lazy_gettext(
        "The source gave rows of days we know under numbers we do not know. They were held back, "
        "so that nothing comes in twice."
    ),
    QuestionKind.MOVED: lazy_gettext(
        "Rows that we know from another account are shown under this one now. They were held back, "
        "so that nothing comes in twice."
    ),
    QuestionKind.OTHER_CARD: lazy_gettext(
        "What the source shows under this account looks like another card. Nothing of it was taken."
    ),
}

DOUBTS: Mapping[Doubt, LazyString] = {
    Doubt.AMOUNT_DIFFERS: lazy_gettext(
        "The amounts differ. A tip, a deposit or a fuel reservation can be why; two purchases in "
        "the same shop as well."
    ),
    Doubt.WORDING_DIFFERS: lazy_gettext(
        "Day and amount fit, but the bank words the two otherwise. Banks change their wording; two "
        "purchases can cost the same as well."
    ),
    Doubt.SEVERAL_FIT: lazy_gettext(
        "More than one earlier row fits the new one, and none of them better than the others."
    ),
    Doubt.STILL_SHOWN: lazy_gettext(
        "The new row looks like the earlier one, but the source still shows both."
    ),
    Doubt.OTHER_SOURCE: lazy_gettext(
        "They came from two sources, such as a statement file and a connection, that tell it in "
        "different words."
    ),
    Doubt.TWO_ACCOUNTS: lazy_gettext(
        "They stand on two accounts: a card and the account it is paid from can both show one "
        "purchase."
    ),
    Doubt.BY_HAND: lazy_gettext("A person entered one of them by hand, or said that they are one."),
}

ASPECTS: Mapping[Aspect, LazyString] = {
    Aspect.AMOUNT: lazy_gettext("Amount"),
    Aspect.DAY: lazy_gettext("Day"),
    Aspect.WORDING: lazy_gettext("Wording of the bank"),
    Aspect.ACCOUNT: lazy_gettext("Account or card"),
    Aspect.STATUS: lazy_gettext("State at the bank"),
}

STATUSES: Mapping[str, LazyString] = {
    "announced": lazy_gettext("announced, not booked yet"),
    "booked": lazy_gettext("booked"),
    "cancelled": lazy_gettext("withdrawn by the bank"),
    "expired": lazy_gettext("announced, never booked"),
    "duplicate": lazy_gettext("merged with another row"),
    "entered": lazy_gettext("entered by hand"),
}

EXPENSE_STATUSES: Mapping[ExpenseStatus, LazyString] = {
    status: words for status, (_badge, words) in EXPENSES.items()
}

ANSWERS: Mapping[Answer, tuple[str, LazyString]] = {
    Answer.SAME: ("good", lazy_gettext("the same")),
    Answer.DIFFERENT: ("info", lazy_gettext("not the same")),
    Answer.LAPSED: ("off", lazy_gettext("settled by itself")),
}

REFUSALS: Mapping[MergeRefusal, LazyString] = {
    MergeRefusal.SAME_ROW: lazy_gettext("Choose two different rows."),
    MergeRefusal.SETTLED: lazy_gettext(
        "One of them is merged with another row already. Take that back first, under “Questions”."
    ),
    MergeRefusal.OTHER_ENTITY: lazy_gettext("They belong to two legal entities and stay two."),
    MergeRefusal.TOTAL: lazy_gettext(
        "One of them is a monthly total and the other a purchase: they stay two."
    ),
    MergeRefusal.BOTH_LOCKED: lazy_gettext(
        "The expenses of both are in submitted reports, which stay as they are. Have one of the "
        "reports sent back or taken back, then answer again."
    ),
    MergeRefusal.CONTRADICTION: lazy_gettext(
        "One was said to be no expense, and the other one was worked on. Ask the holder to set "
        "both aside or to take both up, then answer again."
    ),
    MergeRefusal.TOO_LONG: lazy_gettext(
        "The comments of both do not fit into one. Ask the holder to shorten one, then answer "
        "again."
    ),
    MergeRefusal.NOT_MERGED: lazy_gettext("They are not merged any more."),
    MergeRefusal.LATER_MERGE: lazy_gettext(
        "Another row was merged into the same one later. Take that one back first."
    ),
}
