"""The words people read for what the code and the database call by a key."""

from collections.abc import Callable, Mapping
from datetime import date

from flask import Flask
from flask_babel import LazyString, gettext, lazy_gettext

from webapp.domain.expenses import NotExpenseReason, PaymentMode
from webapp.domain.people import Role
from webapp.views.formats import day, money

ROLES: Mapping[Role, LazyString] = {
    Role.ADMIN: lazy_gettext("Administrator"),
    Role.EMPLOYEE: lazy_gettext("Employee"),
    Role.APPROVER: lazy_gettext("Approver"),
    Role.ACCOUNTANT: lazy_gettext("Accountant"),
    Role.SUPPORT: lazy_gettext("Support"),
}

PAYMENT_MODES: Mapping[PaymentMode, LazyString] = {
    PaymentMode.COMPANY: lazy_gettext("Company account"),
    PaymentMode.REIMBURSE: lazy_gettext("To reimburse"),
}

NOT_EXPENSE_REASONS: Mapping[NotExpenseReason, LazyString] = {
    NotExpenseReason.PRIVATE: lazy_gettext("A private purchase"),
    NotExpenseReason.TRANSFER: lazy_gettext("Money moved between own accounts"),
    NotExpenseReason.ELSEWHERE: lazy_gettext("Already claimed elsewhere"),
    NotExpenseReason.OTHER: lazy_gettext("Something else"),
}

AUDIT_ACTIONS: Mapping[str, LazyString] = {
    "login.succeeded": lazy_gettext("Logged in"),
    "login.failed": lazy_gettext("Log-in refused"),
    "login.ended": lazy_gettext("Logged out"),
    "login.others_ended": lazy_gettext("Logged out everywhere else"),
    "group.founded": lazy_gettext("Group founded"),
    "entity.added": lazy_gettext("Legal entity added"),
    "entity.changed": lazy_gettext("Legal entity changed"),
    "role.granted": lazy_gettext("Role granted"),
    "role.revoked": lazy_gettext("Role taken away"),
    "person.added": lazy_gettext("Person added"),
    "person.changed": lazy_gettext("Profile changed"),
    "person.invited": lazy_gettext("Person invited anew"),
    "person.password_changed": lazy_gettext("Password changed"),
    "person.deactivated": lazy_gettext("Person deactivated"),
    "person.reactivated": lazy_gettext("Person may log in again"),
    "invitation.used": lazy_gettext("Invitation used, password set"),
    "link_visit.begun": lazy_gettext("Consent asked for at the partner"),
    "link_visit.finished": lazy_gettext("Consent given at the partner"),
    "link_visit.refused": lazy_gettext("Consent not completed"),
    "interface.connected": lazy_gettext("Banking interface connected"),
    "interface.reconnected": lazy_gettext("Banking interface renewed"),
    "interface.sync_asked": lazy_gettext("Sync asked for"),
    "interface.sync_joined": lazy_gettext("Sync asked for while one was under way"),
    "interface.sync_put_off": lazy_gettext("Sync asked for, put off: the partner allows no more"),
    "interface.nightly_off": lazy_gettext("Nightly syncs switched off"),
    "interface.nightly_on": lazy_gettext("Nightly syncs switched on"),
    "account.stopped": lazy_gettext("Syncing stopped for an account or card"),
    "run.undone": lazy_gettext("What a sync brought taken back"),
    "account.forgotten": lazy_gettext("Imported data of an account or card deleted"),
    "account.restored": lazy_gettext("Stopped account or card taken up again"),
    "account.shared": lazy_gettext("Account or card shared"),
    "account.unshared": lazy_gettext("Account or card no longer shared"),
    "account.mode_set": lazy_gettext("Payment mode set"),
    "account.import_mode_set": lazy_gettext("Start of the import set"),
    "account.review_first_set": lazy_gettext("Review before expenses are made switched on"),
    "account.review_first_ended": lazy_gettext("Review before expenses are made switched off"),
    "account.taken_in": lazy_gettext("Reviewed transactions became expenses"),
    "account.matched": lazy_gettext("Account goes on under another connection"),
    "account.renumbered": lazy_gettext("Account or card goes on under a new number"),
    "question.answered": lazy_gettext("Question about double operations answered"),
    "transaction.merged": lazy_gettext("Two operations made one purchase"),
    "transaction.split": lazy_gettext("Operations parted again: two purchases"),
    "attachment.opened": lazy_gettext("Attached to an employee"),
    "attachment.closed": lazy_gettext("Attachment ended"),
    "attachment.undone": lazy_gettext("Attachment undone"),
    "bank_request.made": lazy_gettext("Missing bank asked for"),
    "bank_request.repeated": lazy_gettext("Missing bank asked for again"),
    "bank_request.answered": lazy_gettext("Request for a missing bank answered"),
    "expense.set_aside": lazy_gettext("Taken out: not an expense"),
    "expense.taken_up": lazy_gettext("Taken up as an expense again"),
    "expense.entered": lazy_gettext("Purchase entered by hand"),
    "expense.entry_changed": lazy_gettext("Purchase entered by hand changed"),
    "expense.entry_deleted": lazy_gettext("Purchase entered by hand deleted"),
    "support.searched": lazy_gettext("Support searched and found something here"),
    "support.looked": lazy_gettext("Support looked at"),
    "support.resynced": lazy_gettext("Support asked for a sync"),
    "support.days_asked_again": lazy_gettext("Support asked for days once more"),
    "report.submitted": lazy_gettext("Report submitted"),
    "report.recalled": lazy_gettext("Report taken back by its holder"),
    "report.approved": lazy_gettext("Report approved"),
    "report.sent_back": lazy_gettext("Report sent back"),
    "help_request.sent": lazy_gettext("Help asked for"),
    "help_request.answered": lazy_gettext("Request for help marked as answered"),
}


def _payment_mode(value: str) -> str:
    # An import mode stands under the same name; its date says enough.
    known = {mode.value: words for mode, words in PAYMENT_MODES.items()}
    return str(known.get(value, ""))


def _since(value: str) -> str:
    return str(gettext("from %(day)s", day=day(date.fromisoformat(value))))


def _until(value: str) -> str:
    return str(gettext("until %(day)s", day=day(date.fromisoformat(value))))


def _spent(value: str) -> str:
    minor, _, currency = value.partition(" ")
    return money(int(minor), currency)


def _on(value: str) -> str:
    return str(gettext("the day %(day)s", day=day(date.fromisoformat(value))))


LOOKED_AT: Mapping[str, LazyString] = {
    "entity": lazy_gettext("legal entity"),
    "person": lazy_gettext("person"),
    "interface": lazy_gettext("banking interface"),
    "account": lazy_gettext("a day of an account or card"),
    "transaction": lazy_gettext("a transaction"),
    "history": lazy_gettext("history of an account or card"),
    "operations": lazy_gettext("operations of an account or card"),
    "run": lazy_gettext("the rows of one sync"),
}


def _looked_at(value: str) -> str:
    return str(LOOKED_AT.get(value, ""))


def _quoted(value: str) -> str:
    return str(gettext("“%(words)s”", words=value))


def _month(value: str) -> str:
    return day(date.fromisoformat(value), "LLLL y")


# What the audit trail says of a change, besides the names in it.
AUDIT_DETAILS: Mapping[str, Callable[[str], str]] = {
    "role": lambda value: str(ROLES[Role(value)]),
    "mode": _payment_mode,
    "starts_on": _since,
    "since": _since,
    "ends_on": _until,
    "bank": str,
    "why": _quoted,
    "month": _month,
    "not_expense": lambda value: str(NOT_EXPENSE_REASONS[NotExpenseReason(value)]),
    "comment": str,
    "words": _quoted,
    "spent": _spent,
    "changes": str,
    "day": _on,
    "what": _looked_at,
}


def init_app(app: Flask) -> None:
    """Offer the words to every template."""
    app.jinja_env.filters.update(audit_action=audit_action)


def audit_action(action: str) -> str:
    """Return what an audit row says was done."""
    return str(AUDIT_ACTIONS.get(action, action))
