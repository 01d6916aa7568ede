"""The words people read for what the code and the database call by a key."""

from collections.abc import Callable, Mapping
from datetime import date

from flask import Flask
from flask_babel import LazyString, gettext, lazy_gettext

from webapp.domain.expenses import PaymentMode
from webapp.domain.people import Role
from webapp.views.formats import day

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

AUDIT_ACTIONS: Mapping[str, LazyString] = {
    "login.succeeded": lazy_gettext("Logged in"),
    "login.failed": lazy_gettext("Log-in refused"),
    "login.ended": lazy_gettext("Logged out"),
    "group.founded": lazy_gettext("Group founded"),
    "entity.added": lazy_gettext("Legal entity added"),
    "role.granted": lazy_gettext("Role granted"),
    "link_visit.begun": lazy_gettext("Consent asked for at the partner"),
    "link_visit.finished": lazy_gettext("Consent given at the partner"),
    "link_visit.refused": lazy_gettext("Consent not completed"),
    "interface.connected": lazy_gettext("Banking interface connected"),
    "interface.reconnected": lazy_gettext("Banking interface renewed"),
    "interface.sync_asked": lazy_gettext("Sync asked for"),
    "interface.sync_joined": lazy_gettext("Sync asked for while one was under way"),
    "account.stopped": lazy_gettext("Syncing stopped for an account or card"),
    "account.restored": lazy_gettext("Stopped account or card taken up again"),
    "account.shared": lazy_gettext("Account or card shared"),
    "account.unshared": lazy_gettext("Account or card no longer shared"),
    "account.mode_set": lazy_gettext("Payment mode set"),
    "account.import_mode_set": lazy_gettext("Start of the import set"),
    "attachment.opened": lazy_gettext("Attached to an employee"),
    "attachment.closed": lazy_gettext("Attachment ended"),
    "attachment.undone": lazy_gettext("Attachment undone"),
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
    "why": _quoted,
    "month": _month,
    "comment": str,
}


def init_app(app: Flask) -> None:
    """Offer the words to every template."""
    app.jinja_env.filters.update(audit_action=audit_action)


def audit_action(action: str) -> str:
    """Return what an audit row says was done."""
    return str(AUDIT_ACTIONS.get(action, action))
