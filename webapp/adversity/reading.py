"""Read the picture that the checker looks at: what is stored of a script's company."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from cardsync_sdk.interchange import to_dict
from cardsync_sdk.testing.adversity import NAME
from cardsync_sdk.types import FetchWindow
from webapp.adversity.checker import Content, Covered, Expense, Held, Picture, Run, Told, Work
from webapp.adversity.world import World
from webapp.domain.expenses import ExpenseStatus
from webapp.domain.fates import Fate
from webapp.domain.interfaces import Outcome
from webapp.storage import expenses as store
from webapp.storage.accounts import Account
from webapp.storage.ingest import delivery_lines
from webapp.storage.people import User
from webapp.storage.question_lists import open_here
from webapp.storage.reports import Report, ReportLine
from webapp.storage.runs import Coverage, Delivery, RowFate, SyncRun, counts_of
from webapp.storage.transactions import BankTransaction

ACTIVE = ("announced", "booked")
Given = Mapping[str, int]
Vouched = Mapping[tuple[str, str], Sequence[FetchWindow]]


def picture_of(
    world: World, works: Sequence[Work], given: Given, vouched: Vouched, *, syncs: int
) -> Picture:
    """Return how things stand.

    :param given: how many rows the bank gave in each run, by the run's id.
    :param vouched: the days the bank vouched for, by run and card.
    :param syncs: how many syncs the script itself had.
    """
    with world.database.read() as session:
        expenses = _expenses(session, world)
        return Picture(
            told=told(world),
            held=held(session, world),
            works=works,
            expenses=expenses,
            runs=[_run(session, run, given) for run in _runs(session, world)],
            covered=_covered(session, world, vouched),
            quarantined=_quarantined(session, world),
            questions=sum(one.count for one in open_here(session, world.entities)),
            syncs=syncs,
        )


def told(world: World) -> list[Told]:
    """Return the truth, row by row."""
    rows = []
    for entry in world.truth.entries.values():
        row = entry.row
        content = Content(
            entry.home,
            row.status.value,
            row.kind.value,
            row.purchased_on,
            row.booked_on,
            row.value_on,
            row.amount.minor,
            row.amount.currency,
            (row.original.minor, row.original.currency) if row.original else None,
            row.memo,
        )
        anonymous = row.external_id is None
        moved = entry.card if entry.card != entry.home else ""
        rows.append(Told(entry.name, content, entry.counts, anonymous, moved))
    return rows


def held(session: Session, world: World) -> list[Held]:
    """Return every transaction of the company with the rows it was seen as."""
    seen = names_of_transactions(session, world)
    made = session.execute(
        select_columns(col(store.Expense.transaction_id), func.count()).group_by(
            col(store.Expense.transaction_id)
        )
    )
    expenses = dict(made.all())
    refused = set(
        session.exec(
            select(store.Expense.transaction_id).where(
                store.Expense.status == ExpenseStatus.NOT_EXPENSE.value
            )
        )
    )
    summaries = set(
        session.exec(select(RowFate.transaction_id).where(RowFate.fate == Fate.SUMMARY.value))
    )
    query = select(BankTransaction).where(col(BankTransaction.legal_entity_id).in_(world.entities))
    return [
        Held(
            id=row.id,
            content=_content(world, row),
            active=row.status in ACTIVE,
            told_as=tuple(seen.get(row.id, ())),
            expenses=expenses.get(row.id, 0),
            refused=row.id in refused,
            summary=row.id in summaries,
        )
        for row in session.exec(query.order_by(col(BankTransaction.id)))
    ]


def _content(world: World, row: BankTransaction) -> Content:
    original = row.original_minor is not None and row.original_currency is not None
    return Content(
        world.card_of.get(row.account_id, row.account_id),
        row.status,
        row.kind,
        row.purchased_on,
        row.booked_on,
        row.value_on,
        row.amount_minor,
        row.currency,
        (row.original_minor, row.original_currency) if original else None,  # type: ignore[arg-type]
        row.memo,
    )


def names_of_transactions(session: Session, world: World) -> dict[str, list[str]]:
    """Return, by transaction, the names of the rows it was seen as, in the order they came.

    The names are read from the deliveries as they came, never from what the engine made of them.
    """
    found: dict[str, list[str]] = {}
    for run in _runs(session, world):
        names: dict[int, str] = {}
        for delivery in session.exec(select(Delivery).where(Delivery.run_id == run.id)):
            for position, line in enumerate(delivery_lines(delivery), delivery.first_position):
                names[position] = line.get("raw", {}).get(NAME, "")
        fates = select(RowFate).where(RowFate.run_id == run.id).order_by(col(RowFate.position))
        for fate in session.exec(fates):
            name = names.get(fate.position)
            if name and fate.transaction_id is not None:
                found.setdefault(fate.transaction_id, []).append(name)
    return found


def _runs(session: Session, world: World) -> list[SyncRun]:
    query = select(SyncRun).where(col(SyncRun.legal_entity_id).in_(world.entities))
    return list(session.exec(query.order_by(col(SyncRun.started_at), col(SyncRun.id))))


def _run(session: Session, run: SyncRun, given: Given) -> Run:
    fates = select(RowFate.fate).where(RowFate.run_id == run.id)
    # Its worker found itself overtaken, and may write nothing any more: the kind says it all.
    cut_off = run.outcome == Outcome.INTERRUPTED
    return Run(
        id=run.id,
        ok=run.outcome == Outcome.OK,
        rows_seen=run.rows_seen,
        counts={fate.value: count for fate, count in counts_of(run).items()},
        recorded=Counter(session.exec(fates)),
        given=given.get(run.id, 0),
        error=run.error_kind if cut_off else run.error_kind and run.error,
    )


def _expenses(session: Session, world: World) -> list[Expense]:
    rows = session.execute(
        select_columns(
            col(store.Expense.transaction_id),
            col(store.Expense.comment),
            func.count(col(store.Receipt.id)),
            col(User.name),
            col(store.Expense.status),
        )
        .join(User, col(User.id) == col(store.Expense.user_id))
        .outerjoin(store.Receipt, col(store.Receipt.expense_id) == col(store.Expense.id))
        .where(col(store.Expense.legal_entity_id).in_(world.entities))
        .group_by(col(store.Expense.id), col(User.name))
    )
    return [
        Expense(transaction_id, mark, receipts, holder, status == ExpenseStatus.NOT_EXPENSE)
        for transaction_id, mark, receipts, holder, status in rows
    ]


def _covered(session: Session, world: World, vouched: Vouched) -> list[Covered]:
    query = select(Coverage).where(col(Coverage.account_id).in_(world.card_of))
    return [
        Covered(
            card := world.card_of[row.account_id],
            FetchWindow(row.first_on, row.last_on),
            tuple(vouched.get((row.run_id, card), ())),
        )
        for row in session.exec(query)
    ]


def _quarantined(session: Session, world: World) -> int:
    """Count the different rows that were ever put aside."""
    query = (
        select(RowFate.account_id, RowFate.external_id, RowFate.reason)
        .where(RowFate.fate == Fate.QUARANTINED.value, col(RowFate.account_id).in_(world.card_of))
        .distinct()
    )
    return len(session.exec(query).all())


def dump(world: World) -> str:
    """Return all that a sync may write of transactions and expenses, in a canonical form."""
    ours = {"last_run_id", "first_run_id", "seen_at"}
    with world.database.read() as session:
        rows: list[object] = []
        for model in (BankTransaction, store.Expense):
            query = select(model).where(col(model.legal_entity_id).in_(world.entities))
            rows += [row.model_dump(mode="json", exclude=ours) for row in session.exec(query)]
    return json.dumps(sorted(json.dumps(row, sort_keys=True) for row in rows))


def reported(world: World) -> str:
    """Return what the lines of submitted and approved reports say."""
    with world.database.read() as session:
        query = (
            select(ReportLine)
            .join(Report, col(Report.id) == col(ReportLine.report_id))
            .where(
                col(Report.legal_entity_id).in_(world.entities),
                col(ReportLine.content).is_not(None),
            )
        )
        rows = [row.model_dump(mode="json") for row in session.exec(query)]
    return json.dumps(sorted(json.dumps(row, sort_keys=True) for row in rows))


def marks(world: World) -> dict[str, tuple[object, ...]]:
    """Return the marks of success, by card: coverage, complete up to, last success."""
    with world.database.read() as session:
        days = Counter(
            session.exec(
                select(Coverage.account_id).where(col(Coverage.account_id).in_(world.card_of))
            )
        )
        accounts = session.exec(select(Account).where(col(Account.id).in_(world.card_of)))
        return {
            account.id: (account.complete_until, account.last_ok_at, days[account.id])
            for account in accounts
        }


def statement_lines(world: World, names: Sequence[str]) -> bytes:
    """Return a ``.jsonl`` statement that holds these rows of the truth, without ids."""
    lines = []
    for name in names:
        shape = to_dict(world.truth.told(world.truth.entries[name]))
        shape.pop("external_id", None)
        lines.append(json.dumps(shape))
    return ("\n".join(lines) + "\n").encode()
