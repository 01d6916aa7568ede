"""Where a transaction comes from and what happened to it: runs, ids, events, in a few queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from webapp.domain.expenses import title_of
from webapp.domain.life import EventKind
from webapp.domain.monthly_totals import TickedOff
from webapp.domain.provenance import Change, KnownUnder, changes, known_under
from webapp.storage.accounts import Account
from webapp.storage.expenses import Expense
from webapp.storage.interfaces import Interface
from webapp.storage.monthly_totals import ticked_off
from webapp.storage.people import User
from webapp.storage.runs import RowFate, SyncRun
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent

# What the bank says of a transaction and a reader understands.
TOLD = (
    "status",
    "amount_minor",
    "currency",
    "original_minor",
    "original_currency",
    "fee_minor",
    "purchased_on",
    "booked_on",
    "value_on",
    "kind",
    "label",
    "memo",
    "merchant",
    "card_last4",
    "external_id",
)


@dataclass(frozen=True, slots=True)
class Sight:
    """One run that showed a transaction; ``account_id`` is the account it was shown under."""

    run_id: str
    account_id: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Origin:
    """A source that showed a transaction: in how many runs, first and last."""

    interface: str
    source: str
    times: int
    first: Sight
    last: Sight


@dataclass(frozen=True, slots=True)
class LifeEvent:
    """One event with what it changed; ``by``: the person who did it, else a run."""

    kind: EventKind
    at: datetime
    run_id: str | None
    by: str | None
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Relative:
    """Another transaction that belongs to this one; ``amount_minor`` with the bank's sign."""

    id: str
    account_id: str
    day: date
    title: str
    amount_minor: int
    currency: str
    expense_id: str | None
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The card of which a row is the monthly total, and its purchases beside it."""

    account_id: str
    card: str
    last4: str
    ticked: TickedOff | None


@dataclass(frozen=True, slots=True)
class Life:
    """A transaction's provenance and life, the oldest event first.

    ``merged_into`` stands for both; ``duplicates`` are told by it too. ``refund_of`` is the
    purchase that it gives back; ``refunds`` give it back. ``settled``: it is a monthly total.
    """

    seen_at: datetime
    first_run_id: str | None
    currency: str
    original_currency: str | None
    origins: Sequence[Origin]
    known_under: Sequence[KnownUnder]
    events: Sequence[LifeEvent]
    merged_into: Relative | None
    duplicates: Sequence[Relative]
    refund_of: Relative | None
    refunds: Sequence[Relative]
    settled: Settled | None


def life_of(session: Session, transaction_id: str) -> Life:
    """Return the life of a transaction, in a fixed number of queries.

    :raises NoResultFound: if there is none of this id.
    """
    row = session.get_one(BankTransaction, transaction_id)
    aliases = session.exec(
        select(TransactionAlias.key)
        .where(TransactionAlias.transaction_id == transaction_id)
        .order_by(col(TransactionAlias.key))
    ).all()
    near = _relatives(session, row)
    return Life(
        seen_at=row.seen_at,
        first_run_id=row.first_run_id,
        currency=row.currency,
        original_currency=row.original_currency,
        origins=_origins(session, row),
        known_under=known_under([row.identity_key, *aliases]),
        events=_events(session, row),
        merged_into=near.get(row.merged_into or "", (None, None))[1],
        duplicates=[one for other, one in near.values() if other.merged_into == row.id],
        refund_of=near.get(row.refund_of or "", (None, None))[1],
        refunds=[one for other, one in near.values() if other.refund_of == row.id],
        settled=_settled(session, row),
    )


def _settled(session: Session, row: BankTransaction) -> Settled | None:
    if row.settles is None:
        return None
    card = session.get_one(Account, row.settles)
    return Settled(card.id, card.name, card.number_last4, ticked_off(session, row))


def _origins(session: Session, row: BankTransaction) -> list[Origin]:
    """Return the sources that showed it: a file handed in is another than the feed."""
    seen = session.execute(
        select_columns(
            col(RowFate.run_id),
            col(RowFate.account_id),
            col(SyncRun.as_of),
            col(SyncRun.source),
            col(Interface.label),
            col(Interface.institution),
        )
        .join(SyncRun, col(SyncRun.id) == col(RowFate.run_id))
        .join(Interface, col(Interface.id) == col(SyncRun.interface_id))
        .where(col(RowFate.transaction_id) == row.id)
        .order_by(col(SyncRun.started_at), col(SyncRun.id), col(RowFate.position))
    ).all()
    groups: dict[tuple[str, str], dict[str, Sight]] = {}
    for run_id, account_id, as_of, source, label, institution in seen:
        sights = groups.setdefault((label or institution or source, source), {})
        sights.setdefault(run_id, Sight(run_id, account_id, as_of))
    return [
        Origin(label, source, len(sights), next(iter(sights.values())), list(sights.values())[-1])
        for (label, source), sights in groups.items()
    ]


def _events(session: Session, row: BankTransaction) -> list[LifeEvent]:
    events = session.execute(
        select_columns(TransactionEvent, col(User.name))
        .outerjoin(User, col(User.id) == col(TransactionEvent.user_id))
        .where(col(TransactionEvent.transaction_id) == row.id)
        .order_by(col(TransactionEvent.at), col(TransactionEvent.id))
    ).all()
    told = changes(_told(row), [event.before or {} for event, _name in events])
    return [
        LifeEvent(EventKind(event.kind), event.at, event.run_id, name, changed)
        for (event, name), changed in zip(events, told, strict=True)
    ]


def _told(row: BankTransaction) -> dict[str, Any]:
    """Return today's values as an event keeps them: days as ISO 8601 texts."""
    values = {name: getattr(row, name) for name in TOLD}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


def _relatives(
    session: Session, row: BankTransaction
) -> dict[str, tuple[BankTransaction, Relative]]:
    mine = [one for one in (row.merged_into, row.refund_of) if one]
    found = session.execute(
        select_columns(BankTransaction, col(Expense.id), col(Expense.user_id))
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .where(
            or_(
                col(BankTransaction.id).in_(mine),
                col(BankTransaction.merged_into) == row.id,
                col(BankTransaction.refund_of) == row.id,
            )
        )
        .order_by(col(BankTransaction.day), col(BankTransaction.id))
    )
    return {one.id: (one, relative_of(one, *said)) for one, *said in found}


def relative_of(
    row: BankTransaction, expense_id: str | None = None, user_id: str | None = None
) -> Relative:
    """Return a transaction as its relatives name it."""
    merchant = (row.merchant or {}).get("name")
    return Relative(
        id=row.id,
        account_id=row.account_id,
        day=row.day,
        title=title_of(merchant, row.label, row.memo),
        amount_minor=row.amount_minor,
        currency=row.currency,
        expense_id=expense_id,
        user_id=user_id,
    )
