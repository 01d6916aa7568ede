"""Run a sync of one interface: claim, gather, plan, apply, and say how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from cardsync_sdk.quota import counting_calls
from webapp.domain.fates import Fate
from webapp.domain.interfaces import Outcome, Trigger
from webapp.domain.schedule import LADDERS, WHO_ACTS, FailureKind, after_failure
from webapp.storage import leases
from webapp.storage.interfaces import Interface
from webapp.storage.leases import Claim, FencedOff
from webapp.storage.rhythms import rhythm_of
from webapp.storage.runs import SyncRun, close_run, counts_of, open_run
from webapp.sync.afterwards import look_around
from webapp.sync.failures import OUT_OF_MEMORY, Failure, failure_of
from webapp.sync.gather import Ask
from webapp.sync.job import Engine, Job, load_feed_job
from webapp.sync.marks import mark_covered
from webapp.sync.next_run import begun
from webapp.sync.noticing import follow, follow_success
from webapp.sync.ringing import hear_again
from webapp.sync.walking import asks_of, leave_off, note_settled, walk, walk_again
from webapp.sync.watching import Watch

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
        claim = begun(claim, rhythm_of(session, interface_id))
        run_id = _open(session, claim, trigger or Trigger(claim.reason.value))
    return run_claimed(engine, claim, run_id)


def run_claimed(engine: Engine, claim: Claim, run_id: str, watch: Watch | None = None) -> Result:
    """Do the run of an interface that is claimed already, whose row ``run_id`` is there.

    :param watch: seen by whoever supervises the run from another thread.
    """
    with counting_calls(engine.limits.calls):
        try:
            job = _load(engine, claim, run_id, watch)
        except FencedOff as error:
            return _stopped(engine, claim, run_id, error)
        return job if isinstance(job, Result) else run_job(engine, job)


def _load(engine: Engine, claim: Claim, run_id: str, watch: Watch | None) -> Job | Result:
    try:
        return load_feed_job(engine, claim, run_id, watch)
    except FencedOff:
        raise
    except Exception as error:  # noqa: BLE001
        # A connector that is gone or a secret that does not open ends the run; it hides nothing.
        return end_badly(engine, claim, run_id, failure_of(error, now=claim.as_of))


def run_job(engine: Engine, job: Job) -> Result:
    """Gather and apply every ask of ``job``; then end the run well, in part or badly."""
    failure: Failure | None = None
    done: list[Ask] = []
    asks = asks_of(job)
    try:
        for ask in asks:
            walk(engine, job, ask)
            done.append(ask)
        walk_again(engine, job)
    except FencedOff as error:
        return _stopped(engine, job.claim, job.state.run_id, error)
    except Exception as error:  # noqa: BLE001  # whatever it is, the run ends with its name
        failure = failure_of(error, now=job.claim.as_of)
    given_up = failure is not None and len(done) == len(asks) and _gives_up(job, failure)
    try:
        if failure is not None:
            leave_off(engine, job)
        return _end(engine, job, done, failure, given_up=given_up)
    except FencedOff as error:
        return _stopped(engine, job.claim, job.state.run_id, error)


def _gives_up(job: Job, failure: Failure) -> bool:
    """Say whether days that were wanted once more are not asked for again after ``failure``.

    All that is usual was fetched: days that the source refuses must not stop the feed, nor have it
    fail for ever.
    """
    return failure.kind not in PASSING or job.claim.attempts >= len(LADDERS[failure.kind])


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
        note_settled(session, job.state)
        mark_covered(session, job)
        look_around(session, job)
        if failure is None or given_up:
            rhythm = rhythm_of(session, job.claim.interface_id)
            next_due = rhythm.next_night(job.claim.as_of, job.claim.reason)
            if leases.finish(session, job.claim, next_due_at=next_due, ok_at=job.claim.as_of):
                next_due = hear_again(session, job.claim, job.state.run_id)
            close_run(
                session,
                job.state.run_id,
                Outcome.PARTIAL if failure else Outcome.OK,
                error_kind=failure.reason if failure else "",
                error=failure.detail if failure else "",
                next_try_at=next_due,
            )
            follow_success(session, job.claim.interface_id, job.claim.as_of)
    if failure is None or given_up:
        told = job.state.told
        return Result(
            run_id=job.state.run_id,
            outcome=Outcome.PARTIAL if failure else Outcome.OK,
            counts={fate: told.counts.get(fate, 0) for fate in Fate},
            rows_seen=told.outcomes,
            expenses_made=told.expenses,
            failure=failure,
            next_due_at=next_due,
            warnings=tuple(job.state.warnings),
        )
    outcome = Outcome.PARTIAL if job.state.finished else Outcome.FAILED
    return end_badly(engine, job.claim, job.state.run_id, failure, outcome=outcome)


def _end_file(engine: Engine, job: Job, failure: Failure | None) -> Result:
    with engine.database.write() as session:
        note_settled(session, job.state)
        if leases.let_go(session, job.claim):
            hear_again(session, job.claim, job.state.run_id)
        look_around(session, job)
        if failure is None:
            close_run(session, job.state.run_id, Outcome.OK)
        else:
            close_run(
                session,
                job.state.run_id,
                Outcome.FAILED,
                error_kind=failure.reason,
                error=failure.detail,
                who_acts=WHO_ACTS[failure.kind],
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
    with engine.database.write() as session:
        rhythm = rhythm_of(session, claim.interface_id)
        step = after_failure(
            failure.kind,
            attempts=claim.attempts,
            now=claim.as_of,
            key=claim.interface_id,
            night=rhythm.next_night(claim.as_of, claim.reason),
            retry_at=failure.retry_at,
        )
        rang = leases.give_back(
            session,
            claim,
            step=step,
            error=failure.detail,
            error_reason=failure.reason,
            alone=failure.reason == OUT_OF_MEMORY,
        )
        next_due = step.next_due_at
        if rang:
            next_due = hear_again(session, claim, run_id, bound=failure.retry_at is not None)
        close_run(
            session,
            run_id,
            outcome,
            error_kind=failure.reason,
            error=failure.detail,
            who_acts=step.who_acts,
            next_try_at=next_due,
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
