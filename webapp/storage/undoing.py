"""A run planned backwards: what it told first and what it changed, in a few queries (I3)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from webapp.domain.expenses import ExpenseStatus
from webapp.domain.life import EventKind
from webapp.domain.merging import Work
from webapp.domain.questions import Answer
from webapp.domain.undoing import Altered, FirstTold, UndoPlan, plan_undo
from webapp.storage.expenses import Expense, Receipt
from webapp.storage.ingest import in_chunks
from webapp.storage.operations import Operation, operation_of, select_operations
from webapp.storage.people import LegalEntity, User
from webapp.storage.questions import HeldRow, Question
from webapp.storage.reports import ReportLine
from webapp.storage.runs import Coverage, RowFate, SyncRun
from webapp.storage.transactions import BankTransaction, TransactionAlias, TransactionEvent

_ROW = BankTransaction
_SAID = (Answer.SAME.value, Answer.DIFFERENT.value)


@dataclass(frozen=True, slots=True)
class RunSeat:
    """A run with its legal entity and the person who undid it, if one did."""

    run: SyncRun
    entity: LegalEntity
    undone_by: str | None

    @property
    def legal_entity_id(self) -> str:
        """Return the id of its legal entity."""
        return self.entity.id


@dataclass(frozen=True, slots=True)
class LaterRun:
    """A run that has built upon the one to be undone; ``account_id``: where its rows are read."""

    id: str
    as_of: datetime
    account_id: str | None


def run_seat(session: Session, run_id: str) -> RunSeat | None:
    """Return a run with where it belongs."""
    row = session.execute(
        select_columns(SyncRun, LegalEntity, col(User.name))
        .join(LegalEntity, col(LegalEntity.id) == col(SyncRun.legal_entity_id))
        .outerjoin(User, col(User.id) == col(SyncRun.undone_by))
        .where(col(SyncRun.id) == run_id)
    ).one_or_none()
    return RunSeat(*row) if row else None


def undo_plan(session: Session, run: SyncRun) -> UndoPlan:
    """Plan a run backwards, as things stand."""
    return plan_undo(_first_told(session, run), _altered(session, run))


def later_runs(session: Session, run: SyncRun, overtaken: Sequence[str]) -> list[LaterRun]:
    """Return the runs that must be undone before this one, the newest first."""
    found: dict[str, LaterRun] = {}
    order = col(SyncRun.started_at).desc(), col(SyncRun.id).desc()
    for some in in_chunks(overtaken):
        told = (
            select_columns(col(SyncRun.id), col(SyncRun.as_of), func.min(col(RowFate.account_id)))
            .join(RowFate, col(RowFate.run_id) == col(SyncRun.id))
            .where(col(RowFate.transaction_id).in_(some), *_standing(run))
            .group_by(col(SyncRun.id), col(SyncRun.as_of), col(SyncRun.started_at))
        )
        changed = (
            select_columns(col(SyncRun.id), col(SyncRun.as_of), func.min(col(_ROW.account_id)))
            .join(TransactionEvent, col(TransactionEvent.run_id) == col(SyncRun.id))
            .join(_ROW, col(_ROW.id) == col(TransactionEvent.transaction_id))
            .where(col(_ROW.id).in_(some), *_standing(run), *_by_a_run())
            .group_by(col(SyncRun.id), col(SyncRun.as_of), col(SyncRun.started_at))
        )
        for query in (told, changed):
            for row in session.execute(query.order_by(*order)):
                found.setdefault(row[0], LaterRun(*row))
    return sorted(found.values(), key=lambda one: (one.as_of, one.id), reverse=True)


def shown_operations(session: Session, ids: Collection[str], limit: int) -> list[Operation]:
    """Return the last of these transactions, the newest first, with what each became."""
    query = select_operations().where(col(_ROW.id).in_(list(ids)[-limit:]))
    query = query.order_by(col(_ROW.day).desc(), col(_ROW.id).desc()).limit(limit)
    return [operation_of(row) for row in session.execute(query)]


def days_of(session: Session, run: SyncRun, since: date | None) -> tuple[date, date] | None:
    """Return the days to ask for again once a run is undone: those it fetched, those it told."""
    first, last = session.execute(
        select_columns(func.min(Coverage.first_on), func.max(Coverage.last_on)).where(
            col(Coverage.run_id) == run.id
        )
    ).one()
    days = [one for one in (first, last, since) if one is not None]
    return (min(days), max(days)) if days else None


# --- What the run told first ---------------------------------------------------------------------


def _first_told(session: Session, run: SyncRun) -> list[FirstTold]:
    receipts = (
        select_columns(func.count())
        .where(col(Receipt.expense_id) == col(Expense.id))
        .correlate(Expense)
        .scalar_subquery()
    )
    query: Select[Any] = (
        select_columns(
            col(_ROW.id),
            col(_ROW.day),
            col(Expense.status),
            col(Expense.category_id),
            col(Expense.comment),
            receipts,
            col(Expense.locked_at).is_not(None),
            col(Expense.version),
            exists().where(col(ReportLine.expense_id) == col(Expense.id)).correlate(Expense),
            _answered(),
            _merged(),
            exists().where(_event_of(), _by_a_person()).correlate(_ROW),
            or_(_told_by_others(run), _changed_by_others(run), _asked_by_others(run)),
        )
        .outerjoin(Expense, col(Expense.transaction_id) == col(_ROW.id))
        .where(col(_ROW.first_run_id) == run.id)
        .order_by(col(_ROW.day), col(_ROW.id))
    )
    return [_told(row) for row in session.execute(query)]


def _told(row: Any) -> FirstTold:
    (row_id, day, status, category, comment, receipts, locked, version, *facts) = row
    work = None
    if status is not None:
        work = Work(
            ExpenseStatus(status), category, comment, receipts, bool(locked), version=version
        )
    in_report, answered, merged, told_apart, overtaken = map(bool, facts)
    return FirstTold(row_id, day, work, in_report, answered, merged, told_apart, overtaken)


def _answered() -> ColumnElement[bool]:
    """Say whether a person answered a question about a transaction, or about rows held for it."""
    answered = col(Question.answer).in_(_SAID)
    pair = or_(
        exists().where(col(Question.first_id) == col(_ROW.id), answered).correlate(_ROW),
        exists().where(col(Question.second_id) == col(_ROW.id), answered).correlate(_ROW),
    )
    return or_(pair, col(_ROW.id).in_(_held_for(answered)))


def _held_for(*which: ColumnElement[bool]) -> Select[Any]:
    return (
        select_columns(col(HeldRow.transaction_id))
        .join(Question, col(Question.id) == col(HeldRow.question_id))
        .where(col(HeldRow.transaction_id).is_not(None), *which)
    )


def _merged() -> ColumnElement[bool]:
    other = aliased(BankTransaction)
    follows = exists().where(col(other.merged_into) == col(_ROW.id)).correlate(_ROW)
    return or_(col(_ROW.merged_into).is_not(None), follows)


def _event_of() -> ColumnElement[bool]:
    return col(TransactionEvent.transaction_id) == col(_ROW.id)


def _by_a_person() -> ColumnElement[bool]:
    person = col(TransactionEvent.user_id).is_not(None)
    return and_(person, col(TransactionEvent.kind) != EventKind.UNDONE.value)


def _by_a_run() -> tuple[ColumnElement[bool], ...]:
    mine = col(TransactionEvent.kind) != EventKind.UNDONE.value
    return col(TransactionEvent.user_id).is_(None), mine


def _standing(run: SyncRun) -> tuple[ColumnElement[bool], ...]:
    """Say which runs began after this one and were not undone themselves."""
    began = col(SyncRun.started_at)
    later = or_(began > run.started_at, and_(began == run.started_at, col(SyncRun.id) > run.id))
    return later, col(SyncRun.undone_at).is_(None)


def _told_by_others(run: SyncRun) -> ColumnElement[bool]:
    query = exists().where(
        col(RowFate.transaction_id) == col(_ROW.id),
        col(SyncRun.id) == col(RowFate.run_id),
        *_standing(run),
    )
    return query.correlate(_ROW)


def _changed_by_others(run: SyncRun) -> ColumnElement[bool]:
    query = exists().where(
        _event_of(),
        *_by_a_run(),
        col(SyncRun.id) == col(TransactionEvent.run_id),
        *_standing(run),
    )
    return query.correlate(_ROW)


def _asked_by_others(run: SyncRun) -> ColumnElement[bool]:
    """Say whether an open question of another run names a transaction."""
    asks = (
        col(Question.answer).is_(None),
        or_(col(Question.run_id) != run.id, col(Question.run_id).is_(None)),
    )
    # The other one of such a pair was told later, or the question would not be about this one.
    second = exists().where(col(Question.first_id) == col(_ROW.id), *asks)
    return or_(second.correlate(_ROW), col(_ROW.id).in_(_held_for(*asks)))


# --- What was known before -----------------------------------------------------------------------


def _altered(session: Session, run: SyncRun) -> list[Altered]:
    before = or_(col(_ROW.first_run_id) != run.id, col(_ROW.first_run_id).is_(None))
    befores: dict[str, list[dict[str, Any]]] = {}
    events = (
        select_columns(col(TransactionEvent.transaction_id), col(TransactionEvent.before))
        .join(_ROW, _event_of())
        .where(col(TransactionEvent.run_id) == run.id, *_by_a_run(), before)
        .order_by(col(TransactionEvent.id))
    )
    for row_id, values in session.execute(events):
        befores.setdefault(row_id, []).append(values or {})
    keyed = select(TransactionAlias.transaction_id).join(
        _ROW, col(_ROW.id) == col(TransactionAlias.transaction_id)
    )
    for row_id in session.exec(keyed.where(col(TransactionAlias.run_id) == run.id, before)):
        befores.setdefault(row_id, [])
    return [
        Altered(row_id, day, befores[row_id], bool(merged), bool(overtaken), bool(locked))
        for some in in_chunks(befores)
        for row_id, day, merged, overtaken, locked in session.execute(_facts(run, some))
    ]


def _facts(run: SyncRun, ids: Sequence[str]) -> Select[str, date, bool, bool, bool]:
    return (
        select_columns(
            col(_ROW.id),
            col(_ROW.day),
            _merged(),
            _changed_by_others(run),
            col(Expense.locked_at).is_not(None),
        )
        .outerjoin(Expense, col(Expense.transaction_id) == col(_ROW.id))
        .where(col(_ROW.id).in_(ids))
        .order_by(col(_ROW.day), col(_ROW.id))
    )
