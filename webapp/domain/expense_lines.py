"""An expense as its holder sees it, and its place in the holder's list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from cardsync_sdk.types import TransactionKind
from webapp.domain.expenses import (
    Draft,
    ExpenseStatus,
    Missing,
    NotExpense,
    PaymentMode,
    Policy,
    Said,
    missing_in,
    receipt_required,
)

# What a transaction may be besides booked (D-M): to come, or never to come.
ANNOUNCED = "announced"
# A person told it and no bank yet.
ENTERED = "entered"
WITHDRAWN = ("cancelled", "expired")


class Section(StrEnum):
    """A part of the holder's list, in the order shown.

    ``NOT_EXPENSE``: its holder said so; it stays there until the holder takes it up again (D-R).
    ``WITHDRAWN``: the bank cancelled the transaction, or announced and never booked it; nothing is
    asked of the holder any more.
    """

    TO_COMPLETE = "to_complete"
    COMPLETE = "complete"
    NOT_EXPENSE = "not_expense"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month."""

    first: date

    @property
    def last(self) -> date:
        """Return its last day."""
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Key:
    """Where a line stands in the list: lists go on below a key."""

    section: Section
    day: date
    id: str


def is_below(key: Key, other: Key) -> bool:
    """Say whether ``key`` stands further down in the list than ``other``."""
    order = list(Section).index
    if key.section is not other.section:
        return order(key.section) > order(other.section)
    return (key.day, key.id) < (other.day, other.id)


class BankChange(StrEnum):
    """What the bank says otherwise than when an expense was submitted."""

    WITHDRAWN = "withdrawn"
    AMOUNT = "amount"
    DAY = "day"
    DETAIL = "detail"


@dataclass(frozen=True, slots=True)
class BankNow:
    """What the bank says today of a submitted expense, where it says something else (I12).

    ``amount_minor`` is that of the expense: a spend is positive.
    """

    status: str
    day: date
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpenseLine:
    """An expense with what the bank said of it, which no page lets anybody edit (D-Q).

    ``amount_minor`` and ``original_minor`` are those of the expense: a spend is positive.
    ``locked``: in a submitted or approved report. What the bank said is then what it had said when
    the report was submitted, and ``bank_now`` is what it says today, if that differs. ``made_at``:
    when it became an expense.
    """

    id: str
    legal_entity_id: str
    entity_name: str
    group_id: str
    user_id: str
    version: int
    day: date
    status: ExpenseStatus
    payment_mode: PaymentMode
    said: Said
    category_names: Mapping[str, str | None]
    category_icon: str | None
    policy: Policy
    receipts: int
    amount_minor: int
    currency: str
    original_minor: int | None
    original_currency: str | None
    kind: TransactionKind
    transaction_status: str
    purchased_on: date | None
    booked_on: date | None
    title: str
    memo: str
    account_name: str
    last4: str
    report_id: str | None = None
    locked: bool = False
    not_expense: NotExpense | None = None
    bank_now: BankNow | None = None
    made_at: datetime | None = None

    @property
    def bank_changes(self) -> tuple[BankChange, ...]:
        """Return what the bank changed after the expense was submitted."""
        now = self.bank_now
        if now is None:
            return ()
        if now.status in WITHDRAWN:
            return (BankChange.WITHDRAWN,)
        amounts = (now.amount_minor, now.currency) != (self.amount_minor, self.currency)
        found = ((BankChange.AMOUNT, amounts), (BankChange.DAY, now.day != self.day))
        return tuple(what for what, applies in found if applies) or (BankChange.DETAIL,)

    @property
    def withdrawn(self) -> bool:
        """Say whether the bank cancelled the transaction, or announced and never booked it."""
        return self.transaction_status in WITHDRAWN

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Return what this expense still needs."""
        said = self.said
        draft = Draft(self.amount_minor, said.category_id, said.comment, self.receipts)
        return missing_in(draft, self.policy)

    @property
    def receipt_required(self) -> bool:
        """Say whether the policy asks for a receipt for this expense."""
        return receipt_required(self.amount_minor, self.policy)

    @property
    def section(self) -> Section:
        """Return the part of the list this line stands in."""
        if self.status is ExpenseStatus.NOT_EXPENSE:
            return Section.NOT_EXPENSE
        if self.withdrawn:
            return Section.WITHDRAWN
        return Section.COMPLETE if self.status is ExpenseStatus.COMPLETE else Section.TO_COMPLETE

    @property
    def announced(self) -> bool:
        """Say whether the bank has announced the transaction and not yet booked it (D-M)."""
        return self.transaction_status == ANNOUNCED

    @property
    def entered(self) -> bool:
        """Say whether its holder entered it and the bank has not told it yet."""
        return self.transaction_status == ENTERED

    @property
    def can_be_completed(self) -> bool:
        """Say whether anything may still be said of it."""
        return self.section in (Section.TO_COMPLETE, Section.COMPLETE)

    @property
    def key(self) -> Key:
        """Return where this line stands."""
        return Key(self.section, self.day, self.id)
