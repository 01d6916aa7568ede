"""How far back an account is imported, and whether a person looks first (R64, D-B)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from webapp.domain.attachments import is_ready
from webapp.domain.interfaces import ImportMode
from webapp.storage import accounts as accounts_store
from webapp.storage.accounts import Account
from webapp.storage.interfaces import fence_off, lock_interface
from webapp.sync.attaching import Saved, Saver, audit_account, histories, payment_mode
from webapp.sync.waiting import release


@dataclass(frozen=True, slots=True)
class ImportChoice:
    """What an admin chose for one account.

    ``since`` goes with :attr:`ImportMode.SINCE_DATE` and with nothing else; ``mode`` ``None``
    leaves the reach as it is, as for an account fed by files. ``first_day``: where the account
    makes expenses by itself again, what is older goes on waiting.
    """

    mode: ImportMode | None
    since: date | None = None
    review_first: bool = False
    first_day: date | None = None


def save_import_choices(by: Saver, interface_id: str, choices: Mapping[str, ImportChoice]) -> Saved:
    """Save the choices, by account id; those of accounts not shared by the interface do nothing."""
    lock_interface(by.session, interface_id)
    accounts = [
        account
        for account in accounts_store.accounts_of(by.session, interface_id)
        if account.shared and account.id in choices
    ]
    changed, automatic = 0, []
    for account in accounts:
        choice = choices[account.id]
        reach = choice.mode is not None and _save_reach(by, account, choice.mode, choice.since)
        looked = _save_review(by, account, review_first=choice.review_first)
        changed += reach or looked
        if looked and not choice.review_first:
            automatic.append(account)
    by.session.flush()
    return Saved(changed, _release(by, automatic, choices))


def _release(by: Saver, accounts: list[Account], choices: Mapping[str, ImportChoice]) -> int:
    """Make expenses of what waited for a look, in accounts that need none any more."""
    released = 0
    for history in histories(by, accounts):
        account = history.account
        holder = next((row.user_id for row in history.rows if row.ends_on is None), None)
        if is_ready(holder, payment_mode(account)):
            since = choices[account.id].first_day
            released += release(by.session, account.id, by.now, since=since)
    return released


def _save_reach(by: Saver, account: Account, mode: ImportMode, since: date | None) -> bool:
    same_mode = account.import_mode == mode
    asked = since if mode is ImportMode.SINCE_DATE else None
    if same_mode and (asked is None or account.import_from == asked):
        return False
    audit_account(
        by,
        "account.import_mode_set",
        account,
        was=account.import_mode,
        mode=mode.value,
        since=asked.isoformat() if asked else None,
    )
    # What is covered already was asked for under another floor: the next run asks anew, and a run
    # that is under way, even the first, must not mark it as covered.
    fence_off(by.session, [account.interface_id])
    account.import_mode = mode
    # "From now on" is the day on which it is chosen; the month is that of the activation (D-A).
    account.import_from = by.today if mode is ImportMode.ONLY_NEW else asked
    account.cursor = account.complete_until = None
    by.session.add(account)
    return True


def _save_review(by: Saver, account: Account, *, review_first: bool) -> bool:
    if account.review_first == review_first:
        return False
    action = "account.review_first_set" if review_first else "account.review_first_ended"
    audit_account(by, action, account)
    account.review_first = review_first
    by.session.add(account)
    return True


def take_in(by: Saver, account_id: str, only: frozenset[str] | None) -> int:
    """Make expenses of transactions a person has looked at; returns how many were made now.

    :param only: those chosen, by id; ``None``: all that wait and have a holder.
    """
    accounts = accounts_store.lock_accounts(by.session, [account_id])
    made = release(by.session, account_id, by.now, only=only, reviewed=True)
    if made:
        audit_account(by, "account.taken_in", accounts[0], count=str(made))
    return made
