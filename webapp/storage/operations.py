"""The transactions of one account with what each became, and the rows of one run.

Lists page by their last key, never by an offset; each page costs a fixed number of queries.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import Session, and_, col, select

from cardsync_sdk.interchange import from_dict
from cardsync_sdk.types import TransactionKind
from webapp.domain.expense_lines import ENTERED
from webapp.domain.expenses import title_of
from webapp.domain.fates import Fate
from webapp.domain.history import Became, became
from webapp.domain.searching import Amount, Search
from webapp.storage.expenses import Expense
from webapp.storage.folding import fold_text
from webapp.storage.ingest import delivery_lines
from webapp.storage.people import User
from webapp.storage.runs import Delivery, RowFate
from webapp.storage.transactions import BankTransaction

# Of how many of the newest transactions the usual age at import is told.
LATELY = 100

_COLUMNS: tuple[Any, ...] = (
    BankTransaction.id,
    BankTransaction.account_id,
    BankTransaction.day,
    BankTransaction.purchased_on,
    BankTransaction.booked_on,
    BankTransaction.amount_minor,
    BankTransaction.currency,
    BankTransaction.original_minor,
    BankTransaction.original_currency,
    BankTransaction.kind,
    BankTransaction.settles,
    BankTransaction.status,
    BankTransaction.merchant,
    BankTransaction.label,
    BankTransaction.memo,
    BankTransaction.seen_at,
    BankTransaction.first_run_id,
)

_FATE: tuple[Any, ...] = (
    RowFate.position,
    RowFate.fate,
    RowFate.reason,
    col(RowFate.external_id).label("row_id"),
)
_OUTCOME: tuple[Any, ...] = (
    col(Expense.id).label("expense_id"),
    col(Expense.status).label("expense_status"),
    col(User.id).label("holder_id"),
    col(User.name).label("holder"),
)


@dataclass(frozen=True, slots=True)
class Key:
    """Where a transaction stands in the list, which goes on below it."""

    day: date
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A transaction as the bank said it, and what it became.

    ``amount_minor`` has the bank's sign: minus is a spend. ``expense_status`` and ``holder`` are
    empty where no expense came of it; ``run_id`` where a person entered it.
    """

    id: str
    account_id: str
    day: date
    purchased_on: date | None
    booked_on: date | None
    title: str
    memo: str
    amount_minor: int
    currency: str
    original_minor: int | None
    original_currency: str | None
    announced: bool
    withdrawn: bool
    entered: bool
    became: Became
    expense_id: str | None
    expense_status: str | None
    holder_id: str | None
    holder: str | None
    imported_at: datetime
    run_id: str | None

    @property
    def key(self) -> Key:
        """Return where this transaction stands in the list."""
        return Key(self.day, self.id)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a row that became no transaction of ours: as it was delivered."""

    day: date
    title: str
    memo: str
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One row of a run with its fate; ``operation`` where it is a transaction we hold."""

    position: int
    fate: Fate
    reason: str
    external_id: str | None
    operation: Operation | None
    told: Told | None = None


def operations(
    session: Session, account_id: str, *, search: Search, below: Key | None, limit: int
) -> list[Operation]:
    """Return the next transactions of an account that match ``search``, the newest first."""
    query = select_operations().where(col(BankTransaction.account_id) == account_id)
    query = matching(query, search)
    if below is not None:
        # Compared as a row: the same condition spelled out with OR reads the whole index.
        place = tuple_(col(BankTransaction.day), col(BankTransaction.id))
        query = query.where(place < tuple_(below.day, below.id))
    query = query.order_by(col(BankTransaction.day).desc(), col(BankTransaction.id).desc())
    return [operation_of(row) for row in session.execute(query.limit(limit))]


def find_operation(
    session: Session, transaction_id: str, *, account_id: str | None = None
) -> Operation | None:
    """Return one transaction with what it became; of one account only, where it is named."""
    query = select_operations().where(col(BankTransaction.id) == transaction_id)
    if account_id is not None:
        query = query.where(col(BankTransaction.account_id) == account_id)
    row = session.execute(query).one_or_none()
    return None if row is None else operation_of(row)


def ages_lately(session: Session, account_id: str) -> list[tuple[date, datetime]]:
    """Return the day and the instant of import of the account's newest transactions."""
    query = (
        select_columns(col(BankTransaction.day), col(BankTransaction.seen_at))
        .where(
            col(BankTransaction.account_id) == account_id, col(BankTransaction.status) != ENTERED
        )
        .order_by(col(BankTransaction.day).desc(), col(BankTransaction.id).desc())
    )
    return [(row[0], row[1]) for row in session.execute(query.limit(LATELY))]


def rows_of_run(
    session: Session,
    run_id: str,
    account_id: str,
    *,
    after: int,
    limit: int,
    fates: Collection[Fate] = tuple(Fate),
) -> list[RunRow]:
    """Return the next rows of a run that are an account's, in the order they came.

    :param fates: only rows that had one of these.
    """
    query = (
        select_columns(*_FATE, *_COLUMNS, *_OUTCOME)
        .select_from(RowFate)
        .outerjoin(BankTransaction, col(BankTransaction.id) == col(RowFate.transaction_id))
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .outerjoin(User, col(User.id) == col(Expense.user_id))
        .where(
            col(RowFate.run_id) == run_id,
            col(RowFate.account_id) == account_id,
            col(RowFate.position) > after,
            col(RowFate.fate).in_(fates),
        )
        .order_by(col(RowFate.position))
        .limit(limit)
    )
    rows = session.execute(query).all()
    told = _told(session, run_id, [row.position for row in rows if row.id is None])
    return [
        RunRow(
            position=row.position,
            fate=Fate(row.fate),
            reason=row.reason,
            external_id=row.row_id,
            operation=operation_of(row) if row.id is not None else None,
            told=told.get(row.position),
        )
        for row in rows
    ]


def select_operations() -> Select[Any]:
    """Return the query over transactions with what each became; see :func:`operation_of`."""
    return (
        select_columns(*_COLUMNS, *_OUTCOME)
        .select_from(BankTransaction)
        .outerjoin(Expense, col(Expense.transaction_id) == col(BankTransaction.id))
        .outerjoin(User, col(User.id) == col(Expense.user_id))
    )


def operation_of(row: Any) -> Operation:
    """Return one row of :func:`select_operations`."""
    return Operation(
        id=row.id,
        account_id=row.account_id,
        day=row.day,
        purchased_on=row.purchased_on,
        booked_on=row.booked_on,
        title=title_of((row.merchant or {}).get("name"), row.label, row.memo),
        memo=row.memo,
        amount_minor=row.amount_minor,
        currency=row.currency,
        original_minor=row.original_minor,
        original_currency=row.original_currency,
        announced=row.status == "announced",
        withdrawn=row.status in (Became.CANCELLED, Became.EXPIRED),
        entered=row.status == ENTERED,
        became=became(
            has_expense=bool(row.expense_id),
            kind=TransactionKind.SUMMARY if row.settles else row.kind,
            status=row.status,
        ),
        expense_id=row.expense_id,
        expense_status=row.expense_status,
        holder_id=row.holder_id,
        holder=row.holder,
        imported_at=row.seen_at,
        run_id=row.first_run_id,
    )


def matching(query: Select[Any], search: Search) -> Select[Any]:
    """Narrow a query over transactions to what is looked for."""
    for word in search.words:
        query = query.where(_text().contains(word, autoescape=True))
    if search.amount is not None:
        query = query.where(_is_amount(search.amount))
    if search.first is not None or search.last is not None:
        days = (col(BankTransaction.day), col(BankTransaction.booked_on))
        query = query.where(or_(*(_between(day, search.first, search.last) for day in days)))
    return query


def _text() -> ColumnElement[str]:
    merchant = col(BankTransaction.merchant)["name"].as_string()
    parts = (col(BankTransaction.label), merchant)
    text: Any = col(BankTransaction.memo)
    for part in parts:
        text = text.concat(" ").concat(func.coalesce(part, ""))
    return fold_text(text)


def _is_amount(amount: Amount) -> ColumnElement[bool]:
    wanted = [amount.minor] if amount.signed else [amount.minor, -amount.minor]
    return col(BankTransaction.amount_minor).in_(wanted)


def _between(column: Any, first: date | None, last: date | None) -> ColumnElement[bool]:
    bounds = [column >= first] if first is not None else []
    if last is not None:
        bounds.append(column <= last)
    return and_(*bounds)


def _told(session: Session, run_id: str, positions: Sequence[int]) -> dict[int, Told]:
    """Return what the source said of rows that were not taken, from the deliveries kept."""
    if not positions:
        return {}
    query = select(Delivery).where(
        Delivery.run_id == run_id,
        col(Delivery.first_position) <= max(positions),
        col(Delivery.first_position) + col(Delivery.rows) > min(positions),
    )
    found: dict[int, Told] = {}
    for delivery in session.exec(query):
        lines = delivery_lines(delivery)
        for position in positions:
            place = position - delivery.first_position
            # A row deleted on purpose has left its place empty.
            if 0 <= place < len(lines) and lines[place]:
                found[position] = _told_by(lines[place])
    return found


def _told_by(line: dict[str, Any]) -> Told:
    row = from_dict(line)
    name = row.merchant.name if row.merchant else None
    title = title_of(name, row.label, row.memo)
    return Told(row.day, title, row.memo, row.amount.minor, row.amount.currency)
