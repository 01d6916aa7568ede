"""The cards of one person, with what is known of their feeds and of one day."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from webapp.domain.history import Became, became
from webapp.storage.accounts import Account, Attachment
from webapp.storage.expenses import Expense
from webapp.storage.interfaces import Interface
from webapp.storage.people import LegalEntity
from webapp.storage.transactions import BankTransaction


@dataclass(frozen=True, slots=True)
class MyCard:
    """An account that a person holds, or held from ``starts_on`` to ``ends_on`` (both included)."""

    account: Account
    interface: Interface
    timezone: str
    starts_on: date | None
    ends_on: date | None

    def held_on(self, day: date) -> bool:
        """Say whether the person held it on ``day``."""
        begun = self.starts_on is None or self.starts_on <= day
        return begun and (self.ends_on is None or day <= self.ends_on)


def my_cards(session: Session, user_id: str) -> list[MyCard]:
    """Return what a person holds or held, in one query: the present ones first, by name."""
    rows = session.exec(
        select(Attachment, Account, Interface, LegalEntity.timezone)
        .join(Account, col(Account.id) == col(Attachment.account_id))
        .join(Interface, col(Interface.id) == col(Account.interface_id))
        .join(LegalEntity, col(LegalEntity.id) == col(Account.legal_entity_id))
        .where(Attachment.user_id == user_id)
        .order_by(col(Attachment.ends_on).is_not(None), col(Account.name), col(Attachment.id))
    ).all()
    return [
        MyCard(account, interface, timezone, held.starts_on, held.ends_on)
        for held, account, interface, timezone in rows
    ]


def came_on(
    session: Session, user_id: str, account_ids: Collection[str], day: date
) -> dict[str, Counter[Became]]:
    """Count what came in of ``day``, by account, in one query: nothing that is another person's."""
    columns: list[Any] = [
        BankTransaction.account_id,
        BankTransaction.kind,
        BankTransaction.status,
        col(Expense.id).is_not(None),
        func.count(),
    ]
    query: Any = (
        select_columns(*columns)
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .where(
            col(BankTransaction.account_id).in_(account_ids),
            col(BankTransaction.day) == day,
            col(Expense.id).is_(None) | (col(Expense.user_id) == user_id),
        )
        .group_by(*columns[:4])
    )
    found: dict[str, Counter[Became]] = {}
    for account_id, kind, status, has_expense, count in session.execute(query):
        what = became(has_expense=bool(has_expense), kind=kind, status=status)
        found.setdefault(account_id, Counter())[what] += count
    return found
