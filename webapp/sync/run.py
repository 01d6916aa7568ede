"""Run a sync of one interface: claim, gather, plan, apply, and say how it ended."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlmodel import Session, col

from cardsync_sdk.errors import UNKNOWN_CURSOR, SourceRejected
from cardsync_sdk.types import Batch
from webapp.domain.fates import Fate
from webapp.domain.interfaces import Outcome, Trigger
from webapp.domain.schedule import BACKOFF, FailureKind, after_failure, next_daily
from webapp.domain.transactions import trusts_ids
from webapp.domain.windows import DEEP_BACK, covered, is_deep
from webapp.storage import leases
from webapp.storage.accounts import Account
from webapp.storage.ingest import insert_coverage
from webapp.storage.interfaces import Interface
from webapp.storage.leases import Claim, FencedOff
from webapp.storage.rechecking import recheck
from webapp.storage.reporting import enter_booked
from webapp.storage.runs import SyncRun, close_run, counts_of, open_run
from webapp.sync.afterwards import look_around
from webapp.sync.apply import apply_batch
from webapp.sync.failures import Failure, failure_of
from webapp.sync.gather import Ask, gather, group_asks
from webapp.sync.job import Engine, Job, account_ref, fresh_counters, load_feed_job
from webapp.sync.noticing import follow
from webapp.sync.settling import put_off, settle_walk

log = logging.getLogger(__name__)

# What goes by without anybody.
PASSING: Final = (FailureKind.UNAVAILABLE, FailureKind.RATE_LIMITED, FailureKind.OUR_FAULT)


@dataclass(frozen=True)
class Result:
    """How a run ended, for whoever asked."""

    run_id: str
    outcome: Outcome
    counts: Mapping[Fate, int]
    rows_seen: int
    expenses_made: int
    failure: Failure | None = None
    next_due_at: datetime | None = None
    warnings: Sequence[str] = ()


def sync_interface(
    engine: Engine,
    interface_id: str,
    *,
    owner: str,
    now: datetime,
    trigger: Trigger | None = None,
) -> Result | None:
    """Sync one interface if it is due and free; ``None`` if not (a doorbell rung twice).

    :param owner: names this worker in the lease.
    :param now: business time, unless the request named another (``--as-of``).
    :param trigger: what started it, where the request does not say it.
    """
    with engine.database.write() as session:
        claim = leases.claim(session, interface_id, owner=owner, now=now)
        if claim is None:
            return None
        run_id = _open(session, claim, trigger or Trigger(claim.reason.value))
    try:
        job = _load(engine, claim, run_id)
    except FencedOff as error:
        return _stopped(engine, claim, run_id, error)
    return job if isinstance(job, Result) else run_job(engine, job)


def _load(engine: Engine, claim: Claim, run_id: str) -> Job | Result:
    try:
        return load_feed_job(engine, claim, run_id)
    except FencedOff:
        raise
    except Exception as error:  # noqa: BLE001
        # A connector that is gone or a secret that does not open ends the run; it hides nothing.
        return end_badly(engine, claim, run_id, failure_of(error, now=claim.as_of))


def run_job(engine: Engine, job: Job) -> Result:
    """Gather and apply every ask of ``job``; then end the run well, in part or badly."""
    failure: Failure | None = None
    done: list[Ask] = []
    asks = _asks(job)
    try:
        for ask in asks:
            walk(engine, job, ask)
            done.append(ask)
        _walk_again(engine, job)
    except FencedOff as error:
        return _stopped(engine, job.claim, job.state.run_id, error)
    except Exception as error:  # noqa: BLE001  # whatever it is, the run ends with its name
        failure = failure_of(error, now=job.claim.as_of)
    given_up = failure is not None and len(done) == len(asks) and _gives_up(job, failure)
    try:
        if failure is not None:
            _leave_off(engine, job)
        return _end(engine, job, done, failure, given_up=given_up)
    except FencedOff as error:
        return _stopped(engine, job.claim, job.state.run_id, error)


def _leave_off(engine: Engine, job: Job) -> None:
    """Decide over the accounts that a broken walk gave whole; leave the rest of it (C12, A03)."""
    try:
        with engine.database.write() as session:
            settle_walk(session, job.state, job.state.finished)
        _follow_up(engine, job)
        with engine.database.write() as session:
            put_off(session, job.state)
    except FencedOff:
        raise
    except Exception:
        # The run ends with its first failure; what cannot be decided now is no success either.
        log.exception("run %s could not be left in order", job.state.run_id)
        job.state.finished.clear()


def _walk_again(engine: Engine, job: Job) -> None:
    """Ask for the days somebody wants once more, from their beginning; no mark moves by them.

    The cursor that such a walk ends with is not kept: it knows nothing of changes to older rows.
    Equal rows are counted anew, or the second telling of one purchase would be a second purchase.
    """
    if not job.again:
        return
    job.state.counters = fresh_counters(job.connector, job.accounts)
    wanted = [
        (account_ref(account), None, job.again[account.id])
        for account in job.accounts
        if account.id in job.again
    ]
    for ask in group_asks(wanted):
        walk(engine, job, ask, moves_cursor=False)


def _gives_up(job: Job, failure: Failure) -> bool:
    """Say whether days that were wanted once more are not asked for again after ``failure``.

    All that is usual was fetched: days that the source refuses must not stop the feed, nor have it
    fail for ever.
    """
    return failure.kind not in PASSING or job.claim.attempts >= len(BACKOFF)


def walk(engine: Engine, job: Job, ask: Ask, *, moves_cursor: bool = True) -> None:
    """Fetch one ask and commit it batch by batch, the rows and the cursor together.

    A cursor that the source has forgotten is given up once: the walk begins at its beginning (C03).
    """
    try:
        _walk_from(engine, job, ask, moves_cursor=moves_cursor)
    except SourceRejected as error:
        if error.code != UNKNOWN_CURSOR or ask.cursor is None:
            raise
        window = replace(ask.window, first=min(ask.window.first, job.today - DEEP_BACK))
        anew = replace(ask, cursor=None, window=window)
        _walk_from(engine, job, anew, moves_cursor=moves_cursor)


def _walk_from(engine: Engine, job: Job, ask: Ask, *, moves_cursor: bool) -> None:
    job.state.tells_changes = ask.cursor is not None
    cursor: str | None = None
    refs = [account.ref for account in ask.accounts]
    for batch in gather(job.connector, job.link, ask):
        with engine.database.write() as session:
            apply_batch(session, job.state, batch)
            cursor = batch.next_cursor or cursor
            if moves_cursor and cursor is not None and _may_move(job, batch):
                _move_cursors(session, job, refs, cursor)
        _follow_up(engine, job)
        if batch.complete:
            for ref in refs:
                job.state.of(ref).vouched = batch.full_window
    with engine.database.write() as session:
        settle_walk(session, job.state, refs)
        if moves_cursor and cursor is not None and job.feed:
            _move_cursors(session, job, refs, cursor)
    job.state.finished.update(refs)
    _follow_up(engine, job)


def _follow_up(engine: Engine, job: Job) -> None:
    """Look again at the expenses of what changed.

    Apart, so that a person at work on a report and a sync never wait for each other.
    """
    if job.state.changed:
        with engine.database.write() as session:
            recheck(session, job.state.changed, job.claim.as_of)
            enter_booked(session, job.state.booked, job.claim.as_of)


def _asks(job: Job) -> list[Ask]:
    return group_asks(
        [
            (account_ref(account), _cursor(job, account), job.windows[account.id])
            for account in job.accounts
        ]
    )


def _cursor(job: Job, account: Account) -> str | None:
    """Return where the walk goes on; where equal rows are counted it always begins anew (A09)."""
    counts = not trusts_ids(job.state.counters[account.external_ref].traits)
    return None if counts or not job.feed else account.cursor


def _may_move(job: Job, batch: Batch) -> bool:
    """Say whether the cursor may move with this batch, and not only at the end of the walk.

    Where equal rows are told apart by counting, a walk taken up in its middle would count anew and
    take the second of two equal purchases for the first: it must begin at its beginning. Nor may it
    pass rows that are decided at the end of the walk.
    """
    return (
        job.feed
        and not job.state.pending
        and (
            batch.complete
            or all(trusts_ids(counter.traits) for counter in job.state.counters.values())
        )
    )


def _move_cursors(session: Session, job: Job, refs: Sequence[str], cursor: str) -> None:
    session.connection().execute(
        update(Account)
        .where(
            col(Account.interface_id) == job.claim.interface_id,
            col(Account.external_ref).in_(refs),
        )
        .values(cursor=cursor)
    )


def _open(session: Session, claim: Claim, trigger: Trigger) -> str:
    interface = session.get_one(Interface, claim.interface_id)
    run = open_run(
        session,
        claim,
        entity_id=interface.legal_entity_id,
        source=interface.connector,
        trigger=trigger,
    )
    return run.id


def _end(
    engine: Engine, job: Job, done: Sequence[Ask], failure: Failure | None, *, given_up: bool
) -> Result:
    """End a run whose lease still holds: marks for what is done, then the schedule.

    :param given_up: only the days wanted once more could not be had, and will not be asked again.
    """
    if not job.feed:
        return _end_file(engine, job, failure)
    with engine.database.write() as session:
        _mark_covered(session, job)
        look_around(session, job)
        if failure is None or given_up:
            next_due = next_daily(
                job.claim.as_of,
                job.zone,
                job.claim.interface_id,
                activated_on=job.activated_on,
            )
            leases.finish(session, job.claim, next_due_at=next_due, ok_at=job.claim.as_of)
            close_run(
                session,
                job.state.run_id,
                Outcome.PARTIAL if failure else Outcome.OK,
                error_kind=failure.reason if failure else "",
                error=failure.detail if failure else "",
                next_try_at=next_due,
            )
            follow(session, job.claim.interface_id, job.claim.as_of)
    if failure is None or given_up:
        return result_of(engine, job.state.run_id, failure, warnings=job.state.warnings)
    outcome = Outcome.PARTIAL if job.state.finished else Outcome.FAILED
    return end_badly(engine, job.claim, job.state.run_id, failure, outcome=outcome)


def _mark_covered(session: Session, job: Job) -> None:
    """Write the coverage of what was fetched whole; a failure moves no mark (R26).

    Nor does an account that the source no longer shows: nothing of it was fetched (D-O).
    """
    for account in job.accounts:
        memory = job.state.of(account.external_ref)
        if account.external_ref not in job.state.finished or memory.refused:
            continue
        if job.state.misses(account.external_ref):
            _mark_not_seen(session, account, job.claim.as_of)
            continue
        marks: dict[str, object] = {"last_ok_at": job.claim.as_of, "not_seen_since": None}
        days = covered(job.windows[account.id], today=job.today, vouched=memory.vouched)
        window = job.windows[account.id]
        if is_deep(window, floor=account.import_from, today=job.today):
            marks["deep_read_on"] = job.today
        if days is not None:
            insert_coverage(
                session,
                account_id=account.id,
                run_id=job.state.run_id,
                first_on=days.first,
                last_on=days.last,
            )
            marks["complete_until"] = max(days.last, account.complete_until or days.last)
        session.connection().execute(
            update(Account).where(col(Account.id) == account.id).values(**marks)
        )


def _mark_not_seen(session: Session, account: Account, as_of: datetime) -> None:
    """Keep the account with all that is under it, and since when the source is without it."""
    session.connection().execute(
        update(Account)
        .where(col(Account.id) == account.id, col(Account.not_seen_since).is_(None))
        .values(not_seen_since=as_of)
    )


def _end_file(engine: Engine, job: Job, failure: Failure | None) -> Result:
    with engine.database.write() as session:
        leases.let_go(session, job.claim)
        look_around(session, job)
        if failure is None:
            close_run(session, job.state.run_id, Outcome.OK)
        else:
            step = after_failure(failure.kind, attempts=1, now=job.claim.as_of)
            close_run(
                session,
                job.state.run_id,
                Outcome.FAILED,
                error_kind=failure.reason,
                error=failure.detail,
                who_acts=step.who_acts,
            )
    return result_of(engine, job.state.run_id, failure, warnings=job.state.warnings)


def end_badly(
    engine: Engine,
    claim: Claim,
    run_id: str,
    failure: Failure,
    *,
    outcome: Outcome = Outcome.FAILED,
) -> Result:
    """End a run with a failure: the next try is planned by its kind, no mark moves."""
    step = after_failure(
        failure.kind, attempts=claim.attempts, now=claim.as_of, retry_at=failure.retry_at
    )
    with engine.database.write() as session:
        leases.give_back(
            session, claim, step=step, error=failure.detail, error_reason=failure.reason
        )
        close_run(
            session,
            run_id,
            outcome,
            error_kind=failure.reason,
            error=failure.detail,
            who_acts=step.who_acts,
            next_try_at=step.next_due_at,
        )
        follow(session, claim.interface_id, claim.as_of)
    return result_of(engine, run_id, failure)


def _stopped(engine: Engine, claim: Claim, run_id: str, error: Exception) -> Result:
    """Another worker has taken over: nothing more is written, it will end its own run."""
    failure = failure_of(error, now=claim.as_of)
    return result_of(engine, run_id, failure, outcome=Outcome.INTERRUPTED)


def result_of(
    engine: Engine,
    run_id: str,
    failure: Failure | None = None,
    *,
    outcome: Outcome | None = None,
    warnings: Sequence[str] = (),
) -> Result:
    """Read back how a run ended."""
    with engine.database.read() as session:
        run = session.get_one(SyncRun, run_id)
        return Result(
            run_id=run.id,
            outcome=outcome or Outcome(run.outcome),
            counts=counts_of(run),
            rows_seen=run.rows_seen,
            expenses_made=run.expenses_made,
            failure=failure,
            next_due_at=run.next_try_at,
            warnings=tuple(warnings),
        )
