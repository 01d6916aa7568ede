"""What follows once a run's rows are in, looked at among all that is known."""

from sqlmodel import Session

from webapp.storage.holds import expire_holds
from webapp.storage.refunds import link_refunds
from webapp.storage.told_twice import look_for_bank_rows
from webapp.sync.job import Job
from webapp.sync.twofold import ask_about_twofold


def look_around(session: Session, job: Job) -> None:
    """Link refunds, ask about what may be told twice, let old holds expire.

    A run that gave no account whole leaves it to the next one that does. A file tells of no hold.
    """
    state = job.state
    fetched = [
        account.id
        for account in job.accounts
        if account.external_ref in state.finished and not state.misses(account.external_ref)
    ]
    if not fetched:
        return
    # After a run that ended well, one that told nothing else leaves nothing to look for.
    owed = state.claim.attempts != 1 or not job.feed
    if state.brought or owed:
        # A refund is told again until its purchase is known: without one there is none to link.
        if state.credits or owed:
            link_refunds(session, state.run_id)
        ask_about_twofold(session, state)
        look_for_bank_rows(session, state.run_id, fetched)
    if job.feed:
        expiry, at = job.connector.info.hold_expiry, state.claim.as_of
        expire_holds(session, fetched, expiry, job.today, state.run_id, at)
