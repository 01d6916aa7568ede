"""The words of an account's history: days, fates and what a transaction became."""

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask_babel import LazyString, lazy_gettext, ngettext
from flask_babel import gettext as _

from webapp.domain.expenses import ExpenseStatus
from webapp.domain.fates import Fate
from webapp.domain.history import Became, DayState, age_at_import
from webapp.storage.operations import Operation

# Icon and words of each kind of day; a day outside shows its number only.
DAYS: Mapping[DayState, tuple[str, LazyString]] = {
    DayState.GOOD: ("circle-check", lazy_gettext("All went well")),
    DayState.RECOVERED: ("rotate-ccw", lazy_gettext("Failed, then well")),
    DayState.FAILED: ("octagon-alert", lazy_gettext("Failed")),
    DayState.RUNNING: ("loader-circle", lazy_gettext("Running")),
    DayState.QUIET: ("minus", lazy_gettext("No sync")),
}

# Badge of the macro ui.badge for each fate.
FATE_BADGES: Mapping[Fate, str] = {
    Fate.NEW: "good",
    Fate.UPDATED: "info",
    Fate.BOOKED: "good",
    Fate.REMOVED: "off",
    Fate.UNCHANGED: "off",
    Fate.REPEATED: "off",
    Fate.WAITING: "warn",
    Fate.OUT_OF_WINDOW: "off",
    Fate.SUMMARY: "info",
    Fate.DUPLICATE_OF: "off",
    Fate.QUARANTINED: "bad",
    Fate.NOT_SHARED: "off",
}

BECAME: Mapping[Became, tuple[str, LazyString]] = {
    Became.EXPENSE: ("good", lazy_gettext("Expense")),
    Became.WAITING: ("warn", lazy_gettext("Waiting for a holder or a review")),
    Became.SUMMARY: ("info", lazy_gettext("Monthly total, no expense")),
    Became.CANCELLED: ("off", lazy_gettext("Withdrawn by the bank")),
    Became.EXPIRED: ("off", lazy_gettext("Announced, never booked")),
    Became.DUPLICATE: ("off", lazy_gettext("The same purchase as another row")),
    Became.ENTERED: ("info", lazy_gettext("Entered by hand")),
}

EXPENSES: Mapping[ExpenseStatus, tuple[str, LazyString]] = {
    ExpenseStatus.TO_COMPLETE: ("info", lazy_gettext("to complete")),
    ExpenseStatus.COMPLETE: ("good", lazy_gettext("complete")),
    ExpenseStatus.NOT_EXPENSE: ("off", lazy_gettext("not an expense")),
}


def became_badge(operation: Operation) -> tuple[str, str]:
    """Return badge and words of what a transaction became: the expense with holder and status."""
    badge, words = BECAME[operation.became]
    if operation.expense_status is None:
        return badge, str(words)
    badge, status = EXPENSES[ExpenseStatus(operation.expense_status)]
    told = _("Expense of %(holder)s: %(status)s", holder=operation.holder, status=status)
    return ("off" if operation.withdrawn else badge), str(told)


def age_text(operation: Operation, timezone: str) -> str:
    """Return how long after the purchase a transaction was imported (R16)."""
    bought = operation.purchased_on or operation.day
    days = age_at_import(bought, local_day(operation.imported_at, timezone))
    return days_after(days)


def days_after(days: int) -> str:
    """Return an age at import in words."""
    if days == 0:
        return str(_("on the day of purchase"))
    return str(ngettext("%(num)d day after the purchase", "%(num)d days after the purchase", days))


def local_day(instant: datetime, timezone: str) -> date:
    """Return the day of an instant as the clock of ``timezone`` shows it."""
    return instant.astimezone(ZoneInfo(timezone)).date()
