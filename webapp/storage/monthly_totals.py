"""Find the monthly totals of deferred-debit cards among the rows of an account (D-N)."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import accumulate

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from cardsync_sdk.types import AccountKind, TransactionKind
from webapp.domain.monthly_totals import (
    CardSums,
    TickedOff,
    could_be_total,
    settled_card,
    tick_off,
)
from webapp.domain.planning import AccountRules, KeyedRow, Known
from webapp.storage.accounts import Account
from webapp.storage.transactions import BankTransaction

# A period of a month, debited up to some days after its end.
PERIOD = timedelta(days=62)


def monthly_totals(
    session: Session,
    entity_id: str,
    rules: AccountRules,
    rows: Sequence[KeyedRow],
    known: Mapping[str, Known],
) -> dict[str, str]:
    """Return, by key, the card of which a new row is the monthly total."""
    if rules.is_card:
        return {}
    likely = [one for one in rows if one.key not in known and (_named(one) or _could_be(one))]
    if not likely:
        return {}
    query = select(Account).where(
        Account.legal_entity_id == entity_id, Account.kind == AccountKind.CARD.value
    )
    cards = list(session.exec(query))
    found = {}
    for one in likely:
        sums = [_sums(session, card, one.row.day) for card in cards]
        memo, minor = one.row.memo, one.row.amount.minor
        card_id = settled_card(memo, minor, sums, named=_named(one))
        if card_id is not None:
            found[one.key] = card_id
    return found


def _named(one: KeyedRow) -> bool:
    return one.row.kind is TransactionKind.SUMMARY


def _could_be(one: KeyedRow) -> bool:
    return could_be_total(one.row.memo, one.row.amount.minor)


def ticked_off(session: Session, total: BankTransaction) -> TickedOff | None:
    """Return the purchases that a monthly total stands for, if its card is known."""
    if total.settles is None:
        return None
    before = session.exec(
        select(func.max(BankTransaction.day)).where(
            BankTransaction.settles == total.settles, BankTransaction.day < total.day
        )
    ).one()
    return tick_off(total.amount_minor, _purchases(session, total.settles, total.day), before)


def _purchases(session: Session, card_id: str, until: date) -> list[tuple[date, int]]:
    rows = session.execute(
        select_columns(col(BankTransaction.day), col(BankTransaction.amount_minor))
        .where(
            col(BankTransaction.account_id) == card_id,
            col(BankTransaction.status) == "booked",
            col(BankTransaction.day).between(until - PERIOD, until),
        )
        # The same order for ever, within a day too: a sum may begin in the middle of one.
        .order_by(
            col(BankTransaction.day),
            col(BankTransaction.seen_at),
            col(BankTransaction.identity_key).desc(),
        )
    )
    return [(day, minor) for day, minor in rows]


def _sums(session: Session, card: Account, until: date) -> CardSums:
    """Add up a card's purchases backwards from a day: each sum is of a period that ends then."""
    days = reversed(_purchases(session, card.id, until))
    amounts = [minor for _day, minor in days]
    # A total may leave out the last days' purchases, which the next one holds.
    sums = {
        total
        for start in range(min(len(amounts), 60))
        for total in accumulate(amounts[start : start + 200])
    }
    return CardSums(card.id, card.number_last4, frozenset(sums), len(amounts))
