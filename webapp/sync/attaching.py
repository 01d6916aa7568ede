"""Save what an admin says of an account: who holds it from which day, and who pays.

An account with a holder and a payment mode is ready; what waited for it becomes expenses in the
same transaction, so that there is no moment in which it is attached and its transactions wait.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from webapp.domain.attachments import Change, Holding, choose_holder, fill_gap, is_ready
from webapp.domain.expenses import PaymentMode
from webapp.storage import accounts as accounts_store
from webapp.storage import audit
from webapp.storage.accounts import Account, Attachment
from webapp.storage.interfaces import lock_interface
from webapp.storage.people import LegalEntity
from webapp.sync.waiting import release


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """What an admin chose for one account; ``mode`` ``None`` leaves the mode as it is.

    ``first_day``: the day from which the holder holds it, where one was named (D-E, D-F); what
    waits from before that day goes on waiting.
    """

    holder_id: str | None
    mode: PaymentMode | None
    first_day: date | None = None


@dataclass(frozen=True, slots=True)
class Saver:
    """Who saves, in which transaction, for which legal entity."""

    session: Session
    entity: LegalEntity
    user_id: str
    now: datetime

    @property
    def today(self) -> date:
        """The day in the legal entity's time zone."""
        return self.now.astimezone(ZoneInfo(self.entity.timezone)).date()


@dataclass(frozen=True, slots=True)
class Saved:
    """What saving came to: accounts changed, and waiting transactions that became expenses."""

    changed: int
    released: int


def save_choices(by: Saver, interface_id: str, choices: Mapping[str, AccountChoice]) -> Saved:
    """Save the choices, by account id; those of accounts not shared by the interface do nothing.

    The caller has checked that each holder may hold an account of the legal entity.
    """
    lock_interface(by.session, interface_id)
    accounts = [
        account
        for account in accounts_store.accounts_of(by.session, interface_id)
        if account.shared and account.id in choices
    ]
    changed = released = 0
    for history in histories(by, accounts):
        account, choice = history.account, choices[history.account.id]
        if not _save(by, history, choice):
            continue
        changed += 1
        by.session.flush()
        if is_ready(choice.holder_id, payment_mode(account)):
            since = choice.first_day
            released += release(by.session, account.id, by.now, since=since)
    return Saved(changed, released)


@dataclass(frozen=True, slots=True)
class History:
    """An account, every attachment it had, and which pairs of account and person have expenses."""

    account: Account
    rows: list[Attachment]
    used: set[tuple[str, str]]

    def holdings(self, zone: ZoneInfo) -> list[Holding]:
        """Return its attachments as the rules see them; ``zone`` is the legal entity's."""
        return [
            Holding(
                row.user_id,
                row.starts_on,
                row.ends_on,
                made_on=row.created_at.astimezone(zone).date(),
                used=(row.account_id, row.user_id) in self.used,
            )
            for row in self.rows
        ]


def histories(by: Saver, accounts: Sequence[Account]) -> list[History]:
    """Return each account with every attachment it had, in two queries whatever their number."""
    attachments = accounts_store.attachments_of(by.session, [account.id for account in accounts])
    used = _used_today(by, attachments)
    return [
        History(account, [row for row in attachments if row.account_id == account.id], used)
        for account in accounts
    ]


def change_of(by: Saver, history: History, choice: AccountChoice) -> Change:
    """Return what ``choice`` changes in who holds the account."""
    holdings = history.holdings(ZoneInfo(by.entity.timezone))
    return choose_holder(holdings, choice.holder_id, by.today, first_day=choice.first_day)


def _used_today(by: Saver, attachments: list[Attachment]) -> set[tuple[str, str]]:
    """Return which of today's choices an expense came of: only those could still be slips."""
    zone = ZoneInfo(by.entity.timezone)
    made_today = [
        (row.account_id, row.user_id)
        for row in attachments
        if row.ends_on is None and row.created_at.astimezone(zone).date() == by.today
    ]
    return accounts_store.with_expenses(by.session, made_today)


def payment_mode(account: Account) -> PaymentMode | None:
    """Return who pays, where that is said already."""
    return PaymentMode(account.payment_mode) if account.payment_mode else None


def _save(by: Saver, history: History, choice: AccountChoice) -> bool:
    held = _save_holder(by, history, change_of(by, history, choice))
    paid = _save_mode(by, history.account, choice.mode)
    return held or paid


def _save_holder(by: Saver, history: History, change: Change) -> bool:
    current = next((row for row in history.rows if row.ends_on is None), None)
    if current is not None and change.undo:
        by.session.delete(current)
        audit_account(by, "attachment.undone", history.account, user=current.user_id)
    elif current is not None and change.close_on is not None:
        current.ends_on = change.close_on
        by.session.add(current)
        audit_account(
            by,
            "attachment.closed",
            history.account,
            user=current.user_id,
            ends_on=change.close_on.isoformat(),
        )
    # An account has one open attachment at most: the old one must be gone before the new comes.
    by.session.flush()
    if change.open is not None:
        _open(by, history.account, change.open)
    return change != Change()


def _open(by: Saver, account: Account, holding: Holding) -> None:
    by.session.add(
        Attachment(
            account_id=account.id,
            user_id=holding.user_id,
            starts_on=holding.starts_on,
            created_by=by.user_id,
            created_at=by.now,
        )
    )
    starts_on = holding.starts_on.isoformat() if holding.starts_on else None
    audit_account(by, "attachment.opened", account, user=holding.user_id, starts_on=starts_on)


def fill_days(
    by: Saver, account_id: str, user_id: str, *, gap_last: date, first_day: date | None
) -> Saved:
    """Give days before an attachment that belong to nobody to ``user_id``, and what waits of them.

    The exit for what lies before a start date (D-E). Pressed twice it changes nothing more.

    :param gap_last: the last of these days. :param first_day: the first taken; ``None``: all.
    """
    accounts = accounts_store.lock_accounts(by.session, [account_id])
    (history,) = histories(by, accounts)
    held = fill_gap(history.holdings(ZoneInfo(by.entity.timezone)), gap_last, user_id, first_day)
    if held is None:
        return Saved(0, 0)
    by.session.add(
        Attachment(
            account_id=account_id,
            user_id=held.user_id,
            starts_on=held.starts_on,
            ends_on=held.ends_on,
            created_by=by.user_id,
            created_at=by.now,
        )
    )
    starts_on = held.starts_on.isoformat() if held.starts_on else None
    audit_account(
        by,
        "attachment.opened",
        history.account,
        user=user_id,
        starts_on=starts_on,
        ends_on=gap_last.isoformat(),
    )
    by.session.flush()
    return Saved(1, release(by.session, account_id, by.now, since=first_day))


def _save_mode(by: Saver, account: Account, mode: PaymentMode | None) -> bool:
    """Set who pays for the expenses to come; those that exist keep what they have (R21)."""
    if mode is None or account.payment_mode == mode:
        return False
    audit_account(by, "account.mode_set", account, was=account.payment_mode, mode=mode.value)
    account.payment_mode = mode
    by.session.add(account)
    return True


def audit_account(by: Saver, action: str, account: Account, **detail: str | int | None) -> None:
    """Write one row of the audit trail about ``account``."""
    audit.record_in(by.session, by, action, kind="account", target_id=account.id, **detail)
