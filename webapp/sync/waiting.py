"""Turn the waiting transactions of an account into expenses, each once (R28)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from webapp.domain.attachments import Holding, holder_on
from webapp.domain.expenses import PaymentMode
from webapp.storage import ingest
from webapp.storage.accounts import Account
from webapp.storage.holdings import holdings_of
from webapp.storage.waiting import WaitingTransaction, waiting_of


def takeable(
    waiting: Iterable[WaitingTransaction],
    holdings: Sequence[Holding],
    *,
    since: date | None = None,
    only: Collection[str] | None = None,
) -> list[tuple[WaitingTransaction, str]]:
    """Return those that can become expenses, each with the holder of its day (D-F).

    :param since: leave what is older, where a first day was chosen.
    :param only: leave all but these ids, where a person chose some.
    """
    return [
        (one, holder)
        for one in waiting
        if (since is None or one.day >= since)
        and (only is None or one.id in only)
        and (holder := holder_on(holdings, one.day)) is not None
    ]


def release(
    session: Session,
    account_id: str,
    now: datetime,
    *,
    since: date | None = None,
    only: Collection[str] | None = None,
    reviewed: bool = False,
) -> int:
    """Make the expenses that the account's waiting transactions now can become; returns how many.

    Runs in the caller's write transaction, with the attachment that made them possible. Pressed
    twice or retried it makes nothing more: a transaction has at most one expense. The account's row
    is locked first, so that a sync and two presses take turns.

    :param since: and :param only: as for :func:`takeable`.
    :param reviewed: a person looked at them: else nothing of an account that is reviewed first.
    """
    account = session.exec(
        select(Account).where(col(Account.id) == account_id).with_for_update()
    ).one()
    if account.payment_mode is None or (account.review_first and not reviewed):
        return 0
    holdings = holdings_of(session, [account_id]).get(account_id, ())
    waiting = waiting_of(session, [account_id]).get(account_id, [])
    taken = takeable(waiting, holdings, since=since, only=only)
    return ingest.insert_expenses(
        session,
        ((one.id, holder, one.day) for one, holder in taken),
        entity_id=account.legal_entity_id,
        account_id=account_id,
        mode=PaymentMode(account.payment_mode),
        at=now,
    )
