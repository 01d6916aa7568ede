"""The balances a source told of its accounts, and what they are compared with (I8)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, CheckConstraint, Column, and_, func, insert, or_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col, delete, select

from cardsync_sdk.types import RemoteAccount, TransactionStatus
from webapp.domain.life import EventKind
from webapp.domain.totals import Movement, Told, Total, compare
from webapp.storage.accounts import Account
from webapp.storage.columns import ID_LENGTH, UtcDateTime, ref
from webapp.storage.people import LegalEntity
from webapp.storage.transactions import BankTransaction, TransactionEvent

# How far back balances are compared: what could not be mended in that time is history.
LOOKED_BACK = timedelta(days=90)


class AccountBalance(SQLModel, table=True):
    """The balance that a source told last on a day of an account, in minor units of ``currency``.

    ``on_day`` is the day of ``told_at`` in the legal entity's zone; both are business time.
    """

    __tablename__ = "account_balance"
    __table_args__ = (CheckConstraint("length(currency) = 3", name="currency_iso"),)

    account_id: str = Field(
        primary_key=True, foreign_key="account.id", max_length=ID_LENGTH, ondelete="RESTRICT"
    )
    on_day: date = Field(primary_key=True)
    run_id: str = ref("sync_run.id")
    balance_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str
    told_at: datetime = Field(sa_type=UtcDateTime)


def note(
    session: Session,
    run_id: str,
    account_ids_by_ref: Mapping[str, str],
    accounts: Sequence[RemoteAccount],
    as_of: datetime,
) -> None:
    """Keep the balances that a batch tells of these accounts; the last one of a day stands.

    :param account_ids_by_ref: the shared accounts of the run, by the source's refs.
    """
    told = {
        account_ids_by_ref[one.ref]: one.balance
        for one in accounts
        if one.balance is not None and one.shared and one.ref in account_ids_by_ref
    }
    if not told:
        return
    on_day = _day_of(session, next(iter(told)), as_of)
    stands = and_(col(AccountBalance.account_id).in_(told), col(AccountBalance.on_day) == on_day)
    session.exec(delete(AccountBalance).where(stands))
    session.connection().execute(
        insert(AccountBalance),
        [
            {
                "account_id": account_id,
                "on_day": on_day,
                "run_id": run_id,
                "balance_minor": balance.minor,
                "currency": balance.currency,
                "told_at": as_of,
            }
            for account_id, balance in told.items()
        ],
    )


def _day_of(session: Session, account_id: str, as_of: datetime) -> date:
    """Return the day of an instant where the account's legal entity is."""
    zone = session.exec(
        select(LegalEntity.timezone)
        .join(Account, col(Account.legal_entity_id) == col(LegalEntity.id))
        .where(Account.id == account_id)
    ).one()
    return as_of.astimezone(ZoneInfo(zone)).date()


def totals(session: Session, account_ids: Collection[str], today: date) -> dict[str, Total]:
    """Compare the balances of these accounts with their transactions, in two queries.

    A card without a balance of its own is among them, as not known.
    """
    since = today - LOOKED_BACK
    told: dict[str, list[Told]] = {account_id: [] for account_id in account_ids}
    for row in session.execute(_told(account_ids, since)):
        told[row.account_id].append(Told(row.on_day, row.balance_minor, row.told_at))
    moved: dict[str, list[Movement]] = {}
    comparable = [account_id for account_id, found in told.items() if len(found) > 1]
    if comparable:
        for row in session.execute(_moved(comparable, since)):
            movement = Movement(row.booked_on, int(row.minor), row.known_at)
            moved.setdefault(row.account_id, []).append(movement)
    return {key: compare(found, moved.get(key, [])) for key, found in told.items()}


def total(session: Session, account_id: str, today: date) -> Total:
    """Compare the balances of one account with its transactions."""
    return totals(session, [account_id], today)[account_id]


def _told(account_ids: Collection[str], since: date) -> Any:
    balance = AccountBalance
    return (
        select_columns(
            col(balance.account_id),
            col(balance.on_day),
            col(balance.balance_minor),
            col(balance.told_at),
        )
        .join(Account, col(Account.id) == col(balance.account_id))
        .where(
            col(balance.account_id).in_(account_ids),
            col(balance.on_day) >= since,
            # A balance told in another currency moves by other amounts.
            col(balance.currency) == col(Account.currency),
        )
        .order_by(col(balance.account_id), col(balance.on_day))
    )


def _moved(account_ids: Collection[str], since: date) -> Any:
    """Return what moved the accounts, by booking day and by when it was known as booked.

    Whatever link told it: transactions are those of the account's identity. A row that was merged
    into one of another account moved this one all the same; merged within one, it is told twice.
    """
    row, keeper = BankTransaction, aliased(BankTransaction)
    # Some sources tell one day only; it is then the day of the row.
    booked_on = func.coalesce(col(row.booked_on), col(row.day)).label("booked_on")
    known_at = func.coalesce(_booked_at(), col(row.seen_at), type_=UtcDateTime()).label("known_at")
    elsewhere = col(keeper.account_identity_id) != col(row.account_identity_id)
    return (
        select_columns(
            col(Account.id).label("account_id"),
            booked_on,
            known_at,
            func.sum(col(row.amount_minor)).label("minor"),
        )
        .join(Account, col(Account.identity_id) == col(row.account_identity_id))
        .outerjoin(keeper, col(keeper.id) == col(row.merged_into))
        .where(
            col(Account.id).in_(account_ids),
            booked_on >= since,
            col(row.currency) == col(Account.currency),
            or_(col(row.status) == TransactionStatus.BOOKED.value, elsewhere),
        )
        .group_by(col(Account.id), booked_on, known_at)
    )


def _booked_at() -> Any:
    """Return when an announced transaction was told as booked, for a query over transactions."""
    event = TransactionEvent
    return (
        select_columns(func.max(col(event.at)))
        .where(
            col(event.transaction_id) == col(BankTransaction.id),
            col(event.kind) == EventKind.BOOKED.value,
        )
        .correlate(BankTransaction)
        .scalar_subquery()
    )
