"""Purchases entered by hand: the one kind of transaction that no sync writes (D-Q).

A person vouches for it until the bank tells it too; then a person is asked whether the two are one
(I11). Nothing here ever decides that.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, delete, select, update

from cardsync_sdk.types import TransactionKind
from webapp.domain.by_hand import Entry, Row, candidates, content_of
from webapp.domain.expense_lines import ENTERED, ExpenseLine
from webapp.domain.expenses import ExpenseStatus, PaymentMode
from webapp.domain.life import EventKind
from webapp.domain.reports import month_of
from webapp.storage import audit, receipts, reporting
from webapp.storage.accounts import Account, lock_accounts
from webapp.storage.columns import new_id
from webapp.storage.expense_lines import find, find_to_write, line_of, select_lines
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.ingest import insert_expenses, table_of
from webapp.storage.my_cards import MyCard, my_cards
from webapp.storage.people import LegalEntity
from webapp.storage.questions import Question
from webapp.storage.rechecking import recheck
from webapp.storage.reporting import Doer
from webapp.storage.reports import ReportLine, lock_reports_of
from webapp.storage.told_twice import ROW, TOLD, ask_of_known, near
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent

# How many of the bank's rows a person is shown to choose from.
TOLD_SHOWN = 5


class NotChangeable(Exception):
    """It is no entry of the person's, or the bank told it meanwhile, or a report locks it."""


class CardRefused(Exception):
    """The card is not one the person can enter a purchase of that day with."""


class ToldAlready(Exception):
    """The bank told purchases meanwhile that the person has not been shown."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A purchase entered by hand, as its form shows it again."""

    line: ExpenseLine
    entry: Entry


def cards_to_enter(session: Session, user_id: str, entities: frozenset[str]) -> list[MyCard]:
    """Return what a person may have paid with: held now or once, and who pays is chosen."""
    return [
        one
        for one in my_cards(session, user_id)
        if one.account.legal_entity_id in entities and one.account.payment_mode
    ]


def told_already(
    session: Session, user_id: str, entry: Entry, *, but: str = ""
) -> list[ExpenseLine]:
    """Return the person's expenses that may be this purchase already, the nearest day first.

    :param but: the expense that is being changed.
    """
    if entry.day is None or entry.spent_minor is None:
        return []
    wanted = _row_of(new_id(), user_id, entry)
    query = select_columns(*ROW, col(Expense.id).label("expense_id")).join(
        Expense, col(Expense.transaction_id) == col(BankTransaction.id)
    )
    rows = session.execute(
        query.where(
            col(Expense.user_id) == user_id,
            col(Expense.id) != but,
            col(BankTransaction.status).in_((*TOLD, ENTERED)),
            *near([wanted]),
        )
    ).all()
    ids = {row.id: row.expense_id for row in rows}
    fitting = [ids[one.id] for one in candidates(wanted, [Row(*row[:-1]) for row in rows])]
    lines = session.execute(select_lines().where(col(Expense.id).in_(fitting[:TOLD_SHOWN])))
    return sorted(map(line_of, lines), key=lambda line: fitting.index(line.id))


def enter(
    session: Session,
    by: Doer,
    entry: Entry,
    *,
    key: str = "",
    shown: Collection[str] = (),
) -> str:
    """Write a purchase and its expense; returns the expense's id.

    :param entry: one in which :func:`webapp.domain.by_hand.faults_of` finds nothing.
    :param key: names the form that was sent, so that sent twice it is written once.
    :param shown: the expenses that the person was shown, and said to be other purchases.
    :raises CardRefused: if the person did not hold the card on that day.
    :raises ToldAlready: if there are others that may be this purchase.
    """
    # Takes turns with a sync of the card: what it wrote is seen here, or it sees what is written.
    account = _lock_held(session, by, entry)
    known = _sent_before(session, by, account, key)
    if known is not None:
        return known
    if any(line.id not in shown for line in told_already(session, by.user_id, entry)):
        raise ToldAlready
    transaction_id = _insert(session, by, account, entry, key)
    ask_of_known(session, _row_of(transaction_id, by.user_id, entry), account, by.at)
    expense_id = _expense_of(session, transaction_id)
    _record(session, by, account.legal_entity_id, expense_id, "expense.entered", entry)
    return expense_id


def _insert(session: Session, by: Doer, account: Account, entry: Entry, key: str) -> str:
    """Insert the transaction and its expense, and return the transaction's id."""
    transaction_id = new_id()
    session.add(
        BankTransaction(
            id=transaction_id,
            legal_entity_id=account.legal_entity_id,
            account_identity_id=account.identity_id,
            account_id=account.id,
            identity_key=f"{ENTERED}:{key or transaction_id}",
            kind=TransactionKind.PURCHASE.value,
            status=ENTERED,
            card_last4=account.number_last4 or None,
            seen_at=by.at,
            **_values(entry),
        )
    )
    session.flush()
    insert_expenses(
        session,
        [(transaction_id, by.user_id, _day(entry))],
        entity_id=account.legal_entity_id,
        account_id=account.id,
        mode=PaymentMode(account.payment_mode or ""),
        at=by.at,
    )
    return transaction_id


def entered(session: Session, expense_id: str, entities: frozenset[str]) -> Entered | None:
    """Return an expense of ``entities`` with what was entered, whoever holds it; else nothing."""
    line = find(session, expense_id, entities)
    if line is None or not line.entered:
        return None
    row = session.exec(
        select(BankTransaction)
        .join(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .where(Expense.id == expense_id)
    ).one()
    return Entered(line, Entry(row.account_id, row.day, -row.amount_minor, row.currency, row.memo))


def change(session: Session, by: Doer, expense_id: str, entry: Entry) -> bool:
    """Write what a person says otherwise of their entry; false if it is said already.

    What else was said of the expense stays. It goes into the report of its new month, and back to
    be completed if its new amount asks for a receipt.

    :raises NotChangeable: if it is not theirs to change any more.
    :raises CardRefused: if the person did not hold the card on that day.
    """
    account = _lock_held(session, by, entry)
    line, row = _own_entry(session, by, expense_id)
    content = content_of(entry)
    if row.account_id != entry.account_id:
        raise NotChangeable
    if row.content == content:
        return False
    moves = line.report_id is not None and month_of(line.day) != month_of(_day(entry))
    if moves:
        reporting.take_out(session, by, expense_id)
    _note_change(session, by, row)
    new = update(BankTransaction).where(col(BankTransaction.id) == row.id)
    session.exec(new.values(**_values(entry)))
    session.exec(
        update(Expense)
        .where(col(Expense.id) == expense_id)
        .values(day=entry.day, version=Expense.version + 1)
    )
    recheck(session, [row.id], by.at)
    if moves and session.get_one(Expense, expense_id).status == ExpenseStatus.COMPLETE:
        reporting.put_in(session, by, expense_id)
    ask_of_known(session, _row_of(row.id, by.user_id, entry), account, by.at)
    _record(session, by, line.legal_entity_id, expense_id, "expense.entry_changed", entry)
    return True


def remove(session: Session, by: Doer, expense_id: str) -> list[str]:
    """Delete an entry with all that was said of it, and the questions about it.

    Returns the receipt files that no row names any more, to be deleted after the commit.

    :raises NotChangeable: if it is not theirs to delete any more.
    """
    line, row = _own_entry(session, by, expense_id)
    entry = Entry(row.account_id, row.day, -row.amount_minor, row.currency, row.memo)
    if line.report_id is not None:
        reporting.take_out(session, by, expense_id)
    files = [receipt.id for receipt in receipts.of_expense(session, expense_id)]
    about = or_(col(Question.first_id) == row.id, col(Question.second_id) == row.id)
    session.exec(delete(Question).where(about))
    for model in (TransactionAlias, TransactionEvent):
        session.exec(delete(model).where(col(model.transaction_id) == row.id))
    session.exec(delete(Receipt).where(col(Receipt.expense_id) == expense_id))
    session.exec(delete(ReportLine).where(col(ReportLine.expense_id) == expense_id))
    session.exec(delete(Expense).where(col(Expense.id) == expense_id))
    session.exec(delete(BankTransaction).where(col(BankTransaction.id) == row.id))
    _record(session, by, line.legal_entity_id, expense_id, "expense.entry_deleted", entry)
    return files


# --- Parts ---------------------------------------------------------------------------------------


def _lock_held(session: Session, by: Doer, entry: Entry) -> Account:
    """Return the card, locked as a sync locks it, if the person held it on that day."""
    accounts = lock_accounts(session, [entry.account_id])
    held = [
        one
        for one in cards_to_enter(session, by.user_id, by.entities)
        if one.account.id == entry.account_id and one.held_on(_day(entry))
    ]
    if not accounts or not held:
        raise CardRefused
    return accounts[0]


def _sent_before(session: Session, by: Doer, account: Account, key: str) -> str | None:
    query = (
        select(Expense.id)
        .join(BankTransaction, col(BankTransaction.id) == col(Expense.transaction_id))
        .where(
            BankTransaction.account_identity_id == account.identity_id,
            BankTransaction.identity_key == f"{ENTERED}:{key}",
            Expense.user_id == by.user_id,
        )
    )
    return session.exec(query).one_or_none() if key else None


def _own_entry(session: Session, by: Doer, expense_id: str) -> tuple[ExpenseLine, BankTransaction]:
    lock_reports_of(session, by.user_id)
    line = find_to_write(session, expense_id, by.entities)
    if line is None or line.user_id != by.user_id or line.locked or not line.entered:
        raise NotChangeable
    row = session.exec(
        select(BankTransaction)
        .join(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .where(Expense.id == expense_id)
        .with_for_update(of=BankTransaction)
        .execution_options(populate_existing=True)
    ).one()
    stands_for = select(BankTransaction.id).where(BankTransaction.merged_into == row.id)
    if row.status != ENTERED or session.exec(stands_for).first() is not None:
        raise NotChangeable
    return line, row


def _note_change(session: Session, by: Doer, row: BankTransaction) -> None:
    before = {
        "day": row.day.isoformat(),
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "memo": row.memo,
    }
    event = {
        "id": new_id(),
        "transaction_id": row.id,
        "user_id": by.user_id,
        "at": by.at,
        "kind": EventKind.CHANGED.value,
        "before": before,
        "detail": "",
    }
    session.execute(insert(table_of(TransactionEvent)), [event])


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "content": content_of(entry),
        "day": entry.day,
        "purchased_on": entry.day,
        "amount_minor": -(entry.spent_minor or 0),
        "currency": entry.currency,
        "memo": entry.words,
        "label": entry.words,
    }


def _row_of(transaction_id: str, user_id: str, entry: Entry) -> Row:
    minor = -(entry.spent_minor or 0)
    return Row(transaction_id, entry.account_id, user_id, _day(entry), minor, entry.currency)


def _day(entry: Entry) -> date:
    if entry.day is None:
        raise ValueError("an entry without a day is not saved")
    return entry.day


def _expense_of(session: Session, transaction_id: str) -> str:
    return session.exec(select(Expense.id).where(Expense.transaction_id == transaction_id)).one()


def _record(
    session: Session, by: Doer, entity_id: str, expense_id: str, action: str, entry: Entry
) -> None:
    audit.record(
        session,
        at=by.at,
        action=action,
        target_kind="expense",
        target_id=expense_id,
        actor_id=by.user_id,
        group_id=session.get_one(LegalEntity, entity_id).group_id,
        legal_entity_id=entity_id,
        day=_day(entry).isoformat(),
        spent=f"{entry.spent_minor} {entry.currency}",
        words=entry.words,
    )
