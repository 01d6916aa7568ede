"""Walk over the accounts of a run: fetch, commit batch by batch, settle the whole."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, col

from cardsync_sdk.errors import UNKNOWN_CURSOR, SourceRejected
from cardsync_sdk.types import Batch
from webapp.domain.transactions import trusts_ids
from webapp.domain.windows import DEEP_BACK
from webapp.storage.accounts import Account
from webapp.storage.leases import FencedOff
from webapp.storage.rechecking import recheck
from webapp.storage.reporting import enter_booked
from webapp.sync.apply import apply_batch, keep_settled
from webapp.sync.gather import Ask, gather, group_asks
from webapp.sync.job import Engine, Job, account_ref, fresh_counters
from webapp.sync.settling import put_off, settle_walk
from webapp.sync.state import RunState

log = logging.getLogger(__name__)


def asks_of(job: Job) -> list[Ask]:
    """Return what the run asks of its source."""
    return group_asks(
        [
            (account_ref(account), _cursor(job, account), job.windows[account.id])
            for account in job.accounts
        ]
    )


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
    job.state.begin_walk(
        refs, ask.window, from_cursor=ask.cursor is not None, again=not moves_cursor
    )
    for batch in gather(job.connector, job.link, ask, watch=job.watch, limits=engine.limits):
        with engine.database.write() as session:
            apply_batch(session, job.state, batch)
            cursor = batch.next_cursor or cursor
            if moves_cursor and cursor is not None and _may_move(job, batch):
                _move_cursors(session, job, refs, cursor)
        _follow_up(engine, job)
        if batch.complete:
            for ref in refs:
                job.state.of(ref).vouched = batch.full_window
    # Of what could not be settled nothing is finished, whatever the source says.
    job.state.finished.difference_update(refs)
    if job.state.asked is not None and all(job.state.of(ref).settled for ref in refs):
        # The last batch has moved the cursor. That the walk was whole is noted with the end.
        job.state.settled_walks.append(job.state.asked)
    else:
        with engine.database.write() as session:
            settle_walk(session, job.state, refs)
            if moves_cursor and cursor is not None and job.feed:
                _move_cursors(session, job, refs, cursor)
    job.state.finished.update(refs)
    for ref in refs:
        job.state.of(ref).walked.append((ask.window, job.state.of(ref).vouched))
    _follow_up(engine, job)


def _follow_up(engine: Engine, job: Job) -> None:
    """Look again at the expenses of what changed.

    Apart, so that a person at work on a report and a sync never wait for each other.
    """
    if job.state.changed:
        with engine.database.write() as session:
            recheck(session, job.state.changed, job.claim.as_of)
            enter_booked(session, job.state.booked, job.claim.as_of)


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
        _cursor_moved(), {"interface": job.claim.interface_id, "refs": list(refs), "to": cursor}
    )


@cache
def _cursor_moved() -> Any:
    """Return the UPDATE, built once: every batch that moves a cursor needs it."""
    return (
        update(Account)
        .where(
            col(Account.interface_id) == bindparam("interface"),
            col(Account.external_ref).in_(bindparam("refs", expanding=True)),
        )
        .values(cursor=bindparam("to"))
    )


def note_settled(session: Session, state: RunState) -> None:
    """Note, for replay, the walks that left nothing to decide."""
    for asked in state.settled_walks:
        keep_settled(session, state, asked, asked.refs)
    state.settled_walks.clear()


def leave_off(engine: Engine, job: Job) -> None:
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


def walk_again(engine: Engine, job: Job) -> None:
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
