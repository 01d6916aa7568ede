"""Turn the waiting transactions of an account into expenses, once, when it gets a holder (R28)."""

from datetime import datetime

from sqlmodel import Session, col, select

from webapp.domain.attachments import holder_on
from webapp.domain.expenses import PaymentMode
from webapp.storage import ingest
from webapp.storage.accounts import Account
from webapp.storage.holdings import holdings_of
from webapp.storage.transactions import waiting_of


def release(session: Session, account_id: str, now: datetime) -> int:
    """Make the expenses that the account's waiting transactions now can become; returns how many.

    Runs in the caller's write transaction, with the attachment that made them possible. Pressed
    twice or retried it makes nothing more: a transaction has at most one expense. The account's row
    is locked first, so that a sync and two presses take turns.
    """
    account = session.exec(
        select(Account).where(col(Account.id) == account_id).with_for_update()
    ).one()
    if account.payment_mode is None:
        return 0
    holdings = holdings_of(session, [account_id]).get(account_id, ())
    made = (
        (transaction_id, holder, day)
        for transaction_id, day in waiting_of(session, account_id)
        if (holder := holder_on(holdings, day)) is not None
    )
    return ingest.insert_expenses(
        session,
        made,
        entity_id=account.legal_entity_id,
        account_id=account_id,
        mode=PaymentMode(account.payment_mode),
        at=now,
    )
