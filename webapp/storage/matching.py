"""Which accounts of a legal entity could go on under another link, and what they hold already."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, delete, func, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, or_, select

from webapp.domain.expense_lines import ENTERED
from webapp.domain.interfaces import InterfaceState, Trigger
from webapp.storage.accounts import Account, AccountIdentity, AccountIdentityAlias, Attachment
from webapp.storage.expenses import Expense
from webapp.storage.ingest import table_of
from webapp.storage.interfaces import Interface
from webapp.storage.runs import Coverage, RowFate, SyncRun
from webapp.storage.transactions import BankTransaction
from webapp.storage.uploads import FileUpload


@dataclass(frozen=True, slots=True)
class Candidate:
    """An account that could go on elsewhere, and the interface it is under."""

    account: Account
    interface: Interface


def candidates(
    session: Session, legal_entity_id: str, interface_id: str, by_file: Collection[str]
) -> list[Candidate]:
    """Return the accounts that could go on under ``interface_id``, by name.

    Those that nothing feeds now: stopped, under a connection that does not work, or fed by files.

    :param by_file: the connectors whose interfaces are fed by files.
    """
    query = (
        select(Account, Interface)
        .join(Interface, col(Interface.id) == col(Account.interface_id))
        .where(
            Account.legal_entity_id == legal_entity_id,
            or_(
                ~col(Account.shared),
                (col(Interface.id) != interface_id)
                & or_(
                    col(Interface.state) != InterfaceState.ACTIVE,
                    col(Interface.connector).in_(by_file),
                ),
            ),
        )
        .order_by(col(Account.name), col(Account.id))
    )
    return [Candidate(*row) for row in session.exec(query)]


def _told() -> ColumnElement[bool]:
    """Keep what a bank or a file told: what people enter says nothing of where a feed stands."""
    return col(BankTransaction.status) != ENTERED


def last_days(session: Session, account_ids: Collection[str]) -> dict[str, date]:
    """Return the last day of which each account has a transaction; none for those without any."""
    last = func.max(func.coalesce(col(BankTransaction.booked_on), col(BankTransaction.day)))
    rows = session.execute(
        select_columns(col(BankTransaction.account_id), last, func.max(col(BankTransaction.day)))
        .where(col(BankTransaction.account_id).in_(account_ids), _told())
        .group_by(col(BankTransaction.account_id))
    )
    return {account_id: max(booked, day) for account_id, booked, day in rows}


def last_purchases(session: Session, account_ids: Collection[str]) -> dict[str, date]:
    """Return the last day on which something was bought with each account, whenever booked."""
    rows = session.execute(
        select_columns(col(BankTransaction.account_id), func.max(col(BankTransaction.day)))
        .where(col(BankTransaction.account_id).in_(account_ids), _told())
        .group_by(col(BankTransaction.account_id))
    )
    return {row[0]: row[1] for row in rows}


def first_days_fed(session: Session, account_ids: Collection[str]) -> dict[str, date]:
    """Return the first day of which a bank, not a file, gave each account a transaction (R65)."""
    first = (
        select_columns(col(BankTransaction.day))
        .join(SyncRun, col(SyncRun.id) == col(BankTransaction.first_run_id))
        .where(
            col(BankTransaction.account_id) == col(Account.id),
            col(SyncRun.trigger) != Trigger.FILE.value,
        )
        .order_by(col(BankTransaction.day), col(BankTransaction.id))
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )
    rows = session.execute(
        select_columns(col(Account.id), first).where(col(Account.id).in_(account_ids))
    )
    return {row[0]: row[1] for row in rows if row[1] is not None}


def matched(session: Session, identity_ids: Collection[str]) -> set[str]:
    """Return those of these identities that an admin matched something to."""
    query = select(AccountIdentityAlias.identity_id).where(
        col(AccountIdentityAlias.identity_id).in_(identity_ids)
    )
    return set(session.exec(query))


def hand_on(session: Session, new: Account, known: Account) -> str:
    """Take ``new``, which was told no transaction, out; what is of it goes over to ``known``.

    Returns the key under which it was shown.
    """
    connection = session.connection()
    for table in (table_of(RowFate), table_of(FileUpload), table_of(Expense)):
        moved = update(table).where(table.c.account_id == new.id)
        connection.execute(moved.values(account_id=known.id))
    entered = update(BankTransaction).where(col(BankTransaction.account_id) == new.id)
    connection.execute(entered.values(account_id=known.id, account_identity_id=known.identity_id))
    for table in (table_of(Coverage), table_of(Attachment)):
        connection.execute(delete(table).where(table.c.account_id == new.id))
    identity = session.get_one(AccountIdentity, new.identity_id)
    key = identity.key
    connection.execute(
        update(AccountIdentityAlias)
        .where(col(AccountIdentityAlias.identity_id) == identity.id)
        .values(identity_id=known.identity_id)
    )
    session.delete(new)
    session.flush()
    session.delete(identity)
    session.flush()
    # Matched once before, and an account of its own since: the last word counts.
    connection.execute(
        delete(AccountIdentityAlias).where(
            col(AccountIdentityAlias.legal_entity_id) == known.legal_entity_id,
            col(AccountIdentityAlias.key) == key,
        )
    )
    return key
