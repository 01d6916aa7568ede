"""Undo a run: planned by reading, done in one transaction, and the next sync begins anew (I3).

What people did stays. Deliveries, fates and counts stay as they were: the run says that it was
undone. Its marks are taken back too, so that the next sync brings everything again, once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from cardsync_sdk.types import FetchWindow
from webapp.domain.interfaces import Outcome, Trigger
from webapp.domain.undoing import UndoPlan, UndoRefusal, UndoRefused, complete_without
from webapp.domain.windows import is_deep
from webapp.storage import audit, taking_back
from webapp.storage.accounts import Account, lock_accounts
from webapp.storage.interfaces import Interface, fence_off, lock_interfaces
from webapp.storage.leases import under_way
from webapp.storage.people import LegalEntity
from webapp.storage.runs import Coverage, RowFate, SyncRun
from webapp.storage.transactions import BankTransaction
from webapp.storage.undoing import undo_plan


@dataclass(frozen=True, slots=True)
class Undoer:
    """Who undoes a run, when and why; ``user_id`` is empty at the command line.

    ``seen``: the digest of the plan that was shown; if it is another by now, nothing is done.
    """

    at: datetime
    user_id: str | None = None
    why: str = ""
    seen: str | None = None


def refusal_of(session: Session, run: SyncRun, plan: UndoPlan) -> UndoRefusal | None:
    """Return why a run cannot be undone as things stand, or nothing."""
    if run.undone_at is not None:
        return UndoRefusal.UNDONE
    if run.outcome == Outcome.RUNNING:
        return UndoRefusal.RUNNING
    interfaces = [
        session.get_one(Interface, one)
        for one in _interface_ids(session, run, _accounts(session, run))
    ]
    if any(under_way(session, one) for one in interfaces):
        return UndoRefusal.UNDER_WAY
    return UndoRefusal.OVERTAKEN if plan.overtaken else None


def undo(session: Session, run_id: str, by: Undoer) -> UndoPlan:
    """Undo a run in the caller's transaction; returns what that came to.

    :raises UndoRefused: with the reason; nothing was changed then.
    """
    run = session.get_one(SyncRun, run_id)
    account_ids = _accounts(session, run)
    interface_ids = _interface_ids(session, run, account_ids)
    lock_interfaces(session, interface_ids)
    accounts = lock_accounts(session, account_ids)
    session.expire_all()
    plan = undo_plan(session, run)
    refused = refusal_of(session, run, plan)
    if refused is None and by.seen not in (None, plan.digest):
        refused = UndoRefusal.CHANGED
    if refused is not None:
        raise UndoRefused(refused)
    # Before anything goes: the marks are told by what there was.
    marks = [_marks(session, run, account, plan) for account in accounts]
    fence_off(session, interface_ids)
    taking_back.put_back(session, run.id, plan.put_back, by=by.user_id, at=by.at)
    taking_back.take_away(session, run.id, plan.go)
    taking_back.forget_marks(session, run.id)
    run.undone_at, run.undone_by = by.at, by.user_id
    session.add(run)
    session.flush()
    for account, mark in zip(accounts, marks, strict=True):
        _set_back(session, run, account, mark)
    _last_success(session, run)
    _record(session, run, plan, by)
    return plan


def _accounts(session: Session, run: SyncRun) -> list[str]:
    """Return the accounts that a run may have moved something of."""
    found: set[str] = set()
    if run.trigger != Trigger.FILE:
        found.update(
            session.exec(select(Account.id).where(Account.interface_id == run.interface_id))
        )
    for ledger in (RowFate, Coverage):
        query = select(ledger.account_id).where(ledger.run_id == run.id).distinct()
        found.update(session.exec(query))
    return sorted(found)


def _interface_ids(session: Session, run: SyncRun, account_ids: Collection[str]) -> list[str]:
    query = select(Account.interface_id).where(col(Account.id).in_(account_ids)).distinct()
    return sorted({run.interface_id, *session.exec(query)})


def _marks(session: Session, run: SyncRun, account: Account, plan: UndoPlan) -> date | None:
    """Return up to which day an account is complete without the run."""
    intervals: dict[bool, list[FetchWindow]] = {True: [], False: []}
    for row in session.exec(select(Coverage).where(Coverage.account_id == account.id)):
        intervals[row.run_id == run.id].append(FetchWindow(row.first_on, row.last_on))
    since = _since(session, account, plan)
    return complete_without(
        intervals[True], intervals[False], until=account.complete_until, since=since
    )


def _since(session: Session, account: Account, plan: UndoPlan) -> date | None:
    """Return the first day of an account of which something goes or changes."""
    if plan.since is None:
        return None
    wanted = {*plan.go, *plan.put_back}
    query = select_columns(col(BankTransaction.id), col(BankTransaction.day)).where(
        col(BankTransaction.account_id) == account.id, col(BankTransaction.day) >= plan.since
    )
    return min((day for row_id, day in session.execute(query) if row_id in wanted), default=None)


def _set_back(session: Session, run: SyncRun, account: Account, until: date | None) -> None:
    """Set an account's marks back; what a file told never moved any."""
    account.complete_until = until
    if run.trigger != Trigger.FILE:
        # Where a source would go on from is not known any more: the next walk begins anew.
        account.cursor = None
        latest, deep = _fetched(session, account)
        account.last_ok_at, account.deep_read_on = latest, deep
    session.add(account)


def _fetched(session: Session, account: Account) -> tuple[datetime | None, date | None]:
    """Return when an account was last fetched with success, and when far back."""
    rows = session.exec(
        select(SyncRun.as_of, Coverage)
        .join(Coverage, col(Coverage.run_id) == col(SyncRun.id))
        .where(Coverage.account_id == account.id)
    ).all()
    zone = ZoneInfo(session.get_one(LegalEntity, account.legal_entity_id).timezone)
    deep = [
        day
        for as_of, days in rows
        for day in [as_of.astimezone(zone).date()]
        if is_deep(FetchWindow(days.first_on, day), floor=account.import_from, today=day)
    ]
    return max((as_of for as_of, _days in rows), default=None), max(deep, default=None)


def _last_success(session: Session, run: SyncRun) -> None:
    if run.trigger == Trigger.FILE:
        return
    query = select(func.max(SyncRun.as_of)).where(
        SyncRun.interface_id == run.interface_id,
        SyncRun.outcome == Outcome.OK.value,
        SyncRun.trigger != Trigger.FILE.value,
        col(SyncRun.undone_at).is_(None),
    )
    interface = session.get_one(Interface, run.interface_id)
    interface.last_ok_at = session.exec(query).one()
    session.add(interface)


def _record(session: Session, run: SyncRun, plan: UndoPlan, by: Undoer) -> None:
    entity = session.get_one(LegalEntity, run.legal_entity_id)
    audit.record(
        session,
        at=by.at,
        action="run.undone",
        target_kind="run",
        target_id=run.id,
        actor_id=by.user_id,
        group_id=entity.group_id,
        legal_entity_id=entity.id,
        interface=run.interface_id,
        gone=len(plan.go),
        put_back=len(plan.put_back),
        stayed=len(plan.stay),
        why=by.why,
    )
