"""Who holds which account, and the rules that decide over its rows."""

from collections.abc import Sequence

from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from cardsync_sdk.types import AccountKind
from webapp.domain.attachments import Holding
from webapp.domain.expenses import PaymentMode
from webapp.domain.planning import AccountRules
from webapp.storage.accounts import Account, Attachment


def holdings_of(session: Session, account_ids: Sequence[str]) -> dict[str, tuple[Holding, ...]]:
    """Return, by account id, every holding there ever was, in one query."""
    rows = session.execute(
        select_columns(
            col(Attachment.account_id),
            col(Attachment.user_id),
            col(Attachment.starts_on),
            col(Attachment.ends_on),
        ).where(col(Attachment.account_id).in_(account_ids))
    ).all()
    found: dict[str, tuple[Holding, ...]] = {}
    for account_id, user_id, starts_on, ends_on in rows:
        holding = Holding(user_id, starts_on, ends_on)
        found[account_id] = (*found.get(account_id, ()), holding)
    return found


def lock_rules(
    session: Session, account_ids: Sequence[str], *, floors: bool = True, by_file: bool = False
) -> dict[str, AccountRules]:
    """Return the rules of the accounts that are shared, by the source's account ref.

    Their rows are locked until the transaction ends, so that an attachment and a sync take turns:
    a transaction is either seen by the one as waiting or given a holder by the other.

    :param floors: false to take rows of any age.
    :param by_file: the rows come from a file.
    """
    # Columns, and no objects: an interface may have hundreds of accounts, and each batch asks.
    accounts = session.execute(
        select_columns(
            col(Account.external_ref),
            col(Account.id),
            col(Account.identity_id),
            col(Account.import_from),
            col(Account.payment_mode),
            col(Account.review_first),
            col(Account.kind),
        )
        .where(col(Account.id).in_(account_ids), col(Account.shared))
        .order_by(col(Account.id))
        .with_for_update()
    ).all()
    holdings = holdings_of(session, account_ids)
    return {
        account.external_ref: AccountRules(
            account_ref=account.external_ref,
            account_id=account.id,
            identity_id=account.identity_id,
            floor=account.import_from if floors else None,
            mode=PaymentMode(account.payment_mode) if account.payment_mode else None,
            holdings=holdings.get(account.id, ()),
            review_first=account.review_first,
            is_card=account.kind == AccountKind.CARD,
            by_file=by_file,
        )
        for account in accounts
    }
