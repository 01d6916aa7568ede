"""Transactions that wait: saved, and no expense came of them yet (R27, R28)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from cardsync_sdk.types import TransactionKind
from webapp.domain.expenses import title_of
from webapp.storage.accounts import Account
from webapp.storage.expenses import Expense
from webapp.storage.transactions import BankTransaction

_COLUMNS: tuple[Any, ...] = (
    BankTransaction.account_id,
    BankTransaction.id,
    BankTransaction.day,
    BankTransaction.amount_minor,
    BankTransaction.currency,
)


@dataclass(frozen=True, slots=True)
class WaitingTransaction:
    """One transaction that waits, as far as its holder and its worth need it (minor units)."""

    id: str
    day: date
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class ListedTransaction(WaitingTransaction):
    """One transaction that waits, as a list shows it."""

    title: str
    memo: str
    announced: bool

    @property
    def key(self) -> tuple[date, str]:
        """Return where it stands in the list."""
        return self.day, self.id


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in one account or interface: how many, how much by currency, since which day."""

    count: int = 0
    sums: tuple[tuple[str, int], ...] = ()
    oldest: date | None = None

    def __add__(self, other: "Waiting") -> "Waiting":
        """Add up what waits in two places."""
        total = dict(self.sums)
        for currency, minor in other.sums:
            total[currency] = total.get(currency, 0) + minor
        days = [day for day in (self.oldest, other.oldest) if day is not None]
        return Waiting(
            self.count + other.count, tuple(sorted(total.items())), min(days, default=None)
        )

    @classmethod
    def of(cls, rows: Collection[WaitingTransaction]) -> "Waiting":
        """Add up ``rows``."""
        total: dict[str, int] = {}
        for row in rows:
            total[row.currency] = total.get(row.currency, 0) + row.amount_minor
        oldest = min((row.day for row in rows), default=None)
        return cls(len(rows), tuple(sorted(total.items())), oldest)


NOTHING_WAITS = Waiting()


def waiting_of(
    session: Session, account_ids: Collection[str]
) -> dict[str, list[WaitingTransaction]]:
    """Return the transactions of these accounts that wait, by account, the oldest first."""
    query = _waiting(select_columns(*_COLUMNS)).where(
        col(BankTransaction.account_id).in_(account_ids)
    )
    found: dict[str, list[WaitingTransaction]] = {}
    for row in session.execute(query.order_by(col(BankTransaction.day), col(BankTransaction.id))):
        found.setdefault(row[0], []).append(WaitingTransaction(*row[1:]))
    return found


def listed_waiting(
    session: Session, account_id: str, *, after: tuple[date, str] | None, limit: int
) -> list[ListedTransaction]:
    """Return the next transactions of the account that wait, the oldest first."""
    query = _waiting(select_columns(BankTransaction)).where(
        col(BankTransaction.account_id) == account_id
    )
    if after is not None:
        place = tuple_(col(BankTransaction.day), col(BankTransaction.id))
        query = query.where(place > tuple_(*after))
    query = query.order_by(col(BankTransaction.day), col(BankTransaction.id)).limit(limit)
    return [_listed(row) for row in session.execute(query).scalars()]


def waiting_by_account(session: Session, account_ids: Collection[str]) -> dict[str, Waiting]:
    """Return what waits in each of these accounts, in one query; none where nothing waits."""
    account = col(BankTransaction.account_id)
    return _summed(session, account, account.in_(account_ids))


def waiting_by_interface(session: Session, legal_entity_id: str) -> dict[str, Waiting]:
    """Return what waits in the shared accounts of each interface of a legal entity."""
    here = (col(Account.legal_entity_id) == legal_entity_id) & col(Account.shared)
    return _summed(session, col(Account.interface_id), here)


def _summed(
    session: Session, place: ColumnElement[str] | Any, condition: ColumnElement[bool]
) -> dict[str, Waiting]:
    query = _waiting(
        select_columns(
            place,
            col(BankTransaction.currency),
            func.count(),
            func.sum(col(BankTransaction.amount_minor)),
            func.min(col(BankTransaction.day)),
        ).join(Account, col(Account.id) == col(BankTransaction.account_id))
    )
    rows = session.execute(query.where(condition).group_by(place, col(BankTransaction.currency)))
    found: dict[str, Waiting] = {}
    for where, currency, count, minor, oldest in rows:
        here = Waiting(count, ((currency, int(minor)),), oldest)
        found[where] = found.get(where, Waiting()) + here
    return found


def _waiting(query: Select[Any]) -> Select[Any]:
    """Keep what waits.

    Summary lines never become expenses (D-N); withdrawn and expired rows wait for nothing.
    """
    return query.outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id)).where(
        col(BankTransaction.kind) != TransactionKind.SUMMARY,
        col(BankTransaction.settles).is_(None),
        col(BankTransaction.status).in_(("announced", "booked")),
        col(Expense.id).is_(None),
    )


def _listed(row: BankTransaction) -> ListedTransaction:
    return ListedTransaction(
        row.id,
        row.day,
        row.amount_minor,
        row.currency,
        title=title_of((row.merchant or {}).get("name"), row.label, row.memo),
        memo=row.memo,
        announced=row.status == "announced",
    )
