"""The marks of success: what was fetched whole, up to which day, and what is not seen any more."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, update
from sqlmodel import Session, col

from cardsync_sdk.types import FetchWindow
from webapp.domain.coverage import joined
from webapp.domain.windows import covered, is_deep
from webapp.storage.accounts import Account
from webapp.storage.ingest import insert_coverage
from webapp.sync.job import Job


def mark_covered(session: Session, job: Job) -> None:
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
        usual = job.windows[account.id]
        walked = memory.walked or [(usual, memory.vouched)]
        for days in _days(job, account, walked):
            insert_coverage(
                session,
                account_id=account.id,
                run_id=job.state.run_id,
                first_on=days.first,
                last_on=days.last,
            )
            marks["complete_until"] = max(days.last, account.complete_until or days.last)
        if is_deep(usual, floor=account.import_from, today=job.today):
            marks["deep_read_on"] = job.today
        session.connection().execute(
            _marked(tuple(marks)),
            {"of": account.id, **{f"to_{name}": value for name, value in marks.items()}},
        )


@cache
def _marked(names: tuple[str, ...]) -> Any:
    """Return the UPDATE of these columns, built once: every run that ends well needs it."""
    return (
        update(Account)
        .where(col(Account.id) == bindparam("of"))
        .values({name: bindparam(f"to_{name}") for name in names})
    )


def _days(
    job: Job, account: Account, walked: Sequence[tuple[FetchWindow, FetchWindow | None]]
) -> list[FetchWindow]:
    """Return the days that the run's walks over an account prove complete, from its floor on."""
    found = [covered(window, today=job.today, vouched=vouched) for window, vouched in walked]
    floor = account.import_from
    return joined(
        FetchWindow(max(days.first, floor or days.first), days.last)
        for days in found
        if days is not None and (floor is None or floor <= days.last)
    )


def _mark_not_seen(session: Session, account: Account, as_of: datetime) -> None:
    """Keep the account with all that is under it, and since when the source is without it."""
    session.connection().execute(
        update(Account)
        .where(col(Account.id) == account.id, col(Account.not_seen_since).is_(None))
        .values(not_seen_since=as_of)
    )
