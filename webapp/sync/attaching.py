"""Save what an admin says of an account: who holds it, who pays, how far back it is imported.

An account with a holder and a payment mode is ready; what waited for it becomes expenses in the
same transaction, so that there is no moment in which it is attached and its transactions wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from webapp.domain.attachments import Change, Holding, choose_holder, is_ready
from webapp.domain.expenses import PaymentMode
from webapp.domain.interfaces import ImportMode
from webapp.storage import accounts as accounts_store
from webapp.storage import audit
from webapp.storage.accounts import Account, Attachment
from webapp.storage.interfaces import fence_off, lock_interface
from webapp.storage.people import LegalEntity
from webapp.sync.waiting import release


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """What an admin chose for one account; ``mode`` ``None`` leaves the mode as it is.

    ``since`` goes with :attr:`ImportMode.SINCE_DATE` and with nothing else.
    """

    holder_id: str | None
    mode: PaymentMode | None
    import_mode: ImportMode
    since: date | None = None


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
    ids = [account.id for account in accounts]
    attachments = accounts_store.attachments_of(by.session, ids)
    used = _used_today(by, attachments)
    changed = released = 0
    for account in accounts:
        own = [row for row in attachments if row.account_id == account.id]
        history = _History(account, own, used)
        if not _save(by, history, choices[account.id]):
            continue
        changed += 1
        by.session.flush()
        if is_ready(choices[account.id].holder_id, _mode(account)):
            released += release(by.session, account.id, by.now)
    return Saved(changed, released)


@dataclass(frozen=True, slots=True)
class _History:
    """An account, every attachment it had, and which pairs of account and person have expenses."""

    account: Account
    rows: list[Attachment]
    used: set[tuple[str, str]]

    def holdings(self, zone: ZoneInfo) -> list[Holding]:
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


def _used_today(by: Saver, attachments: list[Attachment]) -> set[tuple[str, str]]:
    """Return which of today's choices an expense came of: only those could still be slips."""
    zone = ZoneInfo(by.entity.timezone)
    made_today = [
        (row.account_id, row.user_id)
        for row in attachments
        if row.ends_on is None and row.created_at.astimezone(zone).date() == by.today
    ]
    return accounts_store.with_expenses(by.session, made_today)


def _mode(account: Account) -> PaymentMode | None:
    return PaymentMode(account.payment_mode) if account.payment_mode else None


def _save(by: Saver, history: _History, choice: AccountChoice) -> bool:
    holdings = history.holdings(ZoneInfo(by.entity.timezone))
    change = choose_holder(holdings, choice.holder_id, by.today)
    held = _save_holder(by, history, change)
    paid = _save_mode(by, history.account, choice.mode)
    reach = _save_import_mode(by, history.account, choice)
    return held or paid or reach


def _save_holder(by: Saver, history: _History, change: Change) -> bool:
    current = next((row for row in history.rows if row.ends_on is None), None)
    if current is not None and change.undo:
        by.session.delete(current)
        _audit(by, "attachment.undone", history.account, user=current.user_id)
    elif current is not None and change.close_on is not None:
        current.ends_on = change.close_on
        by.session.add(current)
        _audit(
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
    _audit(by, "attachment.opened", account, user=holding.user_id, starts_on=starts_on)


def _save_mode(by: Saver, account: Account, mode: PaymentMode | None) -> bool:
    """Set who pays for the expenses to come; those that exist keep what they have (R21)."""
    if mode is None or account.payment_mode == mode:
        return False
    _audit(by, "account.mode_set", account, was=account.payment_mode, mode=mode.value)
    account.payment_mode = mode
    by.session.add(account)
    return True


def _save_import_mode(by: Saver, account: Account, choice: AccountChoice) -> bool:
    asked = choice.since if choice.import_mode is ImportMode.SINCE_DATE else None
    same_mode = account.import_mode == choice.import_mode
    if same_mode and (asked is None or account.import_from == asked):
        return False
    _audit(
        by,
        "account.import_mode_set",
        account,
        was=account.import_mode,
        mode=choice.import_mode.value,
        since=asked.isoformat() if asked else None,
    )
    if account.complete_until is not None:
        # What is already covered was asked for under another floor: the next run asks anew, and a
        # run that is under way must not mark it as covered.
        fence_off(by.session, [account.interface_id])
    account.import_mode, account.import_from = choice.import_mode, asked
    account.cursor = account.complete_until = None
    by.session.add(account)
    return True


def _audit(by: Saver, action: str, account: Account, **detail: str | None) -> None:
    audit.record(
        by.session,
        at=by.now,
        action=action,
        target_kind="account",
        target_id=account.id,
        actor_id=by.user_id,
        group_id=by.entity.group_id,
        legal_entity_id=by.entity.id,
        **detail,
    )
