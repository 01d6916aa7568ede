"""Say what a choice would make of the transactions that wait, before anything is written (D-E)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from webapp.domain.attachments import DAY, NO_CHANGE, Change, after_change, is_ready, open_holding
from webapp.storage.accounts import Account, accounts_by_id
from webapp.storage.waiting import Waiting, WaitingTransaction, waiting_of
from webapp.sync.attaching import (
    AccountChoice,
    History,
    Saver,
    change_of,
    histories,
    payment_mode,
)
from webapp.sync.waiting import takeable


@dataclass(frozen=True, slots=True)
class Preview:
    """What saving a choice would come to for one account.

    ``made`` becomes expenses, of ``holders``; ``left`` goes on waiting. ``held_by`` holds it up to
    now; ``hands_over``: that ends, so that a day must be named, at the earliest ``earliest``.
    """

    account: Account
    choice: AccountChoice
    made: Waiting
    left: Waiting
    holders: tuple[str, ...] = ()
    held_by: str | None = None
    hands_over: bool = False
    earliest: date | None = None

    @property
    def asks(self) -> bool:
        """Say whether a person must look before it is saved."""
        return self.made.count > 0 or self.hands_over


def preview_choices(
    by: Saver, choices: Mapping[str, AccountChoice], *, reviewed: bool = False
) -> list[Preview]:
    """Return a preview of each choice, by what is stored now; nothing is changed.

    :param reviewed: the accounts are about to make expenses by themselves again.
    """
    accounts = accounts_by_id(by.session, choices)
    waiting = waiting_of(by.session, choices)
    return [
        _preview(
            by,
            history,
            choices[history.account.id],
            waiting.get(history.account.id, []),
            reviewed=reviewed,
        )
        for history in histories(by, accounts)
    ]


def _preview(
    by: Saver,
    history: History,
    choice: AccountChoice,
    waiting: Sequence[WaitingTransaction],
    *,
    reviewed: bool,
) -> Preview:
    account = history.account
    holdings = history.holdings(ZoneInfo(by.entity.timezone))
    change = change_of(by, history, choice)
    acts = reviewed or _changes(account, choice, change)
    ready = is_ready(choice.holder_id, choice.mode or payment_mode(account))
    taken = []
    if acts and ready and (reviewed or not account.review_first):
        taken = takeable(waiting, after_change(holdings, change), since=choice.first_day)
    made = {one.id for one, _holder in taken}
    current = open_holding(holdings)
    return Preview(
        account=account,
        choice=choice,
        made=Waiting.of([one for one, _holder in taken]),
        left=Waiting.of([one for one in waiting if one.id not in made]),
        holders=tuple(dict.fromkeys(holder for _one, holder in taken)),
        held_by=current.user_id if current else None,
        hands_over=change.close_on is not None,
        earliest=current.starts_on + DAY if current and current.starts_on else None,
    )


def _changes(account: Account, choice: AccountChoice, change: Change) -> bool:
    return change != NO_CHANGE or choice.mode not in (None, payment_mode(account))
