"""What a run settles once its rows are in: refunds find their purchase, old holds expire."""

from collections.abc import Sequence

from sqlmodel import Session

from webapp.storage.holds import expire_holds
from webapp.storage.refunds import link_refunds
from webapp.sync.gather import Ask
from webapp.sync.job import Job


def settle(session: Session, job: Job, done: Sequence[Ask]) -> None:
    """Link the run's refunds; expire the holds of the accounts that were fetched whole.

    :param done: the asks that ended well; without any, the next run that has some settles what
        this one brought. A file handed in has none: it tells of no hold.
    """
    run_id = job.state.run_id
    if done or not job.feed:
        link_refunds(session, run_id)
    if not done:
        return
    fetched = {account.ref for ask in done for account in ask.accounts}
    expire_holds(
        session,
        [
            account.id
            for account in job.accounts
            if account.external_ref in fetched and not job.state.misses(account.external_ref)
        ],
        job.connector.info.hold_expiry,
        job.today,
        run_id,
        job.claim.as_of,
    )
