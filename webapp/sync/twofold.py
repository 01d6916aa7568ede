"""Ask about purchases that are told twice: on the card, and on the account that pays for it (A27).

Two shares by mistake look like two purchases; whether they are one is a person's to say.
"""

from datetime import timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import bindparam
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from cardsync_sdk.types import AccountKind
from webapp.domain.questions import Doubt
from webapp.domain.transactions import words_alike
from webapp.storage import asking
from webapp.storage.accounts import Account
from webapp.storage.candidates import ACTIVE
from webapp.storage.transactions import BankTransaction
from webapp.sync.state import RunState

DAYS_APART: Final = timedelta(days=3)
# Where a whole history is told twice, some of it shows the mistake as well as all of it.
AT_ONCE: Final = 20


def ask_about_twofold(session: Session, state: RunState) -> None:
    """Ask about new rows of a card that an account shows too, and the other way round."""
    if not any(memory.fresh for memory in state.memory.values()):
        return
    accounts = session.connection().execute(_of_entity(), {"entity": state.entity_id}).all()
    mine = {account_id for account_id, _kind in accounts} & set(state.account_ids)
    asked = 0
    for kind, other in (
        (AccountKind.CARD, AccountKind.ACCOUNT),
        (AccountKind.ACCOUNT, AccountKind.CARD),
    ):
        here = [one for one, its_kind in accounts if its_kind == kind and one in mine]
        there = [one for one, its_kind in accounts if its_kind == other]
        if not here or not there:
            continue
        for new_id, known_id, account_id in _pairs(session, state.run_id, here, there):
            if asked == AT_ONCE:
                return
            asked += 1
            place = asking.Place(state.entity_id, account_id, state.run_id, state.claim.as_of)
            asking.ask_about_pair(session, place, known_id, new_id, Doubt.TWO_ACCOUNTS)
            session.flush()


@cache
def _of_entity() -> Any:
    """Return the query, built once: every run with new rows asks it."""
    return select(Account.id, Account.kind).where(Account.legal_entity_id == bindparam("entity"))


def _pairs(
    session: Session, run_id: str, here: list[str], there: list[str]
) -> list[tuple[str, str, str]]:
    """Return new transactions of ``here`` with what ``there`` has of the same days and amount."""
    new, known = aliased(BankTransaction), aliased(BankTransaction)
    columns = (new.id, known.id, new.account_id, new.day, known.day, new.memo, known.memo)
    rows = session.execute(
        select_columns(*(col(one) for one in columns))
        .join(
            known,
            (col(known.amount_minor) == col(new.amount_minor))
            & (col(known.currency) == col(new.currency)),
        )
        .where(
            col(new.first_run_id) == run_id,
            col(new.account_id).in_(here),
            col(known.account_id).in_(there),
            col(new.status).in_(ACTIVE),
            col(known.status).in_(ACTIVE),
            col(new.settles).is_(None),
            col(known.settles).is_(None),
            col(new.kind).in_(("purchase", "other")),
            col(known.kind).in_(("purchase", "other")),
        )
        # Never by our ids: those of one batch are in no order, and only some pairs are asked about.
        .order_by(col(new.day).desc(), col(new.identity_key), col(known.identity_key))
    )
    return [
        (new_id, known_id, account_id)
        for new_id, known_id, account_id, day, other_day, memo, other_memo in rows
        if abs(day - other_day) <= DAYS_APART and words_alike(memo, other_memo)
    ]
