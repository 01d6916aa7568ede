"""What an expense is, and what it still needs before it can enter a report (R3)."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

COMMENT_MAX = 2000
NOTE_MAX = 500
# How many categories a form offers before "more": what a thumb finds at a glance.
FIRST_CHOICES = 6


class PaymentMode(StrEnum):
    """Who bears the expense: the company, or the employee who is then reimbursed (R18)."""

    COMPANY = "company"
    REIMBURSE = "reimburse"


class ExpenseStatus(StrEnum):
    """Where an expense stands with its holder."""

    TO_COMPLETE = "to_complete"
    COMPLETE = "complete"
    NOT_EXPENSE = "not_expense"


class NotExpenseReason(StrEnum):
    """Why a transaction is not an expense (D-R)."""

    PRIVATE = "private"
    TRANSFER = "transfer"
    ELSEWHERE = "elsewhere"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NotExpense:
    """What its holder said when taking an expense out of the list; ``note`` in own words."""

    reason: NotExpenseReason
    note: str = ""

    @property
    def says_why(self) -> bool:
        """Say whether it can be understood later: "other" needs words."""
        return self.reason is not NotExpenseReason.OTHER or bool(self.note)


class Missing(StrEnum):
    """One thing an expense still needs."""

    CATEGORY = "category"
    RECEIPT = "receipt"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a legal entity asks of an expense.

    :param receipt_from_minor: a receipt is asked from this absolute amount on, in minor units of
        the expense's currency; ``None`` asks for none.
    :param comment_required: the chosen category asks for a comment.
    """

    receipt_from_minor: int | None
    comment_required: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What is known of an expense when we ask what is missing; the amount is signed minor units."""

    amount_minor: int
    category_id: str | None
    comment: str
    receipts: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of an expense, kept apart from what the bank said (D-Q)."""

    category_id: str | None
    comment: str


def missing_in(draft: Draft, policy: Policy) -> tuple[Missing, ...]:
    """Return what ``draft`` lacks under ``policy``, in the order a form asks for it."""
    lacking: list[Missing] = []
    if draft.category_id is None:
        lacking.append(Missing.CATEGORY)
    if policy.comment_required and not draft.comment.strip():
        lacking.append(Missing.COMMENT)
    if receipt_required(draft.amount_minor, policy) and draft.receipts == 0:
        lacking.append(Missing.RECEIPT)
    return tuple(lacking)


def receipt_required(amount_minor: int, policy: Policy) -> bool:
    """Say whether the policy asks for a receipt for this amount."""
    return policy.receipt_from_minor is not None and abs(amount_minor) >= policy.receipt_from_minor


def status_of(lacking: tuple[Missing, ...]) -> ExpenseStatus:
    """Return the status that follows from what is lacking."""
    return ExpenseStatus.TO_COMPLETE if lacking else ExpenseStatus.COMPLETE


def policy_for(
    currency: str,
    *,
    entity_currency: str,
    receipt_from_minor: int | None,
    comment_required: bool = False,
) -> Policy:
    """Return the policy for an expense in ``currency``.

    The entity's threshold is in ``entity_currency``. An amount in another currency cannot be held
    against it without a rate, so a receipt is then always asked, if the entity asks for any.
    """
    if receipt_from_minor is not None and currency != entity_currency:
        receipt_from_minor = 0
    return Policy(receipt_from_minor, comment_required)


def expense_minor(transaction_minor: int) -> int:
    """Return the amount of an expense: the bank's minus is a spend, a refund is negative (D-L)."""
    return -transaction_minor


def title_of(merchant: str | None, label: str | None, memo: str) -> str:
    """Return what names an expense to its holder: who was paid, else the bank's wording."""
    return next((text.strip() for text in (merchant, label, memo) if text and text.strip()), "—")


def clean_comment(text: str) -> str:
    """Return a comment as it is kept: plain line ends, no control characters, no outer space."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in plain if char in "\n\t" or _is_text(char)).strip()


def _is_text(char: str) -> bool:
    # Control characters and lone surrogates: PostgreSQL refuses both kinds in a text.
    return unicodedata.category(char) not in ("Cc", "Cs")


def first_choices(
    every: Sequence[str], most_used: Iterable[str], chosen: str | None
) -> tuple[str, ...]:
    """Return the few categories to offer first, in the order of ``every``.

    The most used ones, filled up from the top of ``every``; ``chosen`` is always among them.
    """
    if len(every) <= FIRST_CHOICES + 1:  # "more" would hide a single one
        return tuple(every)
    wanted = dict.fromkeys([chosen] if chosen in every else [])
    wanted.update(dict.fromkeys(used for used in most_used if used in every))
    wanted.update(dict.fromkeys(every))
    few = list(wanted)[:FIRST_CHOICES]
    return tuple(category for category in every if category in few)
